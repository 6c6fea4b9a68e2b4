using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>What an update is to change, and the rollback.</summary>
internal sealed class SwarmPlan
{
    public required SwarmSighting Sighting { get; init; }

    public required SwarmTarget Target { get; init; }

    public required SwarmRollbackPoint RollbackPoint { get; init; }

    /// <summary>What the new tasks are known by.</summary>
    public required SwarmGoal Goal { get; init; }

    /// <summary>
    /// The configuration of this update: the service's own, for a rollback its rollback configuration, with what was given.
    /// </summary>
    public required JsonObject? UpdateConfig { get; init; }

    /// <summary>The update configuration that the service has afterwards: its own with what was given.</summary>
    public required JsonObject? ConfigAfterwards { get; init; }

    /// <summary>What the HEALTHCHECK of the tasks allows them to start; null if it is not known.</summary>
    public TimeSpan? StartAllowance { get; init; }

    /// <summary>True if the service's configuration has to be put back after the update.</summary>
    public bool HasOwnPace => !JsonNode.DeepEquals(UpdateConfig, ConfigAfterwards);

    /// <summary>All tasks run the image already.</summary>
    public required bool IsNothingToDo { get; init; }

    public SwarmServiceState Service => Sighting.Service;

    /// <summary>Finds the image, and compares what runs with what is wanted.</summary>
    public static async Task<SwarmPlan> MakeAsync(
        SwarmApi api,
        SwarmServiceState service,
        string reference,
        SwarmUpdateOptions options,
        SwarmProgress progress,
        CancellationToken cancellationToken)
    {
        var target = await SwarmTarget.ResolveAsync(api, reference, options, progress, cancellationToken).ConfigureAwait(false);
        var sighting = new SwarmSighting(service, await api.ListTasksAsync(service.Id, cancellationToken).ConfigureAwait(false));
        var pinned = service.Image!.Contains('@', StringComparison.Ordinal);
        var running = await SwarmRunningImages.LookAsync(api, pinned ? [] : sighting.Tasks, cancellationToken).ConfigureAwait(false);
        var interrupted = SwarmRollbackPoint.FromLabel(service);
        var settled = interrupted is null
            && service.UpdateStatus is null or { State: "completed" or "rollback_completed" }
            && sighting.HasReached(new SwarmGoal(service.Image, service.ForceUpdate, null));
        var sameText = service.Image == target.Reference;

        // A tag that has moved since: the same text is another image now, and only the counter makes the engine look again.
        var tagMoved = sameText && !pinned && running.HasOtherThan(target.LocalId);
        var same = (sameText && !tagMoved) || (!pinned && target.HasSameTag(service.Image) && running.AreAll(target.LocalId));
        var force = options.Force || tagMoved;
        var rollbackPoint = interrupted
            ?? (sameText && !settled ? SwarmRollbackPoint.FromPrevious(service) : null)
            ?? SwarmRollbackPoint.From(service) with
            {
                Image = await running.NameAsync(service.Image, cancellationToken).ConfigureAwait(false),
            };
        var afterwards = SwarmChange.Configure(interrupted is null ? service.UpdateConfig : interrupted.UpdateConfig, options);

        // Who doesn't wait, or wants a failure to stay as it is, leaves nobody who would put the configuration back.
        var backwards = options is { IsRollback: true, NoWait: false, FailureAction: not SwarmFailureAction.Pause }
            ? service.RollbackConfig : null;
        return new SwarmPlan
        {
            Sighting = sighting,
            Target = target,
            RollbackPoint = rollbackPoint,
            Goal = new SwarmGoal(target.Reference, service.ForceUpdate + (force ? 1UL : 0UL), service.UpdateStatus?.StartedAt),
            UpdateConfig = backwards is null ? afterwards : SwarmChange.Configure(backwards, options),
            ConfigAfterwards = afterwards,
            StartAllowance = await AllowanceAsync(api, service, target, cancellationToken).ConfigureAwait(false),
            IsNothingToDo = same && settled && !options.Force,
        };
    }

    public StrategyResult Result(ProDeploymentOutcome outcome) => new() { Outcome = outcome, Digest = Target.Digest };

    /// <summary>
    /// How long a HEALTHCHECK lets a task start until the engine calls it unhealthy; null if the image is not on this node.
    /// </summary>
    private static async Task<TimeSpan?> AllowanceAsync(
        SwarmApi api, SwarmServiceState service, SwarmTarget target, CancellationToken cancellationToken)
    {
        var image = await new ContainerApi(api.Engine).FindImageAsync(target.LocalId ?? target.Reference, cancellationToken)
            .ConfigureAwait(false);
        var own = service.Spec["TaskTemplate"]?["ContainerSpec"]?["Healthcheck"];
        return image is null ? null : PlannedHealthCheck.Merge(own, image["Config"]?["Healthcheck"])?.Allowance ?? TimeSpan.Zero;
    }
}
