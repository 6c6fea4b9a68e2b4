using Pro.DockerVersioning.Deployment.Swarm.Api;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>Finishes or takes back an update whose process is gone. To be called only under the service's lock.</summary>
internal static class SwarmRepair
{
    /// <summary>Looks, and puts it right; see <see cref="SwarmUpdate.RepairAsync"/>.</summary>
    public static async Task<SwarmUpdateResult?> RunAsync(
        SwarmApi api,
        SwarmServiceState service,
        SwarmUpdateOptions options,
        string? interrupted,
        SwarmProgress progress,
        CancellationToken cancellationToken)
    {
        var sighting = new SwarmSighting(service, await api.ListTasksAsync(service.Id, cancellationToken).ConfigureAwait(false));
        progress.Begin(sighting.Tasks);
        var calm = options with { Canary = null, NoWait = false, FailureAction = null, Watch = TimeSpan.Zero };
        if (SwarmRollbackPoint.FromLabel(service) is { } noted)
        {
            var run = new SwarmUpdateRun(api, Make(sighting, noted), calm, progress);
            if (HasEndedWell(sighting))
            {
                progress.Say($"An update of {service.Name} had ended well, and was interrupted right after: {service.Image} stays.");
                return await run.FinishAsync().ConfigureAwait(false);
            }

            progress.Say($"An update of {service.Name} was interrupted between its steps: back to {noted.Image}.");
            return await run.AbandonAsync("the command that updated it was interrupted").ConfigureAwait(false);
        }

        if (interrupted is null
            || (SwarmTarget.NameOf(service.Image ?? "") != SwarmTarget.NameOf(interrupted) && service.UpdateStatus is not { IsRollback: true }))
        {
            // Somebody's "docker service update", or one of ours that has ended and was left paused.
            return null;
        }

        if (service.UpdateStatus is not { State: "updating" or "paused" or "rollback_started" or "rollback_paused" } status)
        {
            return null;
        }

        // While the engine goes back the specification is the old one already, and it has forgotten the new one.
        var rollbackPoint = (status.IsRollback ? null : SwarmRollbackPoint.FromPrevious(service)) ?? SwarmRollbackPoint.From(service);
        return await new SwarmUpdateRun(api, Make(sighting, rollbackPoint), calm, progress).TakeOverAsync(cancellationToken).ConfigureAwait(false);
    }

    // The engine says "completed" only of an update's last step: a canary's first one is held.
    private static bool HasEndedWell(SwarmSighting sighting) =>
        sighting.Service.UpdateStatus is { State: "completed" }
        && sighting.HasReached(new SwarmGoal(sighting.Service.Image ?? "", sighting.Service.ForceUpdate, StatusBefore: null));

    private static SwarmPlan Make(SwarmSighting sighting, SwarmRollbackPoint rollbackPoint) => new()
    {
        Sighting = sighting,
        Target = new SwarmTarget(sighting.Service.Image ?? "", null, null),
        RollbackPoint = rollbackPoint,
        Goal = new SwarmGoal(sighting.Service.Image ?? "", sighting.Service.ForceUpdate, StatusBefore: null),
        UpdateConfig = sighting.Service.UpdateConfig,
        ConfigAfterwards = sighting.Service.UpdateConfig,
        IsNothingToDo = false,
    };
}
