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
        var state = await SwapState.OfAsync(calls, container, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<JsonObject> all = order == UpdateOrder.StartFirst ? await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false) : [];
        return await ChooseAsync(state, all, order, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Chooses by what was looked at already.</summary>
    /// <param name="state">The container.</param>
    /// <param name="all">Inspections of all containers.</param>
    /// <param name="order">What the service allows.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task<SwapChoice> ChooseAsync(
        SwapState state, IReadOnlyList<JsonObject> all, UpdateOrder? order, CancellationToken cancellationToken)
    {
        if (order != UpdateOrder.StartFirst)
        {
            return StopFirst([]);
        }

        var reason = SideBySideObstacles.Of(state.Old)
            ?? SideBySideObstacles.Of(ContainerFollowers.Find(all, state.OldId, state.Name));
        if (reason is not null)
        {
            return StopFirst([$"{state.Name} is stopped before the new version starts, because {reason}."]);
        }

        var networks = new List<JsonObject>();
        foreach (var network in state.Recipe.Networks)
        {
            networks.Add(await calls.InspectNetworkAsync(network.Network, cancellationToken).ConfigureAwait(false));
        }

        return Choose(state, networks);
    }

    private static SwapChoice Choose(SwapState state, IReadOnlyList<JsonObject> networks)
    {
        var (flow, reason) = PublishedPorts.IsAskedFor(state.Old)
            ? ChooseWarm(state, networks)
            : (SwapFlow.StartFirst, SideBySideObstacles.OnOneNetwork(state.Old, state.Recipe));
        return reason is not null
            ? StopFirst([$"{state.Name} is stopped before the new version starts, because {reason}."])
            : new SwapChoice(
                flow,
                UpdateOrder.StartFirst,
                flow == SwapFlow.StartFirst ? "no request is cut" : Warm,
                [.. SideBySideObstacles.Warnings(state.Old, flow)]);
    }

    private static (SwapFlow Flow, string? Reason) ChooseWarm(SwapState state, IReadOnlyList<JsonObject> networks)
    {
        if (SideBySideObstacles.ToHandingPortsOver(state.Old, networks) is { } reason)
        {
            return (SwapFlow.StopFirst, reason);
        }

        if (networks.Count == 1 && state.Recipe.Networks[0].IsDefaultBridge)
        {
            return (SwapFlow.WarmDetached, null);
        }

        return (SwapFlow.WarmHeld, SideBySideObstacles.OnOneNetwork(state.Old, state.Recipe) ?? SideBySideObstacles.ToHolding(networks));
    }

    /// <summary>The old one first, with the reasons.</summary>
    public static SwapChoice StopFirst(IReadOnlyList<string> warnings) =>
        new(SwapFlow.StopFirst, UpdateOrder.StopFirst, "about 1 s plus the start of the new version", warnings);
}
