using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// Without a network, and so without ports: its own loopback is enough for a health command. Once it is well, the old one leaves
/// its network and the new one joins it; the ports are bound when a running container joins.
/// </summary>
/// <remarks>For the default bridge: with a network of its own first, it would keep that one's name server.</remarks>
internal sealed class NoNetworkPlacement(ContainerApi calls, SwapState state) : CandidatePlacement(calls, state)
{
    /// <inheritdoc/>
    public override async Task StartAsync(ContainerCreation creation)
    {
        await State.CreateAsync(Calls, creation.Unconnected).ConfigureAwait(false);
        await StartNewAsync().ConfigureAwait(false);
    }

    /// <summary>Never connects the new one before the ports are free: what the engine leaves of a failed call can't be removed.</summary>
    public override async Task HandPortsOverAsync()
    {
        // The one with the gateway last: the ports would move to the next one otherwise.
        foreach (var network in State.Recipe.Networks.Reverse())
        {
            await Calls.DisconnectAsync(network.Network, State.OldId, CancellationToken.None).ConfigureAwait(false);
        }

        foreach (var network in State.Recipe.Networks)
        {
            await Calls.ConnectAsync(network, State.NewId, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
