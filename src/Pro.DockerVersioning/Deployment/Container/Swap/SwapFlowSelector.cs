using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// Chooses the flow that cuts least. What can't go side by side is stopped first, with a warning that says why: a nightly rollback
/// must not fail for that.
/// </summary>
internal sealed class SwapFlowSelector(ContainerApi calls)
{
    /// <param name="state">The container.</param>
    /// <param name="all">Inspections of all containers; only start-first needs them.</param>
    /// <param name="order">What the service allows; null: nothing is said, and stop-first holds.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <param name="image">The next image, if it is on the engine: its HEALTHCHECK counts too.</param>
    /// <exception cref="ProException">Others are linked to it.</exception>
    public async Task<SwapChoice> ChooseAsync(
        SwapState state, IReadOnlyList<ContainerView> all, UpdateOrder? order, CancellationToken cancellationToken, string? image = null)
    {
        var (old, recipe) = (state.Old, state.Recipe);
        await calls.ThrowIfLinkedAsync(old.Id, state.Name, cancellationToken).ConfigureAwait(false);
        if (order != UpdateOrder.StartFirst)
        {
            return new SwapChoice(SwapFlow.StopFirst, []);
        }

        var restarts = old.Status == "restarting" ? "it is restarting"
            : old.RestartCount == 0 ? null
            : StartFirstObstacles.OfRestarts(old, await calls.NowAsync(cancellationToken).ConfigureAwait(false));
        if (restarts is not null)
        {
            return SwapChoice.StopFirst(state.Name, restarts + ".") with { ServesNobody = true };
        }

        if (old.Status is "created" or "exited" or "dead")
        {
            return new SwapChoice(
                SwapFlow.StopFirst, [$"{state.Name} does not run, so the new version starts without another one beside it."])
            {
                ServesNobody = true,
            };
        }

        var obstacle = StartFirstObstacles.Of(old)
            ?? StartFirstObstacles.OfMacAddress(old, recipe)
            ?? StartFirstObstacles.Of(NamespaceFollowers.Find(all, old.Id, state.Name));
        if (obstacle is not null)
        {
            return SwapChoice.StopFirst(state.Name, obstacle + ".");
        }

        var networks = new List<JsonObject>();
        foreach (var network in recipe.Networks)
        {
            networks.Add(await calls.InspectNetworkAsync(network.IdOrName, cancellationToken).ConfigureAwait(false));
        }

        var next = image is null ? null : await calls.FindImageAsync(image, cancellationToken).ConfigureAwait(false);
        var (flow, reason) = Choose(old, recipe, networks);

        // What an operator has set holds for the next image too.
        if (flow is SwapFlow.StartFirst or SwapFlow.WarmHeld && !recipe.Config["Healthcheck"].Texts("Test").Any())
        {
            reason ??= StartFirstObstacles.OfHealthCheck(recipe, next?["Config"]?["Healthcheck"]);
        }

        return reason is null
            ? new SwapChoice(flow, [.. StartFirstObstacles.Warnings(old, flow)])
            : SwapChoice.StopFirst(state.Name, reason + ".");
    }

    private static (SwapFlow Flow, string? Reason) Choose(ContainerView old, ContainerRecipe recipe, List<JsonObject> networks)
    {
        if (!PublishedPorts.IsAskedFor(old) || !(networks.Count == 0 || networks.Any(PublishedPorts.CanBind)))
        {
            // Where no port can be bound, none changes hands.
            return (SwapFlow.StartFirst, StartFirstObstacles.OnOverlay(networks) ?? StartFirstObstacles.OnOneNetwork(old, recipe));
        }

        if (StartFirstObstacles.ToHandingPortsOver(old, networks) is { } reason)
        {
            return (SwapFlow.StopFirst, reason);
        }

        return networks.Count == 1 && recipe.Networks[0].IsDefaultBridge
            ? (SwapFlow.WarmDetached, null)
            : (SwapFlow.WarmHeld, StartFirstObstacles.OnOneNetwork(old, recipe) ?? StartFirstObstacles.ToHolding(old, networks));
    }
}
