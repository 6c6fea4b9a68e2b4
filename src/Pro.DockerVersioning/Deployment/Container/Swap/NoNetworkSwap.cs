using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// Without a network, and so without ports: its own loopback is enough for a health command. Once it is well, the old one leaves
/// its network and the new one joins it; the ports are bound when a running container joins.
/// </summary>
/// <remarks>For the default bridge: with a network of its own first, it would keep that one's name server.</remarks>
internal sealed class NoNetworkSwap(SwapOperation operation, SwapState state) : StartFirstSwap(operation, state, SwapFlow.WarmDetached)
{
    protected override Task CreateAsync(ContainerCreation creation) => State.CreateAsync(Calls, creation.Unconnected);

    /// <summary>Never connects the new one before the ports are free: what the engine leaves of a failed call can't be removed.</summary>
    protected override async Task HandPortsOverAsync()
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
