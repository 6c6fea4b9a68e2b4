using System.Diagnostics.CodeAnalysis;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

internal enum SwapFlow
{
    /// <summary>The old one stops, then the new one starts.</summary>
    StopFirst,

    /// <summary>Both run side by side on the same networks; no ports are published.</summary>
    StartFirst,

    /// <summary>The new one is verified without a network; then the ports change hands. For the default bridge.</summary>
    WarmDetached,

    /// <summary>
    /// The new one is verified on the service's networks, held by one that takes its ports off them; then the ports change hands.
    /// </summary>
    WarmHeld,
}

/// <summary>The flow that fits a container.</summary>
internal sealed record SwapChoice(SwapFlow Flow, IReadOnlyList<string> Warnings)
{
    public UpdateOrder Order => Flow == SwapFlow.StopFirst ? UpdateOrder.StopFirst : UpdateOrder.StartFirst;

    /// <summary>What is cut and for about how long, as a sentence's part.</summary>
    public string Description => Flow switch
    {
        SwapFlow.StopFirst => "about 1 s plus the start of the new version",
        SwapFlow.StartFirst => "no request is cut",
        _ => "about 0.25 s, requests in flight are cut",
    };

    /// <summary>True if the old container keeps ending: an order that somebody typed has nobody to keep an answer for.</summary>
    public bool ServesNobody { get; init; }

    /// <summary>The flow of each container of a plan, by name.</summary>
    public IReadOnlyDictionary<string, SwapFlow> Flows { get; init; } = new Dictionary<string, SwapFlow>();

    public SwapFlow FlowOf(string container) => Flows.GetValueOrDefault(container, Flow);

    /// <summary>The old one first, and why.</summary>
    public static SwapChoice StopFirst(string name, string reason) =>
        new(SwapFlow.StopFirst, [$"{name} is stopped before the new version starts, because {reason}"]);

    /// <summary>One choice for all containers of a target: it tells of the one that is cut longest, and has the warnings of all.</summary>
    public static SwapChoice ForAll(IReadOnlyList<(string Name, SwapChoice Choice)> all)
    {
        var serving = all.Where(static one => !one.Choice.ServesNobody).Select(static one => one.Choice).ToList();
        var told = serving.Find(static one => one.Order == UpdateOrder.StopFirst) ?? serving.FirstOrDefault() ?? all[0].Choice;
        return told with
        {
            Warnings = [.. all.SelectMany(static one => one.Choice.Warnings).Distinct(StringComparer.Ordinal)],
            Flows = all.ToDictionary(static one => one.Name, static one => one.Choice.Flow),
        };
    }

    /// <summary>Throws if somebody has typed start-first, and the old container would stop first although it serves.</summary>
    /// <exception cref="ProException"><c>OrderNotPossible</c>.</exception>
    public void ThrowIfNotTyped(UpdateOrder? typed, string subject)
    {
        if (typed == UpdateOrder.StartFirst && Order != UpdateOrder.StartFirst && !ServesNobody)
        {
            throw DeploymentErrors.OrderNotPossible(subject, Warnings);
        }
    }
}

