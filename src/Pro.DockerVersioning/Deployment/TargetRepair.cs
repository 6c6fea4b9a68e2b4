using Pro.DockerVersioning.Deployment.Compose;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Container;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment;

/// <summary>Repairs what an operation on a target has left behind when it was interrupted. Under the target's lock.</summary>
internal sealed class TargetRepair(EngineConnection engine, HistoryLog history, IProgress<Report> reports)
{
    private readonly ContainerApi _calls = new(engine);

    /// <summary>
    /// What there is to repair, as the prompt says it: leftovers, the record of an <c>up</c>, a lock that was left behind. Null if nothing
    /// was interrupted.
    /// </summary>
    /// <exception cref="ProException"><c>TargetLocked</c>: what looks interrupted is under way, and nobody breaks its lock.</exception>
    public async Task<string?> WhyNeededAsync(
        DeploymentRequest request, EngineSnapshot world, ServiceTarget target, CancellationToken cancellationToken)
    {
        const string Interrupted = "Repair what an interrupted operation has left behind";
        var held = await TargetLock.FindAsync(engine, target.TargetId, cancellationToken).ConfigureAwait(false);
        if (held is not null && await TargetLock.WhyStaleAsync(engine, held, reports, cancellationToken).ConfigureAwait(false) is not null)
        {
            return Interrupted;
        }

        if (!await HasTracesAsync(world, target, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        if (held is null)
        {
            // An operation may have ended between the two looks.
            var now = await LoadAsync(request, cancellationToken).ConfigureAwait(false);
            return now.Find(target.TargetId) is { } found && await HasTracesAsync(now, found, cancellationToken).ConfigureAwait(false)
                ? Interrupted : null;
        }

        return request.BreakLock
            ? $"Take the lock from its holder ({held}), and repair what that has left behind"
            : throw TargetLock.Refusal(held);
    }

    /// <summary>Refuses where an operation is under way and nobody breaks its lock.</summary>
    /// <exception cref="ProException"><c>TargetLocked</c>.</exception>
    public async Task ThrowIfOperationUnderWayAsync(DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken)
    {
        if (!request.BreakLock
            && await TargetLock.FindAsync(engine, target.TargetId, cancellationToken).ConfigureAwait(false) is { } held)
        {
            await ThrowIfUnderWayAsync(held, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The same for an operation on the service, on whatever target.</summary>
    /// <exception cref="ProException"><c>TargetLocked</c>.</exception>
    public async Task ThrowIfOperationUnderWayAsync(DeploymentRequest request, CancellationToken cancellationToken)
    {
        foreach (var held in request.BreakLock ? [] : await TargetLock.ListAsync(engine, cancellationToken).ConfigureAwait(false))
        {
            if (held.Service == request.Service.Name && held.Repository == request.Repository.Name)
            {
                await ThrowIfUnderWayAsync(held, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Repairs a target whose lock is held, and writes the history's line if something was done. For <c>interrupted</c> see
    /// <see cref="LockInfo.Interrupted"/>.
    /// </summary>
    public async Task<ProRepair> RunAsync(
        DeploymentRequest request, EngineSnapshot world, ServiceTarget target, string? interrupted, CancellationToken cancellationToken)
    {
        var clock = Clock.Start();
        var note = OperationNote.Read(interrupted);
        var (outcome, record) = target.IsOfEngine
            ? await ContainersAsync(request, target, cancellationToken).ConfigureAwait(false)
            : (await SwarmAsync(request, world, target, note, cancellationToken).ConfigureAwait(false), null);
        note ??= OperationNote.Read(record?.Note);
        var after = await LoadAsync(request, cancellationToken).ConfigureAwait(false);
        var now = after.Find(target.TargetId);
        var version = now is null ? null : after.VersionOf(now);
        if (now is not null && HasEnded(after, now, note, outcome)
            && await ConcludeAsync(request, now, note!, cancellationToken).ConfigureAwait(false))
        {
            outcome = RepairOutcome.FinishedNew;
        }

        if (now is not null && (outcome != RepairOutcome.NothingToDo || note is not null))
        {
            // Tags and files may have been moved before the record was written, or be left to move back after it was deleted.
            var hasMoved = await new DeploymentAliasMover(engine, reports)
                .FollowAsync(request, version, now, note, outcome == RepairOutcome.FinishedNew, cancellationToken).ConfigureAwait(false);
            hasMoved |= now is { Kind: ServiceTargetKind.Compose, Containers.Count: > 0 } && await PinWhatRunsAsync(
                request,
                now,
                [record?.Info.To, note?.Reference],
                outcome == RepairOutcome.RestoredPrevious && record is { Info.IsComposeUp: true },
                cancellationToken).ConfigureAwait(false);
            outcome = hasMoved && outcome == RepairOutcome.NothingToDo ? RepairOutcome.RestoredPrevious : outcome;
        }

        if (now is { Kind: ServiceTargetKind.Compose } && outcome != RepairOutcome.NothingToDo)
        {
            await RestartDependentsAsync(request, now, outcome, cancellationToken).ConfigureAwait(false);
        }

        var name = version?.ToString() ?? "the version from before";
        var repair = new ProRepair
        {
            Service = request.Service.Name,
            Target = target.TargetId,
            Outcome = outcome.ToString(),
            Version = version,
            Message = outcome switch
            {
                RepairOutcome.RestoredPrevious => $"an interrupted deployment was undone; {name} is running again",
                RepairOutcome.FinishedNew => $"an interrupted deployment was finished; {name} had been verified and stays",
                _ => (now is null ? null : after.SwarmOf(now)?.UpdateState) is
                    ("updating" or "paused" or "rollback_started" or "rollback_paused") and var state
                    ? $"the swarm says '{state}', and no operation of this module was interrupted: the update is somebody else's, "
                        + "or left so on purpose"
                    : "nothing was left behind",
            },
        };
        if (outcome == RepairOutcome.NothingToDo)
        {
            return repair;
        }

        reports.Report(new WarningReport($"{request.Service.Name} ({target}): {repair.Message}."));
        await history.AppendAsync(
            new ProHistoryEntry
            {
                Kind = ProHistoryKind.Repair,
                Engine = engine.Endpoint.ToString(),
                Service = request.Service.Name,
                Target = target.TargetId,
                Version = version,
                Reference = version is null ? null : request.Repository.WithTag(version.ImageTag).ToString(),
                ImageId = now?.Containers.Select(container => container.ImageId).FirstOrDefault(),
                Outcome = repair.Outcome,
                Duration = clock.Elapsed,
                Reason = request.Reason,
                Message = repair.Message,
            },
            reports).ConfigureAwait(false);
        return repair;
    }

    private Task<EngineSnapshot> LoadAsync(DeploymentRequest request, CancellationToken cancellationToken) =>
        EngineSnapshot.LoadAsync(engine, request.Service.Name, request.Repository, cancellationToken);

    private async Task<bool> HasTracesAsync(EngineSnapshot world, ServiceTarget target, CancellationToken cancellationToken) =>
        target.Leftovers.Count > 0
        || world.SwarmOf(target) is { IsInterrupted: true }
        || await new OperationRecords(_calls).FindAsync(target.TargetId, cancellationToken).ConfigureAwait(false) is not null;

    private async Task<(RepairOutcome Outcome, OperationRecord? Record)> ContainersAsync(
        DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken)
    {
        if (target.Kind == ServiceTargetKind.Compose)
        {
            // A compose that was under way goes on when we have died: two of them at once would undo each other's work.
            var engineId = await ComposeUp.EngineIdAsync(engine, cancellationToken).ConfigureAwait(false);
            await ComposeOrphans.WaitAsync(target.Labels.GetValueOrDefault(ComposeLabels.Project, ""), engineId, reports, cancellationToken)
                .ConfigureAwait(false);
        }

        return await ContainerReplacement.RepairOf(engine, new ImageSupply(engine, request.Child.Get, reports).PullAgainAsync, reports)
            .RunAsync(
                target.TargetId, target.Containers.Concat(target.Leftovers).Select(container => container.Name), cancellationToken)
            .ConfigureAwait(false);
    }

    private async Task<RepairOutcome> SwarmAsync(
        DeploymentRequest request, EngineSnapshot world, ServiceTarget target, OperationNote? note, CancellationToken cancellationToken)
    {
        var credential = await new ImageSupply(engine, request.Child.Get, reports)
            .CredentialAsync(request.Repository, cancellationToken).ConfigureAwait(false);
        var result = await SwarmUpdate.RepairAsync(
            engine, target.Name, request.Swarm with { Credential = credential }, note?.Reference, reports, cancellationToken)
            .ConfigureAwait(false);
        return result?.Outcome switch
        {
            // The engine has finished by itself what was interrupted.
            null when note is not null && !note.Version.Equals(note.From) && world.SwarmOf(target) is { UpdateState: "completed" } done
                && SwarmTarget.NameOf(done.Image) == note.Reference => RepairOutcome.FinishedNew,
            null => RepairOutcome.NothingToDo,
            ProDeploymentOutcome.Succeeded => RepairOutcome.FinishedNew,
            _ => RepairOutcome.RestoredPrevious,
        };
    }

    private async Task ThrowIfUnderWayAsync(LockInfo held, CancellationToken cancellationToken)
    {
        if (await TargetLock.WhyStaleAsync(engine, held, reports, cancellationToken).ConfigureAwait(false) is null)
        {
            throw TargetLock.Refusal(held);
        }
    }

    /// <summary>
    /// Whether the process of an operation died after its new version was verified, as its lock or its record and what runs now tell. If
    /// the same image was to run again, nothing tells whether it has come to that.
    /// </summary>
    private static bool HasEnded(EngineSnapshot after, ServiceTarget now, OperationNote? note, RepairOutcome outcome)
    {
        var isFinished = outcome == RepairOutcome.FinishedNew;
        return outcome != RepairOutcome.RestoredPrevious && note is not null && (now.IsOfEngine
            ? note.ImageId is { } image && now.Containers.Count > 0
                && now.Containers.All(container => container.IsRunning && container.ImageId == image)
                && (isFinished || note.OldImageId is not null)
            : isFinished && after.SwarmOf(now) is { } info && SwarmTarget.NameOf(info.Image) == note.Reference);
    }

    /// <summary>
    /// Does what such an operation has not come to: the previous version that it would have kept, and the history's line that it would have
    /// written. False if it has.
    /// </summary>
    private async Task<bool> ConcludeAsync(
        DeploymentRequest request, ServiceTarget target, OperationNote done, CancellationToken cancellationToken)
    {
        var store = new PreviousVersionStore(engine, history, reports);
        if (await store.IsRecordedAsync(request, target, done, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        await store.KeepAsync(request, target, done).ConfigureAwait(false);
        await history.AppendAsync(
            new ProHistoryEntry
            {
                Kind = done.Kind,
                User = done.User,
                Engine = engine.Endpoint.ToString(),
                Service = request.Service.Name,
                Target = target.TargetId,
                From = done.From,
                Version = done.Version,
                Reference = done.Reference,
                Digest = done.Digest,
                ImageId = done.ImageId,
                Strategy = done.Strategy,
                Outcome = ProHistoryEntry.Succeeded,
                IsVerified = true,
                Reason = done.Reason,
                Message = $"begun on {done.Host}, and interrupted after {done.Version} was verified; written by the repair",
            },
            reports).ConfigureAwait(false);
        return true;
    }

    /// <summary>
    /// Restarts what depends on the service, as the end of the operation would have. An old container that was never stopped is the one
    /// that it knows.
    /// </summary>
    private async Task RestartDependentsAsync(
        DeploymentRequest request, ServiceTarget target, RepairOutcome outcome, CancellationToken cancellationToken)
    {
        ProjectFiles? files = null;
        try
        {
            files = (await ComposeContext.OpenAsync(engine, request, target, cancellationToken).ConfigureAwait(false)).Files;
        }
        catch (ProException failure)
        {
            reports.Report(new VerboseReport(failure.Message));
        }

        DateTimeOffset? started = null;
        foreach (var container in outcome == RepairOutcome.RestoredPrevious ? target.Containers : [])
        {
            var start = (await _calls.InspectAsync(container.Id, cancellationToken).ConfigureAwait(false)).StartedAt;
            started = start > started ? start : started ?? start;
        }

        await new ComposeDependents(_calls, target, reports, files).RestartAsync(startedBefore: started).ConfigureAwait(false);
    }

    /// <summary>
    /// The pin may have been moved already, or not yet: if it names the version that was to run and doesn't, it follows what runs. Says
    /// which hooks did not run for what was restored after compose's own <c>up</c>. True if a file was changed.
    /// </summary>
    private async Task<bool> PinWhatRunsAsync(
        DeploymentRequest request, ServiceTarget target, string?[] aimed, bool isRestored, CancellationToken cancellationToken)
    {
        try
        {
            var running = await _calls.InspectAsync(target.Containers[0].Id, cancellationToken).ConfigureAwait(false);
            var site = await ComposeContext.OpenAsync(engine, request, target, cancellationToken).ConfigureAwait(false);
            if (isRestored && site.HookWarning(rendered: null, site.Service) is { } hooks)
            {
                reports.Report(new WarningReport(hooks));
            }

            var writer = site.PinWriter();
            var rendered = await site.Client.ImageAsync(site.Image, pin: null, cancellationToken).ConfigureAwait(false);
            if (!ImageReference.TryParse(running.Image, out var reference))
            {
                return false;
            }

            if (rendered is null || !IsLeft(rendered))
            {
                return await writer.FollowOverrideAsync(reference, running.Labels, IsLeft, cancellationToken).ConfigureAwait(false);
            }

            bool IsLeft(string image) => image != running.Image && aimed.Contains(image);

            var kept = await writer.PersistAsync(site.Image.For(reference), cancellationToken).ConfigureAwait(false);
            if (kept.Warning is { } warning)
            {
                reports.Report(new WarningReport(warning));
            }

            return kept.File is not null;
        }
        catch (Exception failure) when (failure is ProException or IOException or UnauthorizedAccessException)
        {
            reports.Report(new WarningReport($"What pins the version of {request.Service.Name} could not be looked at: {failure.Message}"));
            return false;
        }
    }
}
