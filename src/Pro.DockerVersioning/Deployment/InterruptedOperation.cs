using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment;

/// <summary>
/// The end of an operation whose process died after its new version was verified: the previous version that it would have kept, and the
/// history's line that it would have written.
/// </summary>
internal sealed class InterruptedOperation(EngineConnection engine, HistoryLog history, IProgress<Report> reports)
{
    private readonly PreviousVersionStore _store = new(engine, history, reports);

    /// <summary>Does what it has not come to.</summary>
    /// <returns>True if it was verified, and had not written its line.</returns>
    public async Task<bool> ConcludeAsync(
        DeploymentRequest request,
        EngineSnapshot world,
        ServiceTarget target,
        OperationNote? note,
        RepairOutcome outcome,
        CancellationToken cancellationToken)
    {
        if (outcome == RepairOutcome.RestoredPrevious
            || Find(world, target, note, outcome) is not { } done
            || await IsRecordedAsync(request, target, done, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        await _store.KeepAsync(request, target, done, CancellationToken.None).ConfigureAwait(false);
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

    private static OperationNote? Find(EngineSnapshot world, ServiceTarget target, OperationNote? note, RepairOutcome outcome)
    {
        var isFinished = outcome == RepairOutcome.FinishedNew;
        if (target.Kind == ServiceTargetKind.Swarm)
        {
            return isFinished && note is not null && world.SwarmOf(target) is { } info && SwarmTarget.NameOf(info.Image) == note.Reference
                ? note : null;
        }

        // If the same image was to run again, nothing tells whether it has come to that.
        return Runs(target, note) && (isFinished || note?.OldImageId is not null) ? note : null;
    }

    private static bool Runs(ServiceTarget target, OperationNote? note) => note?.ImageId is { } image
        && target.Containers.Count > 0 && target.Containers.All(container => container.IsRunning && container.ImageId == image);

    private async Task<bool> IsRecordedAsync(
        DeploymentRequest request, ServiceTarget target, OperationNote note, CancellationToken cancellationToken)
    {
        var place = _store.PlaceOf(request, target);
        var filter = new HistoryFilter { Services = [name => name == place.Service], Kinds = [note.Kind], After = note.Since };
        try
        {
            await foreach (var entry in history.ReadAsync(filter, reports, cancellationToken).ConfigureAwait(false))
            {
                if (place.Matches(entry) && entry.IsVerified && note.Version.Equals(entry.Version))
                {
                    return true;
                }
            }
        }
        catch (ProException unreadable)
        {
            reports.Report(new VerboseReport(unreadable.Message));
        }

        return false;
    }
}
