using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>What a repair has found and done.</summary>
internal enum RepairOutcome
{
    /// <summary>No operation was under way.</summary>
    NothingToDo,

    /// <summary>The new one was not verified: the old one is as it was.</summary>
    RestoredPrevious,

    /// <summary>The new one was verified: what was left of the old one is gone.</summary>
    FinishedNew,
}

/// <summary>
/// Undoes or finishes an operation, from the process that runs it or from a later one, whoever began it and wherever it stopped. Each step
/// leaves a state from which the next repair goes on; the record goes last.
/// </summary>
/// <remarks>
/// The old containers are found by their whole ids, the candidates by the operation's nonce in their label. Names say how far it came:
/// NAME.pro-next is a candidate, NAME.pro-prev an old container that is being stopped, NAME.pro-done an old one whose successor is
/// verified. One that is done says that all of the operation are. Of a container that removes itself, a candidate that has the name says
/// it. An <c>up</c> of compose is committed by the deletion of its record.
/// </remarks>
/// <param name="engine">The engine.</param>
/// <param name="pull">Pulls an image, by its reference and its name with a digest; null if that can't be done.</param>
internal sealed class OperationRepair(EngineConnection engine, Func<string, string, CancellationToken, Task>? pull = null)
{
    private readonly ContainerApi _calls = new(engine);

    public OperationRecords Records { get; } = new(new ContainerApi(engine));

    /// <summary>
    /// Ties followers to what was restored after an <c>up</c> of compose: from the ids of what it had made to those of the old containers,
    /// and from those to the ids under which they are restored, mostly the same.
    /// </summary>
    public Func<IReadOnlyDictionary<string, string>, IReadOnlyDictionary<string, string>, Task> RestoreFollowers { get; set; } =
        static (_, _) => Task.CompletedTask;

    /// <summary>Called before an old container is re-created: a tag that names what is deployed has to name its image again.</summary>
    public Func<ContainerRecipe, Task> BeforeRecreate { get; init; } = static _ => Task.CompletedTask;

    /// <summary>Hears of a restored container that has another host port, and of a network that stays.</summary>
    public IProgress<Report>? Reports { get; init; }

    /// <summary>Repairs what belongs to a target.</summary>
    /// <returns>What was done, and the record if there was one.</returns>
    /// <exception cref="ProException">It can't be repaired now; <c>OperationRecordLost</c>: nobody knows any more what it was.</exception>
    public async Task<(RepairOutcome Outcome, OperationRecord? Record)> RunAsync(
        string target, IEnumerable<string> containers, CancellationToken cancellationToken)
    {
        if (await Records.FindAsync(target, cancellationToken).ConfigureAwait(false) is { } info)
        {
            if (await Records.ReadAsync(info, cancellationToken).ConfigureAwait(false) is { } record)
            {
                return (await RunAsync(record, cancellationToken).ConfigureAwait(false), record);
            }

            if (await _calls.FindAllAsync(ContainerLabels.Operation, info.Nonce, cancellationToken).ConfigureAwait(false) is not [])
            {
                throw ContainerErrors.OperationRecordLost(containers);
            }

            // It was being written: nothing was touched.
            await Records.RemoveAsync(info).ConfigureAwait(false);
        }

        return (await FinishLeftoversAsync(containers, cancellationToken).ConfigureAwait(false), null);
    }

    public async Task<RepairOutcome> RunAsync(OperationRecord record, CancellationToken cancellationToken)
    {
        var candidates = await CandidatesAsync(record, cancellationToken).ConfigureAwait(false);
        if (await IsCommittedAsync(record, candidates, cancellationToken).ConfigureAwait(false))
        {
            await FinishAsync(record, candidates, cancellationToken).ConfigureAwait(false);
            return RepairOutcome.FinishedNew;
        }

        await RestoreAsync(record, candidates, cancellationToken).ConfigureAwait(false);
        return RepairOutcome.RestoredPrevious;
    }

