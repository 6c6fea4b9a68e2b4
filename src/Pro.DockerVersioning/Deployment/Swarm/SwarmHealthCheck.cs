using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>The HEALTHCHECK that a service's tasks have on an image.</summary>
internal static class SwarmHealthCheck
{
    /// <summary>How long it lets a task start until the engine calls it unhealthy; null if the image is not on this node.</summary>
    public static async Task<TimeSpan?> AllowanceAsync(
        SwarmApi api, SwarmServiceState service, SwarmTarget target, CancellationToken cancellationToken)
    {
        var image = await new ContainerApi(api.Engine).FindImageAsync(target.LocalId ?? target.Reference, cancellationToken)
            .ConfigureAwait(false);
        if (image is null)
        {
            return null;
        }

        var check = PlannedHealthCheck.Merge(
            service.Spec["TaskTemplate"]?["ContainerSpec"]?["Healthcheck"], image["Config"]?["Healthcheck"]);
        return check?.Allowance ?? TimeSpan.Zero;
    }
}
