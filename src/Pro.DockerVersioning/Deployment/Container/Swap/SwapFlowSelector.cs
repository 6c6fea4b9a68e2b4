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
    private const string Warm = "about 0.25 s, requests in flight are cut";

    /// <summary>Chooses; looks only.</summary>
    /// <param name="state">The container.</param>
    /// <param name="all">Inspections of all containers; only start-first needs them.</param>
    /// <param name="order">What the service allows; null: nothing is said, and stop-first holds.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <param name="image">The next image, if it is on the engine: its HEALTHCHECK counts too.</param>
    /// <exception cref="ProException">Others are linked to it.</exception>
    public async Task<SwapChoice> ChooseAsync(
        SwapState state, IReadOnlyList<ContainerView> all, UpdateOrder? order, CancellationToken cancellationToken, string? image = null)
    {
        await calls.ThrowIfLinkedAsync(state.OldId, state.Name, cancellationToken).ConfigureAwait(false);

        if (order != UpdateOrder.StartFirst)
        {
            return StopFirst([]);
        }

        if (await EndlessRestartsAsync(state.Old, cancellationToken).ConfigureAwait(false) is { } restarts)
        {
            return StopFirst([$"{state.Name} is stopped before the new version starts, because {restarts}."]) with { ServesNobody = true };
        }

        if (state.Old.Status is "created" or "exited" or "dead")
        {
            return StopFirst([$"{state.Name} does not run, so the new version starts without another one beside it."]) with
            {
                ServesNobody = true,
            };
        }

        var reason = StartFirstObstacles.Of(state.Old)
            ?? StartFirstObstacles.OfMacAddress(state.Old, state.Recipe)
            ?? StartFirstObstacles.Of(NamespaceFollowers.Find(all, state.OldId, state.Name));
        if (reason is not null)
        {
            return StopFirst([$"{state.Name} is stopped before the new version starts, because {reason}."]);
        }

        var networks = new List<JsonObject>();
        foreach (var network in state.Recipe.Networks)
        {
            networks.Add(await calls.InspectNetworkAsync(network.IdOrName, cancellationToken).ConfigureAwait(false));
        }

        var next = image is null ? null : await calls.FindImageAsync(image, cancellationToken).ConfigureAwait(false);
        return Choose(state, networks, next?["Config"]?["Healthcheck"]);
    }

    /// <summary>The old one first, with the reasons.</summary>
    public static SwapChoice StopFirst(IReadOnlyList<string> warnings) =>
        new(SwapFlow.StopFirst, UpdateOrder.StopFirst, "about 1 s plus the start of the new version", warnings);

    private async Task<string?> EndlessRestartsAsync(ContainerView old, CancellationToken cancellationToken) =>
        old.Status == "restarting" ? "it is restarting"
            : old.RestartCount == 0 ? null
            : StartFirstObstacles.OfRestarts(old, await calls.NowAsync(cancellationToken).ConfigureAwait(false));

    private static SwapChoice Choose(SwapState state, List<JsonObject> networks, JsonNode? nextCheck)
    {
        // Where no port can be bound, none changes hands.
        var (flow, reason) = PublishedPorts.IsAskedFor(state.Old) && (networks.Count == 0 || networks.Any(PublishedPorts.CanBind))
            ? ChooseWarm(state, networks)
            : (SwapFlow.StartFirst, StartFirstObstacles.OnOverlay(networks) ?? StartFirstObstacles.OnOneNetwork(state.Old, state.Recipe));
        if (flow is SwapFlow.StartFirst or SwapFlow.WarmHeld && !SaysTheOperator(state.Recipe))
        {
            reason ??= StartFirstObstacles.OfHealthCheck(state.Recipe, nextCheck);
        }

        return reason is not null
            ? StopFirst([$"{state.Name} is stopped before the new version starts, because {reason}."])
            : new SwapChoice(
                flow,
                UpdateOrder.StartFirst,
                flow == SwapFlow.StartFirst ? "no request is cut" : Warm,
                [.. StartFirstObstacles.Warnings(state.Old, flow)]);
    }

    private static (SwapFlow Flow, string? Reason) ChooseWarm(SwapState state, List<JsonObject> networks)
    {
        if (StartFirstObstacles.ToHandingPortsOver(state.Old, networks) is { } reason)
        {
            return (SwapFlow.StopFirst, reason);
        }

        if (networks.Count == 1 && state.Recipe.Networks[0].IsDefaultBridge)
        {
            return (SwapFlow.WarmDetached, null);
        }

        var shared = StartFirstObstacles.OnOneNetwork(state.Old, state.Recipe);
        return (SwapFlow.WarmHeld, shared ?? StartFirstObstacles.ToHolding(state.Old, networks));
    }

    // What an operator has set holds for the next image too.
    private static bool SaysTheOperator(ContainerRecipe recipe) => (recipe.Config["Healthcheck"]).Texts("Test").Any();
}
