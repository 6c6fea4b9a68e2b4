using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// Chooses the flow that cuts least. What can't go side by side is stopped first, with a warning that says why: a nightly rollback
/// must not fail for that.
/// </summary>
internal sealed class SwapChooser(ContainerCalls calls)
{
    private const string Warm = "about 0.25 s, requests in flight are cut";

    /// <inheritdoc cref="ContainerSwapper.ChooseAsync"/>
    public async Task<SwapChoice> ChooseAsync(string container, UpdateOrder? order, CancellationToken cancellationToken)
    {
        var step = await SwapStep.OfAsync(calls, container, cancellationToken).ConfigureAwait(false);
        step.MustHaveAWayBack();
        if (order != UpdateOrder.StartFirst)
        {
            return StopFirst([]);
        }

        var reason = SideBySideObstacles.Of(step.Old, step.Recipe)
            ?? SideBySideObstacles.Of(await FollowersAsync(step, cancellationToken).ConfigureAwait(false));
        if (reason is not null)
        {
            return StopFirst([$"{step.Name} is stopped before the new version starts, because {reason}."]);
        }

        var networks = new List<JsonObject>();
        foreach (var network in step.Recipe.Networks)
        {
            networks.Add(await calls.InspectNetworkAsync(network.Network, cancellationToken).ConfigureAwait(false));
        }

        return Choose(step, networks);
    }

    private static SwapChoice Choose(SwapStep step, IReadOnlyList<JsonObject> networks)
    {
        var (flow, reason) = PublishedPorts.IsAskedFor(step.Old)
            ? ChooseWarm(step, networks)
            : (SwapFlow.StartFirst, SideBySideObstacles.OnOneNetwork(step.Old, step.Recipe));
        return reason is not null
            ? StopFirst([$"{step.Name} is stopped before the new version starts, because {reason}."])
            : new SwapChoice(
                flow,
                UpdateOrder.StartFirst,
                flow == SwapFlow.StartFirst ? "no request is cut" : Warm,
                [.. SideBySideObstacles.Warnings(step.Old, flow)]);
    }

    private static (SwapFlow Flow, string? Reason) ChooseWarm(SwapStep step, IReadOnlyList<JsonObject> networks)
    {
        if (SideBySideObstacles.ToHandingPortsOver(step.Old, networks) is { } reason)
        {
            return (SwapFlow.StopFirst, reason);
        }

        if (networks.Count == 1 && step.Recipe.Networks[0].IsDefaultBridge)
        {
            return (SwapFlow.WarmDetached, null);
        }

        // Alone on its network, nobody there can be what it needs to start.
        var hasPeers = networks.Any(network => network.Members("Containers").Any(other => other.Key != step.OldId));
        return networks.Count == 1 && !hasPeers
            ? (SwapFlow.WarmStaged, null)
            : (SwapFlow.WarmHeld, SideBySideObstacles.OnOneNetwork(step.Old, step.Recipe) ?? SideBySideObstacles.ToHolding(networks));
    }

    private static SwapChoice StopFirst(IReadOnlyList<string> warnings) =>
        new(SwapFlow.StopFirst, UpdateOrder.StopFirst, "about 1 s plus the start of the new version", warnings);

    private async Task<IReadOnlyList<JsonObject>> FollowersAsync(SwapStep step, CancellationToken cancellationToken) =>
        ContainerFollowers.Find(await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false), step.OldId, step.Name);
}
