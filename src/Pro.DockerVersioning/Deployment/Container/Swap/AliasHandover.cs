using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// The names by which other containers ask for a service go from one container to another that runs beside it. The engine fixes
/// aliases when a container is connected, so it leaves its network and comes back. The new one has them before the old one loses
/// them; in between the engine's name server gives both addresses.
/// </summary>
internal sealed class AliasHandover(ContainerApi calls)
{
    /// <summary>
    /// Gives the new one the aliases and, as one more alias, the name, so that nobody asks in vain while the name goes over too.
    /// </summary>
    /// <returns>True if it has another address now, and its open connections are lost.</returns>
    public async Task<bool> GiveAsync(SwapState state)
    {
        var isMoved = false;
        foreach (var network in state.Recipe.Networks.Where(network => !network.IsDefaultBridge))
        {
            var before = await AddressAsync(network, state.NewId).ConfigureAwait(false);
            await ReconnectAsync(network.WithAliases(network.Aliases.Append(state.Name)), state.NewId).ConfigureAwait(false);
            isMoved |= before != await AddressAsync(network, state.NewId).ConfigureAwait(false);
        }

        return isMoved;
    }

    /// <summary>
    /// Takes the aliases from the old one, so that no one new comes while it ends its work. Where it might get another address, it
    /// keeps them: to be asked a little longer is less than to cut its connections.
    /// </summary>
    public async Task TakeAsync(SwapState state)
    {
        foreach (var network in state.Recipe.Networks.Where(network => network.Aliases.Any()))
        {
            var inspection = await calls.InspectNetworkAsync(network.Network, CancellationToken.None).ConfigureAwait(false);
            if (AddressPrediction.Stays(inspection, await EndpointAsync(network, state.OldId).ConfigureAwait(false)))
            {
                await ReconnectAsync(network.WithAliases([]), state.OldId).ConfigureAwait(false);
            }
        }
    }

    private async Task ReconnectAsync(NetworkAttachment network, string container)
    {
        await calls.DisconnectAsync(network.Network, container, CancellationToken.None).ConfigureAwait(false);
        await calls.ConnectAsync(network, container, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task<string> AddressAsync(NetworkAttachment network, string container) =>
        (await EndpointAsync(network, container).ConfigureAwait(false)).Text("IPAddress");

    private async Task<JsonNode?> EndpointAsync(NetworkAttachment network, string container) =>
        (await calls.InspectAsync(container, CancellationToken.None).ConfigureAwait(false)).Networks[network.Network];
}
