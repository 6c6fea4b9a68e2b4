using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// Chooses the flow that cuts least. What can't go side by side is stopped first, with a warning that says why: a nightly rollback
/// must not fail for that.
/// </summary>
internal sealed class SwapChooser(ContainerCalls calls)
{
    private const string Warm = "about 0.25 s, requests in flight are cut";

    /// <inheritdoc cref="ContainerSwapper.ChooseAsync"/>
    public async Task<SwapChoice> ChooseAsync(
        string container, UpdateOrder? order, CancellationToken cancellationToken, string? image = null)
    {
        var step = await SwapStep.OfAsync(calls, container, cancellationToken).ConfigureAwait(false);
        step.MustHaveAWayBack();
        if (await calls.LinkedFromAsync(step.OldId, cancellationToken).ConfigureAwait(false) is { Count: > 0 } linked)
        {
            throw ContainerErrors.LinkedFromOthers(step.Name, linked);
        }

        if (order != UpdateOrder.StartFirst)
        {
            return StopFirst([]);
        }

        var reason = SideBySideObstacles.Of(step.Old, step.Recipe)
            ?? await EndlessRestartsAsync(step.Old, cancellationToken).ConfigureAwait(false)
            ?? SideBySideObstacles.OfMacAddress(step.Old, step.Recipe)
            ?? SideBySideObstacles.Of(await FollowersAsync(step, cancellationToken).ConfigureAwait(false));
        if (reason is not null)
        {
            return StopFirst([$"{step.Name} is stopped before the new version starts, because {reason}."]);
        }

        var networks = new List<JsonObject>();
        foreach (var network in step.Recipe.Networks)
        {
            networks.Add(await calls.InspectNetworkAsync(network.IdOrName, cancellationToken).ConfigureAwait(false));
        }

        var next = image is null ? null : await calls.FindImageAsync(image, cancellationToken).ConfigureAwait(false);
        return Choose(step, networks, next?["Config"]?["Healthcheck"]);
    }

    private async Task<string?> EndlessRestartsAsync(JsonObject old, CancellationToken cancellationToken) =>
        InspectJson.IsNothing(old["RestartCount"])
            ? null
            : SideBySideObstacles.OfRestarts(old, await calls.NowAsync(cancellationToken).ConfigureAwait(false));

    private static SwapChoice Choose(SwapStep step, List<JsonObject> networks, JsonNode? nextCheck)
    {
        // Where no port can be bound, none changes hands.
        var (flow, reason) = PublishedPorts.IsAskedFor(step.Old) && (networks.Count == 0 || networks.Any(PublishedPorts.CanBind))
            ? ChooseWarm(step, networks)
            : (SwapFlow.StartFirst, SideBySideObstacles.OnOneNetwork(step.Old, step.Recipe));
        if (flow is SwapFlow.StartFirst or SwapFlow.WarmHeld && !SaysTheOperator(step.Recipe))
        {
            reason ??= SideBySideObstacles.OfHealthCheck(step.Recipe, nextCheck);
        }

        return reason is not null
            ? StopFirst([$"{step.Name} is stopped before the new version starts, because {reason}."])
            : new SwapChoice(
                flow,
                UpdateOrder.StartFirst,
                flow == SwapFlow.StartFirst ? "no request is cut" : Warm,
                [.. SideBySideObstacles.Warnings(step.Old, flow)]);
    }

    private static (SwapFlow Flow, string? Reason) ChooseWarm(SwapStep step, List<JsonObject> networks)
    {
        if (SideBySideObstacles.ToHandingPortsOver(step.Old, networks) is { } reason)
        {
            return (SwapFlow.StopFirst, reason);
        }

        if (networks.Count == 1 && step.Recipe.Networks[0].IsDefaultBridge)
        {
            return (SwapFlow.WarmDetached, null);
        }

        return (SwapFlow.WarmHeld, SideBySideObstacles.OnOneNetwork(step.Old, step.Recipe) ?? SideBySideObstacles.ToHolding(networks));
    }

    // What an operator has set holds for the next image too.
    private static bool SaysTheOperator(ContainerRecipe recipe) => (recipe.Config["Healthcheck"]).Texts("Test").Any();

    private static SwapChoice StopFirst(IReadOnlyList<string> warnings) =>
        new(SwapFlow.StopFirst, UpdateOrder.StopFirst, "about 1 s plus the start of the new version", warnings);

    private async Task<IReadOnlyList<JsonObject>> FollowersAsync(SwapStep step, CancellationToken cancellationToken) =>
        ContainerFollowers.Find(await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false), step.OldId, step.Name);
}