/// <summary>
/// Replaces containers: one, or the replicas of a service together, with those that follow them. The old ones are there until all the new
/// ones are verified; whatever fails before that, a cancellation too, restores all of them.
/// </summary>
internal sealed class ContainerSwapper(SwapOperation operation, OperationRepair repair)
{
    /// <summary>Replaces them. An operation that was interrupted before must have been repaired.</summary>
    /// <exception cref="ProException">It failed: the old ones are as they were, or <c>RestoreFailed</c>.</exception>
    public async Task<IReadOnlyList<SwapResult>> RunAsync(CancellationToken cancellationToken)
    {
        var checks = operation.Checks;
        var swaps = await PrepareAsync(cancellationToken).ConfigureAwait(false);
        var record = RecordOf(swaps);
        await repair.Records.WriteAsync(record, operation.Request.Image, cancellationToken).ConfigureAwait(false);
        var current = swaps[0].State;
        var isFinished = false;
        try
        {
            await InTurnAsync(swap =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (swap is not FollowerMove)
                {
                    checks.Begin(swap.State, swap.Order);
                }

                return OrStopFirstAsync(swaps, swap, swap.StartNewAsync, cancellationToken);
            }).ConfigureAwait(false);
            await InTurnAsync(swap => OrStopFirstAsync(swaps, swap, swap.VerifyAsync, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            await InTurnAsync(swap => swap.TakeOverAsync(cancellationToken)).ConfigureAwait(false);
            await InTurnAsync(swap => swap.ConfirmAsync(cancellationToken)).ConfigureAwait(false);
            await checks.WatchAsync(cancellationToken).ConfigureAwait(false);
            await InTurnAsync(swap => swap.RetireAsync(cancellationToken)).ConfigureAwait(false);
            await InTurnAsync(swap => swap.ConfirmAloneAsync(cancellationToken)).ConfigureAwait(false);
            await checks.BeforeCommitAsync(cancellationToken).ConfigureAwait(false);
            await EachAsync(swaps.OfType<FollowerMove>(), follower => follower.ThrowIfEndedAsync(cancellationToken)).ConfigureAwait(false);
            await EachAsync(swaps, swap => swap.State.HandRestartsOverAsync(operation.Calls)).ConfigureAwait(false);
            await EachAsync(swaps, static swap => swap.CommitAsync()).ConfigureAwait(false);
            await repair.Records.RemoveAsync(record.Info).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            await checks.BeforeRestoreAsync(current).ConfigureAwait(false);
            swaps.ForEach(static swap => swap.State.Downtime.BeginReturn());
            isFinished = await repair.RestoreUnlessVerifiedAsync(record, failure).ConfigureAwait(false);
            if (!isFinished)
            {
                swaps.ForEach(static swap => swap.State.Downtime.Note());
                throw;
            }
        }

        await EachAsync(isFinished ? [] : swaps, swap => RemoveOldAsync(swap, cancellationToken)).ConfigureAwait(false);
        return [.. swaps.Where(static swap => swap is not FollowerMove).Select(static swap =>
            new SwapResult(swap.State.NewId, swap.Order, swap.State.Downtime.Longest))];

        Task InTurnAsync(Func<SwapPhases, Task> phase) => EachAsync(swaps, swap =>
        {
            current = swap.State;
            return phase(swap);
        });
    }

    private static async Task EachAsync<T>(IEnumerable<T> swaps, Func<T, Task> phase)
    {
        foreach (var swap in swaps.ToList())
        {
            await phase(swap).ConfigureAwait(false);
        }
    }

    private OperationRecord RecordOf(List<SwapPhases> swaps) => new(
        new OperationInfo
        {
            Target = operation.Request.Target,
            Nonce = operation.Nonce,
            To = operation.Request.Image,
            OldImages = [.. swaps.Select(swap => swap.State.Recipe.ImageId).Distinct()],
            Owner = operation.Request.Owner,
        },
        [.. swaps.Select(swap => swap.State.Saved)],
        operation.Request.Note);

    /// <summary>Looks at all that is concerned, once: whoever is planned to be replaced, and whoever follows those now.</summary>
    private async Task<List<SwapPhases>> PrepareAsync(CancellationToken cancellationToken)
    {
        var (calls, request) = (operation.Calls, operation.Request);
        var all = await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false);
        var swaps = new List<SwapPhases>();
        foreach (var name in request.Containers)
        {
            var state = await SwapState.OfAsync(calls, name, cancellationToken).ConfigureAwait(false);
            state.ImageId = request.ImageId;
            await state
                .ReadFilesAsync(calls, request.InjectedFiles, found => request.TakesFoundFiles && found.IsSurelyMeant, cancellationToken)
                .ConfigureAwait(false);
            swaps.Add(await FlowNowAsync(state, all, cancellationToken).ConfigureAwait(false) switch
            {
                SwapFlow.StartFirst => new StartFirstSwap(operation, state),
                SwapFlow.WarmDetached => new NoNetworkSwap(operation, state),
                SwapFlow.WarmHeld => new PortHoldSwap(operation, state),
                _ => new StopFirstSwap(operation, state),
            });
        }

        var successors = new Dictionary<string, string>(StringComparer.Ordinal);
        var first = swaps.Select(swap => (swap.State.OldId, swap.State.Name)).ToList();
        foreach (var follower in NamespaceFollowers.Chain([.. all.Where(one => !SwapNames.IsLeftover(one.Name))], first))
        {
            var leaders = swaps.Select(swap => swap.State)
                .Where(one => NamespaceFollowers.Find([follower], one.OldId, one.Name).Count > 0).ToList();
            if (leaders.Find(one => one.RemovesItself) is { } gone)
            {
                throw ContainerErrors.FollowersOfOneThatRemovesItself(gone.Name, [follower.Name]);
            }

            var state = await SwapState.OfAsync(calls, follower, cancellationToken).ConfigureAwait(false);
            await state.ReadFilesAsync(calls, known: [], static _ => true, cancellationToken).ConfigureAwait(false);
            swaps.Add(new FollowerMove(operation, state, leaders, successors));
        }

        return swaps;
    }

