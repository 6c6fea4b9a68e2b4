using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// The new container is started and proven while the old one serves. Only then does what is asked from outside go over: names, and
/// published ports. Until then a failure costs no request, and up to the commit the old one is brought back as it was.
/// </summary>
internal sealed class SideBySideSwap(ContainerCalls calls, IProgress<Report> reports, TimeProvider clock)
{
    // It was proven before; this is only a look through the ports that it has now.
    private static readonly TimeSpan LastLook = TimeSpan.FromSeconds(15);

    // Who has got the old one's address at the last moment asks it still: a connection that falls between takes a second.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1.5);

    private readonly SwapEnding _ending = new(calls, reports);
    private readonly AliasHandover _aliases = new(calls);

    /// <summary>Swaps. A swap that was cut off before must have been repaired.</summary>
    /// <returns>Null, and nothing has changed, where this engine can't do it that way; a warning says why.</returns>
    /// <exception cref="ProException">It failed, and the old one is as it was; or could not be brought back (<c>RestoreFailed</c>).</exception>
    public async Task<SwapResult?> TryRunAsync(SwapFlow flow, SwapRequest request, CancellationToken cancellationToken)
    {
        var step = await SwapStep.OfAsync(calls, request.Container, cancellationToken).ConfigureAwait(false);
        var side = NewSide.For(flow, calls, step);
        try
        {
            await SwapAsync(side, flow, step, request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            if (await _ending.IsFinishedAsync(step, failure).ConfigureAwait(false))
            {
                // The proof stood already, with only the answer lost.
                return Result(step);
            }

            if (failure is ProException refusal && side.IsImpossible(refusal))
            {
                reports.Report(new WarningReport(
                    $"{step.Name} is stopped before the new version starts, because this engine can't make the network that "
                    + $"running both takes: {refusal.Message}"));
                return null;
            }

            request.Restored(UpdateOrder.StartFirst, step.Outage.Longest);
            throw;
        }

        await _ending.RemoveOldAsync(step, request, () => DrainAsync(flow, step, cancellationToken)).ConfigureAwait(false);
        return Result(step);
    }

    private static SwapResult Result(SwapStep step) => new(step.NewId, step.OldId, UpdateOrder.StartFirst, step.Outage.Longest);

    // The engine finishes what it was asked, whether anyone waits for it or not; so the calls are not cancelled, only what is
    // between them.
    private async Task SwapAsync(
        NewSide side, SwapFlow flow, SwapStep step, SwapRequest request, CancellationToken cancellationToken)
    {
        var prove = request.VerifyBeforePorts ?? request.Verify;
        cancellationToken.ThrowIfCancellationRequested();
        await side.StartAsync(step.Recipe.On(request.Image, Options(flow, step, request))).ConfigureAwait(false);
        await prove(step.NewId, cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        if (SharesNetworks(flow) && await _aliases.GiveAsync(step).ConfigureAwait(false))
        {
            reports.Report(new VerboseReport("The new container got another address with its aliases, and is proven once more."));
            await prove(step.NewId, cancellationToken).ConfigureAwait(false);
        }

        if (side.HandsPortsOver)
        {
            await side.LeaveStageAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            step.Outage.Begin();
            await side.HandPortsOverAsync().ConfigureAwait(false);
            step.Outage.Note();
            await calls.ThrowIfPortsAreMissingAsync(step.Old, step.NewId, cancellationToken).ConfigureAwait(false);

            // An engine that is started anew would start the old one without the networks that it has left, and the service would be
            // without an answer until somebody repairs it. The new one was well, and has the ports.
            await step.GiveRestartsAsync(calls).ConfigureAwait(false);
            await LookAsync(step, request, cancellationToken).ConfigureAwait(false);
            step.Outage.End();
        }

        await request.BeforeCommit(step.NewId, cancellationToken).ConfigureAwait(false);
        await step.HandRestartsOverAsync(calls).ConfigureAwait(false);
        await step.RenameOldAsync(calls, SwapNames.Done(step.Name)).ConfigureAwait(false);
        await calls.RenameAsync(step.NewId, step.Name, CancellationToken.None).ConfigureAwait(false);
    }

    private static async Task LookAsync(SwapStep step, SwapRequest request, CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(LastLook);
        try
        {
            await request.Verify(step.NewId, bound.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw ContainerErrors.NotProvenOnItsPorts(step.Name, LastLook);
        }
    }

    private RecipeOptions Options(SwapFlow flow, SwapStep step, SwapRequest request)
    {
        var options = step.Options(request.Labels, flow, reports);
        if (!SharesNetworks(flow))
        {
            return options;
        }

        var labels = new Dictionary<string, string?>(options.Labels, StringComparer.Ordinal);
        if (!step.Recipe.Networks.Any(network => network.Aliases.Contains(step.Name)))
        {
            labels[ContainerLabels.Alias] = step.Name;
        }

        return options with { Labels = labels, WithoutAliases = true };
    }

    // The signal is the container's own, and its time-out bounds the wait.
    private async Task DrainAsync(SwapFlow flow, SwapStep step, CancellationToken cancellationToken)
    {
        if (SharesNetworks(flow))
        {
            await _aliases.TakeAsync(step).ConfigureAwait(false);
            await Task.Delay(Grace, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await calls.StopAsync(step.OldId, CancellationToken.None).ConfigureAwait(false);
    }

    private static bool SharesNetworks(SwapFlow flow) => flow is SwapFlow.StartFirst or SwapFlow.WarmHeld;
}
