using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>Chooses in the plan how a target's containers are swapped.</summary>
internal static class PlannedSwap
{
    /// <summary>
    /// Chooses. Ports change hands only if this machine can see whether the new version answers on them. An order that somebody typed holds, or
    /// the plan is refused; one that a file names is a wish, and a warning says why it isn't kept. What keeps ending is stopped first in any case.
    /// </summary>
    /// <exception cref="ProException"><c>OrderNotPossible</c>.</exception>
    public static async Task<SwapChoice> ChooseAsync(
        EngineConnection engine,
        DeploymentRequest request,
        ServiceTarget target,
        UpdateOrder? order,
        string? image,
        IProgress<Report> reports,
        CancellationToken cancellationToken)
    {
        var name = target.Containers[0].Name;
        var choice = await new ContainerSwapper(engine, reports).ChooseAsync(name, order, cancellationToken, image).ConfigureAwait(false);
        if (choice.Flow is SwapFlow.WarmDetached or SwapFlow.WarmHeld)
        {
            var old = await new ContainerApi(engine).InspectAsync(name, cancellationToken).ConfigureAwait(false);
            var obstacle = await HealthUrlWarning
                .WhyNotBeforePortsAsync(new ContainerApi(engine), request.HealthUrl, old, image, cancellationToken).ConfigureAwait(false)
                ?? (await FinalAddressCheck.PrepareAsync(engine, old, request.HealthUrl, cancellationToken).ConfigureAwait(false)).Obstacle;
            choice = obstacle is { } reason
                ? SwapFlowSelector.StopFirst([$"{name} is stopped before the new version starts, because {reason}."])
                : choice;
        }

        return request.Order == UpdateOrder.StartFirst && choice.Order != UpdateOrder.StartFirst && !choice.ServesNobody
            ? throw DeploymentErrors.OrderNotPossible(request.Service.Name, choice.Warnings)
            : choice;
    }
}
