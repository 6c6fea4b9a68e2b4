using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>Chooses in the plan how a target's containers are swapped, each of them.</summary>
internal static class PlannedSwap
{
    /// <summary>
    /// Ports change hands only if this machine can see whether the new version answers on them. An order that somebody typed holds, or the
    /// plan is refused; one that a file names is a wish, and a warning says why it isn't kept. What keeps ending is stopped first in any
    /// case.
    /// </summary>
    /// <exception cref="ProException"><c>OrderNotPossible</c>.</exception>
    public static async Task<SwapChoice> ChooseAsync(
        EngineConnection engine,
        DeploymentRequest request,
        ServiceTarget target,
        UpdateOrder? order,
        string? image,
        CancellationToken cancellationToken)
    {
        var calls = new ContainerApi(engine);
        var others = order == UpdateOrder.StartFirst ? await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false) : [];
        var all = new List<(string Name, SwapChoice Choice)>();
        foreach (var container in target.Containers)
        {
            var state = await SwapState.OfAsync(calls, container.Name, cancellationToken).ConfigureAwait(false);
            var choice = await new SwapFlowSelector(calls)
                .ChooseAsync(state, others, order, cancellationToken, image).ConfigureAwait(false);
            if (choice.Flow is SwapFlow.WarmDetached or SwapFlow.WarmHeld
                && await ObstacleAsync(state.Old).ConfigureAwait(false) is { } reason)
            {
                choice = SwapChoice.StopFirst(state.Name, reason + ".");
            }

            choice.ThrowIfNotTyped(request.Order, request.Service.Name);
            all.Add((container.Name, choice));
        }

        return SwapChoice.ForAll(all);

        async Task<string?> ObstacleAsync(ContainerView old) =>
            await HealthUrlWarning.WhyNotBeforePortsAsync(calls, request.HealthUrl, old, image, cancellationToken).ConfigureAwait(false)
                ?? (await FinalAddressCheck.PrepareAsync(engine, old, request.HealthUrl, cancellationToken).ConfigureAwait(false)).Obstacle;
    }
}
