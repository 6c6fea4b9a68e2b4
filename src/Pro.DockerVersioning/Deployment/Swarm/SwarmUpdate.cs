using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>
/// Updates a service of a swarm to another image. The engine does the work; this module chooses the image by its digest, watches, tells,
/// and goes back where the engine would not.
/// </summary>
internal static class SwarmUpdate
{
    /// <summary>
    /// Updates a service, and waits until all tasks run the new image or all run the old one again. Cancelled before the engine was asked,
    /// it throws and nothing was done; afterwards it goes back.
    /// </summary>
    /// <exception cref="ProException">Nothing was changed, the old image was not restored, or the service is somebody else's.</exception>
    public static async Task<StrategyResult> RunAsync(
        EngineConnection engine,
        string serviceIdOrName,
        string targetReference,
        SwarmUpdateOptions options,
        IProgress<Report> reports,
        CancellationToken cancellationToken)
    {
        var api = new SwarmApi(engine);
        var service = await FindAsync(api, serviceIdOrName, options, cancellationToken).ConfigureAwait(false);
        var progress = new SwarmProgress(service.Name, $"{service.Name} → {SwarmTarget.NameOf(targetReference)}", reports);
        try
        {
            var plan = await SwarmPlan.MakeAsync(api, service, targetReference, options, progress, cancellationToken).ConfigureAwait(false);
            return plan.IsNothingToDo
                ? plan.Result(ProDeploymentOutcome.NothingToDo)
                : await new SwarmUpdateRun(api, plan, options, progress).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            progress.End();
        }
    }

    /// <summary>What an update would do. Looks only, and says nothing: the update itself does.</summary>
    /// <exception cref="ProException">It can't be done: no such service or image, or the options contradict each other.</exception>
    public static async Task<SwarmPlan> PlanAsync(
        EngineConnection engine,
        string serviceIdOrName,
        string targetReference,
        SwarmUpdateOptions options,
        CancellationToken cancellationToken)
    {
        var api = new SwarmApi(engine);
        var service = await FindAsync(api, serviceIdOrName, options, cancellationToken).ConfigureAwait(false);
        var silent = new SwarmProgress(service.Name, service.Name, new Progress<Report>());
        return await SwarmPlan.MakeAsync(api, service, targetReference, options, silent, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Repairs what an update of ours left when it was interrupted: between the steps of a canary or while it rolls back it goes back to
    /// the old image; an update that the engine can finish by itself is waited for, and one that stands still is taken back. Those of
    /// others, and what was left paused as was asked for, are left alone. Only under the service's lock. Null if there was nothing to do.
    /// <c>interrupted</c> is the image, by its tag, of the update that is known to be interrupted.
    /// </summary>
    public static async Task<StrategyResult?> RepairAsync(
        EngineConnection engine,
        string serviceIdOrName,
        SwarmUpdateOptions options,
        string? interrupted,
        IProgress<Report> reports,
        CancellationToken cancellationToken)
    {
        var api = new SwarmApi(engine);
        var service = await api.GetServiceAsync(serviceIdOrName, cancellationToken).ConfigureAwait(false);
        if (service.IsJob || service.Image is not { } image)
        {
            return null;
        }

        var sighting = new SwarmSighting(service, await api.ListTasksAsync(service.Id, cancellationToken).ConfigureAwait(false));
        var goal = new SwarmGoal(image, service.ForceUpdate, StatusBefore: null);
        var progress = new SwarmProgress(service.Name, $"{service.Name}: repair", reports);
        try
        {
            if (SwarmRollbackPoint.FromLabel(service) is { } noted)
            {
                // The engine says "completed" only of an update's last step: a canary's first one is held.
                if (service.UpdateStatus is { State: "completed" } && sighting.HasReached(goal))
                {
                    progress.Say($"An update of {service.Name} had ended well, and was interrupted right after: {image} stays.");
                    return await RunOf(noted).FinishAsync().ConfigureAwait(false);
                }

                progress.Say($"An update of {service.Name} was interrupted between its steps: back to {noted.Image}.");
                return await RunOf(noted).BackAsync("the command that updated it was interrupted").ConfigureAwait(false);
            }

            // Else it is somebody's "docker service update", or one of ours that has ended and was left paused.
            var isOurs = interrupted is not null
                && (SwarmTarget.NameOf(image) == SwarmTarget.NameOf(interrupted) || service.UpdateStatus is { IsRollback: true });
            if (!isOurs || service.UpdateStatus is not { State: "updating" or "paused" or "rollback_started" or "rollback_paused" } status)
            {
                return null;
            }

            // While the engine goes back the specification is the old one already, and it has forgotten the new one.
            var rollbackPoint = (status.IsRollback ? null : SwarmRollbackPoint.FromPrevious(service)) ?? SwarmRollbackPoint.From(service);
            return await RunOf(rollbackPoint).TakeOverAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            progress.End();
        }

        SwarmUpdateRun RunOf(SwarmRollbackPoint point)
        {
            var plan = new SwarmPlan
            {
                Sighting = sighting,
                Target = new SwarmTarget(image, null, null),
                RollbackPoint = point,
                Goal = goal,
                UpdateConfig = service.UpdateConfig,
                ConfigAfterwards = service.UpdateConfig,
                IsNothingToDo = false,
            };
            var calm = options with { Canary = null, NoWait = false, FailureAction = null, Watch = TimeSpan.Zero };
            return new SwarmUpdateRun(api, plan, calm, progress);
        }
    }

    private static async Task<SwarmServiceState> FindAsync(
        SwarmApi api, string serviceIdOrName, SwarmUpdateOptions options, CancellationToken cancellationToken)
    {
        var service = await api.GetServiceAsync(serviceIdOrName, cancellationToken).ConfigureAwait(false);
        var refusal = service.Image is null ? SwarmErrors.NoContainers(service.Name)
            : service.IsJob ? SwarmErrors.Job(service.Name, service.Mode)
            : options is { Canary: not null, NoWait: true } ? SwarmErrors.CanaryWithoutWaiting(service.Name)
            : options.Canary is < 1 and var tasks ? SwarmErrors.CanaryTooSmall(tasks)
            : null;
        return refusal is null ? service : throw refusal;
    }
}