    // A prompt may have waited since the plan.
    private async Task<SwapFlow> FlowNowAsync(SwapState state, IReadOnlyList<ContainerView> all, CancellationToken cancellationToken)
    {
        var request = operation.Request;
        var now = await new SwapFlowSelector(operation.Calls)
            .ChooseAsync(state, all, request.Order, cancellationToken, request.ImageId ?? request.Image).ConfigureAwait(false);
        if (await operation.Checks.PrepareAsync(state, now.Flow, cancellationToken).ConfigureAwait(false) is { } reason)
        {
            now = SwapChoice.StopFirst(state.Name, reason + ".");
        }

        now.ThrowIfNotTyped(request.TypedOrder, state.Name);

        // That it is stopped first was said; the reason may have other words now, as of one that keeps ending.
        if (now.Flow != SwapFlow.StopFirst || request.Planned?.FlowOf(state.Name) != SwapFlow.StopFirst)
        {
            foreach (var warning in now.Warnings.Except(request.Planned?.Warnings ?? []))
            {
                operation.Reports.Report(new WarningReport(warning));
            }
        }

        if (request.Planned is { } planned && planned.FlowOf(state.Name) != now.Flow && now.Warnings.Count == 0)
        {
            operation.Reports.Report(new WarningReport(
                $"{state.Name} has changed since the plan was made. It is swapped "
                + $"{now.Order.ToText()} now: {now.Description}."));
        }

        return now.Flow;
    }

    private async Task OrStopFirstAsync(
        List<SwapPhases> swaps, SwapPhases swap, Func<CancellationToken, Task> phase, CancellationToken cancellationToken)
    {
        try
        {
            await phase(cancellationToken).ConfigureAwait(false);
        }
        catch (ProException refusal) when (swap.WhyStopFirst(refusal) is { } reason)
        {
            var choice = SwapChoice.StopFirst(swap.State.Name, reason);
            choice.ThrowIfNotTyped(operation.Request.TypedOrder, swap.State.Name);
            operation.Reports.Report(new WarningReport(choice.Warnings[0]));
            await repair.RemoveCandidateAsync(swap.State.Name).ConfigureAwait(false);
            var instead = new StopFirstSwap(operation, swap.State);
            await instead.StartNewAsync(cancellationToken).ConfigureAwait(false);
            swaps[swaps.IndexOf(swap)] = instead;
        }
    }

    /// <summary>Removes an old container, which is marked as done. One that stayed would go on answering beside the new one.</summary>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "The new one is verified: whatever happens to the old one is a warning.")]
    private async Task RemoveOldAsync(SwapPhases swap, CancellationToken cancellationToken)
    {
        var state = swap.State;
        try
        {
            if (!state.RemovesItself)
            {
                await DrainAsync(swap, cancellationToken).ConfigureAwait(false);
                await operation.Checks.BeforeRemovalAsync(state).ConfigureAwait(false);
            }

            await operation.Calls
                .OnceMoreAsync(state.Name, () => repair.FinishAsync(state.Name, CancellationToken.None), operation.Reports)
                .ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            operation.Reports.Report(new WarningReport(
                $"{state.Name} runs the new version, but the old container {SwapNames.Done(state.Name)} "
                + $"is still there: {exception.Message}"));
        }
    }

    // How gently it goes is worth nothing against that it goes.
    private async Task DrainAsync(SwapPhases swap, CancellationToken cancellationToken)
    {
        try
        {
            await swap.DrainAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ProException failure)
        {
            operation.Reports.Report(new VerboseReport($"{swap.State.Name}: {failure.Message}"));
            await operation.Calls.WaitForEngineAsync().ConfigureAwait(false);
        }
    }
}