    /// <summary>Restores the old containers after a failure, unless the new ones are verified and committed already (true).</summary>
    /// <exception cref="ProException">They could not be restored (<c>RestoreFailed</c>).</exception>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "Whatever keeps the old containers from being restored must be told as that.")]
    public async Task<bool> RestoreUnlessVerifiedAsync(OperationRecord record, Exception failure)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            await _calls.WaitForEngineAsync().ConfigureAwait(false);
            try
            {
                return await RestoreOnceAsync(record, failure).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                if (isSecond)
                {
                    throw ContainerErrors.RestoreFailed(record.Containers.Select(container => container.Name), failure.Message, fault);
                }

                // What fails once may succeed now; it begins anew with what it finds.
                Reports?.Report(new VerboseReport($"Once more after: {fault.Message}"));
            }
        }
    }

    private async Task<bool> RestoreOnceAsync(OperationRecord record, Exception failure)
    {
        if (failure is ProException { Id: LockErrors.LostId }
            && await _calls.FindAllAsync(ContainerLabels.Operation, record.Info.Nonce, CancellationToken.None).ConfigureAwait(false) is [])
        {
            // Who broke the lock has repaired already: what is under way now is that one's, and not ours to repair. If a prune has taken
            // the lock, it may have taken the record too; what we have made is still there then.
            return false;
        }

        // Nothing may cancel this; the engine's stop time-outs bound it.
        if (await RunAsync(record, CancellationToken.None).ConfigureAwait(false) == RepairOutcome.FinishedNew)
        {
            return true;
        }

        // What is told is what was looked at.
        foreach (var saved in record.Containers)
        {
            var now = await _calls.FindAsync(saved.Name, CancellationToken.None).ConfigureAwait(false);
            if (saved.Ran ? now?.Status is not ("running" or "paused" or "restarting") : now is null)
            {
                throw ContainerErrors.NotBack(saved.Name, now is { Status: var status } ? "it is " + status : "it is not there");
            }
        }

        return false;
    }

    /// <summary>Removes the old container NAME.pro-done, if there is one: its successor runs under the name.</summary>
    public async Task FinishAsync(string name, CancellationToken cancellationToken)
    {
        var done = await _calls.FindAsync(SwapNames.Done(name), cancellationToken).ConfigureAwait(false);
        var verified = await _calls.FindAsync(name, cancellationToken).ConfigureAwait(false);
        if (verified is null && await _calls.FindAsync(SwapNames.Next(name), cancellationToken).ConfigureAwait(false) is { } next)
        {
            await _calls.RenameAsync(next.Id, name, cancellationToken).ConfigureAwait(false);
            verified = next;
        }

        if (done is { } old && verified is { } successor)
        {
            if (old.IsRunning)
            {
                // It may still be at work on its last requests.
                await _calls.StopAsync(old.Id, cancellationToken).ConfigureAwait(false);
            }

            if (!successor.IsRunning)
            {
                // It ran when it was verified, and went down with the engine.
                await _calls.StartAsync(successor.Id, cancellationToken).ConfigureAwait(false);
            }

            await _calls.RemoveAsync(old.Id, cancellationToken).ConfigureAwait(false);
        }

        await RemoveNetworksAsync(name, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes a candidate away, which has touched nothing of the old container.</summary>
    public async Task RemoveCandidateAsync(string name)
    {
        var candidate = await _calls.FindAsync(SwapNames.Next(name), CancellationToken.None).ConfigureAwait(false);
        await RemoveAsync(candidate, CancellationToken.None).ConfigureAwait(false);
        await RemoveNetworksAsync(name, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>What an operation has left that was committed, and whose record is deleted.</summary>
    private async Task<RepairOutcome> FinishLeftoversAsync(IEnumerable<string> containers, CancellationToken cancellationToken)
    {
        var names = containers.Select(SwapNames.BaseOf).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names.ToList())
        {
            // What the same operation has made besides: followers.
            var labels = (await _calls.FindAsync(name, cancellationToken).ConfigureAwait(false)
                ?? await _calls.FindAsync(SwapNames.Next(name), cancellationToken).ConfigureAwait(false))?.Labels;
            if (labels?.GetValueOrDefault(ContainerLabels.Operation) is { } nonce)
            {
                var made = await _calls.FindAllAsync(ContainerLabels.Operation, nonce, cancellationToken).ConfigureAwait(false);
                names.UnionWith(made.Select(one => SwapNames.BaseOf(one.Name)));
            }
        }

        var outcome = RepairOutcome.NothingToDo;
        var lost = new List<string>();
        foreach (var name in names)
        {
            if (await _calls.FindAsync(SwapNames.Done(name), cancellationToken).ConfigureAwait(false) is not null)
            {
                await FinishAsync(name, cancellationToken).ConfigureAwait(false);
                outcome = RepairOutcome.FinishedNew;
            }

            foreach (var left in new[] { SwapNames.Previous(name), SwapNames.Next(name) })
            {
                if (await _calls.FindAsync(left, cancellationToken).ConfigureAwait(false) is not null)
                {
                    lost.Add(left);
                }
            }
        }

        if (lost.Count > 0)
        {
            throw ContainerErrors.OperationRecordLost(lost);
        }

        foreach (var name in names)
        {
            await RemoveNetworksAsync(name, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    private async Task<List<ContainerView>> CandidatesAsync(OperationRecord record, CancellationToken cancellationToken)
    {
        var (label, value) = record.Info.IsComposeUp
            ? (ComposeLabels.Project, record.Info.Owner.GetValueOrDefault(ComposeLabels.Project, ""))
            : (ContainerLabels.Operation, record.Info.Nonce);
        var made = await _calls.FindAllAsync(label, value, cancellationToken).ConfigureAwait(false);
        return [.. made.Where(one => IsCandidate(record, one))];
    }

    /// <summary>The candidate for one of the old containers; null if there is none.</summary>
    private static ContainerView? CandidateOf(SavedContainer saved, IEnumerable<ContainerView> candidates) =>
        candidates.Where(one => SwapNames.BaseOf(one.Name) == saved.Name).Select(one => (ContainerView?)one).FirstOrDefault();

    private static bool IsCandidate(OperationRecord record, ContainerView container)
    {
        var labels = container.Labels;
        return record.Containers.All(saved => saved.Id != container.Id && !IsRecreated(record, saved, container))
            && (!record.Info.IsComposeUp || (ComposeLabels.IsServiceContainer(labels)
                && labels.GetValueOrDefault(ComposeLabels.Service) == record.Info.Owner.GetValueOrDefault(ComposeLabels.Service)));
    }

    /// <summary>
    /// Whether it is the old container that an interrupted repair has re-created. No label may tell: it is what it was. Compose re-creates
    /// none whose image and hash are the same.
    /// </summary>
    private static bool IsRecreated(OperationRecord record, SavedContainer saved, ContainerView container)
    {
        var labels = container.Labels;
        return container.Name == saved.Name
            && container.ImageId == saved.Recipe.ImageId
            && labels.GetValueOrDefault(ContainerLabels.Operation) != record.Info.Nonce
            && labels.GetValueOrDefault(ComposeLabels.Hash, "") == saved.Recipe.Config["Labels"].Text(ComposeLabels.Hash);
    }

    private async Task<bool> IsCommittedAsync(OperationRecord record, List<ContainerView> candidates, CancellationToken cancellationToken)
    {
        foreach (var saved in record.Info.IsComposeUp ? [] : record.Containers)
        {
            if (await _calls.FindAsync(saved.Id, cancellationToken).ConfigureAwait(false) is { } old
                ? old.Name == SwapNames.Done(saved.Name)
                : saved.RemovesItself && candidates.Exists(one => one.Name == saved.Name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Marks all as done where one is, deletes the record, and then removes what is done.</summary>
    private async Task FinishAsync(OperationRecord record, List<ContainerView> candidates, CancellationToken cancellationToken)
    {
        foreach (var saved in record.Containers)
        {
            var candidate = CandidateOf(saved, candidates);
            var old = await _calls.FindAsync(saved.Id, cancellationToken).ConfigureAwait(false);
            if (saved.Restarts && candidate is { } successor)
            {
                await _calls.SetRestartPolicyAsync(successor.Id, saved.RestartPolicy, cancellationToken).ConfigureAwait(false);
            }

            if (candidate is not null && old is { } kept && kept.Name != SwapNames.Done(saved.Name))
            {
                await _calls.SetRestartPolicyAsync(saved.Id, SwapState.Policy("no"), cancellationToken).ConfigureAwait(false);
                await SwapPhases.RenameOldAsync(_calls, saved.Id, SwapNames.Done(saved.Name), cancellationToken).ConfigureAwait(false);
            }
        }

        await Records.RemoveAsync(record.Info).ConfigureAwait(false);
        foreach (var saved in record.Containers)
        {
            await FinishAsync(saved.Name, cancellationToken).ConfigureAwait(false);
        }
    }

    // Each of them, whatever becomes of the others.
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is thrown on when all were tried.")]
    private async Task RestoreAsync(OperationRecord record, List<ContainerView> candidates, CancellationToken cancellationToken)
    {
        var successors = new Dictionary<string, string>(StringComparer.Ordinal);
        var failures = new List<ProException>();
        var leaders = candidates.ToDictionary(
            one => one.Id,
            one => (record.Containers.FirstOrDefault(saved => SwapNames.BaseOf(one.Name) == saved.Name)
                ?? (record.Containers is [var first, ..] ? first : null))?.Id ?? "",
            StringComparer.Ordinal);
        foreach (var other in candidates.Where(one => record.Containers.All(saved => SwapNames.BaseOf(one.Name) != saved.Name)))
        {
            // It may have their ports. Its volumes are kept until theirs are in use again.
            await _calls.StopCandidateAsync(other.Id, cancellationToken).ConfigureAwait(false);
        }

        foreach (var saved in record.Containers)
        {
            try
            {
                var candidate = CandidateOf(saved, candidates);
                await RestoreAsync(record, saved, candidate, successors, cancellationToken).ConfigureAwait(false);
                _ = candidates.RemoveAll(one => one == candidate);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                failures.Add(failure as ProException ?? ContainerErrors.NotRestored(saved.Name, failure));
            }
        }

        if (failures.Count > 0)
        {
            throw failures.Count == 1 ? failures[0] : ContainerErrors.SeveralNotRestored(failures);
        }

        if (record.Info.IsComposeUp)
        {
            await RestoreFollowers(leaders, successors).ConfigureAwait(false);
        }

        foreach (var candidate in candidates)
        {
            await RemoveAsync(candidate, cancellationToken).ConfigureAwait(false);
        }

        foreach (var saved in record.Containers)
        {
            await RemoveNetworksAsync(saved.Name, cancellationToken).ConfigureAwait(false);
        }

        await Records.RemoveAsync(record.Info).ConfigureAwait(false);
    }

    private async Task RestoreAsync(
        OperationRecord record,
        SavedContainer saved,
        ContainerView? candidate,
        Dictionary<string, string> successors,
        CancellationToken cancellationToken)
    {
        if (candidate is { } named && named.Name == saved.Name)
        {
            await _calls.StopCandidateAsync(named.Id, cancellationToken).ConfigureAwait(false);
            await _calls.RenameAsync(named.Id, SwapNames.Next(saved.Name), cancellationToken).ConfigureAwait(false);
        }

        var old = await OldAsync(saved, candidate, successors, cancellationToken).ConfigureAwait(false);
        var id = old.Id;
        successors[saved.Id] = id;
        if (id != saved.Id && !IsRecreated(record, saved, old))
        {
            // Somebody else has taken the name meanwhile: that container is none of ours.
            await RemoveAsync(candidate, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (saved.RestartPolicy is { } policy && !JsonNode.DeepEquals(policy, old.RestartPolicy))
        {
            await _calls.SetRestartPolicyAsync(id, policy, cancellationToken).ConfigureAwait(false);
        }

        if (candidate is { } next)
        {
            await new StartFirstRepair(_calls).GiveBackAsync(old, saved.Recipe, next, cancellationToken).ConfigureAwait(false);
            await _calls.StopCandidateAsync(next.Id, cancellationToken).ConfigureAwait(false);
        }

        await new StartFirstRepair(_calls).GiveAliasesBackAsync(old, saved.Recipe, cancellationToken).ConfigureAwait(false);
        if (saved.Ran)
        {
            id = await StartOldAsync(saved, id, successors, cancellationToken).ConfigureAwait(false);
            await new FollowerRefresh(_calls).RunAsync(id, saved.Name, cancellationToken).ConfigureAwait(false);
        }

        if (saved.Status == "paused"
            && !(await _calls.InspectAsync(id, cancellationToken).ConfigureAwait(false)).Json["State"].Flag("Paused"))
        {
            await _calls.PauseAsync(id, cancellationToken).ConfigureAwait(false);
        }

        await RemoveAsync(candidate, cancellationToken).ConfigureAwait(false);
    }

    private async Task<string> StartOldAsync(
        SavedContainer saved, string id, Dictionary<string, string> successors, CancellationToken cancellationToken)
    {
        id = await saved.Recipe.StartAsync(_calls, id, AgainAsync, cancellationToken).ConfigureAwait(false);
        if (saved.Recipe.ChosenPorts.Count > 0)
        {
            await saved.Recipe.WarnOfMovedPortsAsync(_calls, id, Reports, cancellationToken).ConfigureAwait(false);
        }

        return id;

        async Task<string> AgainAsync(IReadOnlyCollection<ChosenPort> freed)
        {
            await _calls.RemoveAsync(successors[saved.Id], cancellationToken).ConfigureAwait(false);
            return successors[saved.Id] = (await RecreateAsync(saved, successors, cancellationToken, freed).ConfigureAwait(false)).Id;
        }
    }

    /// <summary>The old container under its name, stopped or not; re-created if it is gone.</summary>
    private async Task<ContainerView> OldAsync(
        SavedContainer saved, ContainerView? candidate, Dictionary<string, string> successors, CancellationToken cancellationToken)
    {
        var old = await _calls.FindAsync(saved.Id, cancellationToken).ConfigureAwait(false);
        if (old is { } follower
            && successors.Any(pair => pair.Key != pair.Value && NamespaceFollowers.Find([follower], pair.Key, pair.Key).Count > 0))
        {
            // Whom it followed is gone for ever, and was re-created.
            await _calls.RemoveAsync(saved.Id, cancellationToken).ConfigureAwait(false);
            old = null;
        }

        if (old is { } found && await MayBeStoppingAsync(found, saved, candidate, cancellationToken).ConfigureAwait(false))
        {
            // A stop goes on in the engine when whoever asked for it has died: it must have ended before the next start counts.
            await _calls.StopAsync(saved.Id, cancellationToken).ConfigureAwait(false);
            if (saved.RemovesItself)
            {
                await _calls.WaitUntilRemovedAsync(saved.Id, cancellationToken).ConfigureAwait(false);
                old = null;
            }
        }

        if (old is not { } kept)
        {
            return await _calls.FindAsync(saved.Name, cancellationToken).ConfigureAwait(false)
                ?? await RecreateAsync(saved, successors, cancellationToken).ConfigureAwait(false);
        }

        if (kept.Name != saved.Name)
        {
            await SwapPhases.RenameOldAsync(_calls, kept.Id, saved.Name, cancellationToken).ConfigureAwait(false);
        }

        return kept;
    }

    /// <summary>
    /// Whether somebody has begun to stop it. Its name says so, but on an overlay network, where it is renamed when it has stopped. One
    /// that has started since the swap began was started by an engine that was restarted: it serves, and no stop is on its way.
    /// </summary>
    private async Task<bool> MayBeStoppingAsync(
        ContainerView old, SavedContainer saved, ContainerView? candidate, CancellationToken cancellationToken)
    {
        var hasComeBack = old.IsRunning && old.RestartCount == 0 && candidate is { } next && old.StartedAt > next.CreatedAt;
        return !hasComeBack && (old.Name == SwapNames.Previous(saved.Name)
            || (candidate is not null && await _calls.IsOnOverlayAsync(old, cancellationToken).ConfigureAwait(false)));
    }

    // Beside the new one: a volume that only the new one holds is never without a container, even if that removes itself.
    private async Task<ContainerView> RecreateAsync(
        SavedContainer saved,
        Dictionary<string, string> successors,
        CancellationToken cancellationToken,
        IReadOnlyCollection<ChosenPort>? freed = null)
    {
        var recipe = saved.Recipe;
        if (await _calls.FindImageAsync(recipe.ImageId, cancellationToken).ConfigureAwait(false) is null)
        {
            // Of several registries, the one that it was started from.
            var digest = recipe.Digests
                .OrderByDescending(one => recipe.Reference.StartsWith(one.Split('@')[0] + ":", StringComparison.Ordinal)).FirstOrDefault();
            if (pull is null || digest is null)
            {
                throw ContainerErrors.OldImageGone(saved.Name, recipe.Reference, recipe.ImageId);
            }

            await pull(recipe.Reference, digest, cancellationToken).ConfigureAwait(false);
        }

        await BeforeRecreate(recipe).ConfigureAwait(false);
        var image = await _calls.ReferenceOfAsync(recipe.Reference, recipe.ImageId, cancellationToken).ConfigureAwait(false);
        var options = new RecipeOptions { Name = saved.Name, Successors = successors, FreedPorts = freed ?? [] };
        var id = await _calls.CreateAsync(recipe.On(image, options), cancellationToken).ConfigureAwait(false);
        await _calls.PutFilesAsync(id, recipe.Files).ConfigureAwait(false);
        return await _calls.InspectAsync(id, cancellationToken).ConfigureAwait(false);
    }

    private async Task RemoveAsync(ContainerView? candidate, CancellationToken cancellationToken)
    {
        if (candidate is { Id: var id })
        {
            await _calls.StopCandidateAsync(id, cancellationToken).ConfigureAwait(false);
            await _calls.RemoveAsync(id, cancellationToken, withVolumes: true).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Removes the networks that a warm swap of a container has made. One that is still held has its ports again afterwards. A network that
    /// the engine won't remove is in nobody's way: it is left with a warning, and the next operation tries it again.
    /// </summary>
    private async Task RemoveNetworksAsync(string name, CancellationToken cancellationToken)
    {
        foreach (var network in await _calls.FindNetworksAsync(ContainerLabels.Swap, name, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await _calls.RemoveNetworkAsync(network, cancellationToken).ConfigureAwait(false);
            }
            catch (ProException exception) when (exception.Message.Contains("has active endpoints", StringComparison.Ordinal))
            {
                // Seen once on Engine 20.10, with no container on it any more.
                Reports?.Report(new WarningReport(
                    $"The network {network.Text("Name")} was made for the swap of {name}, "
                    + $"and the engine does not remove it: {exception.Message}. The next deployment tries it again."));
            }
        }
    }
}
