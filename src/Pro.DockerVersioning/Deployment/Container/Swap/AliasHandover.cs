using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
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
            if (KeepsAddress(inspection, await EndpointAsync(network, state.OldId).ConfigureAwait(false)))
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

    /// <summary>
    /// Whether a container that leaves a network and comes back at once has its address again for certain, unless somebody else comes
    /// between. If so, its open connections live on: what is sent meanwhile is sent once more (tried). The engine gives the lowest free
    /// address.
    /// </summary>
    private static bool KeepsAddress(JsonObject network, JsonNode? endpoint)
    {
        if (endpoint?["IPAMConfig"].Text("IPv4Address") is { Length: > 0 })
        {
            return true;
        }

        var pool = network["IPAM"].Elements("Config")
            .FirstOrDefault(config => !config.Text("Subnet").Contains(':', StringComparison.Ordinal));
        var subnet = pool.Text("IPRange") is { Length: > 0 } range ? range : pool.Text("Subnet");
        if (!IPNetwork.TryParse(subnet, out var parsed) || !IPAddress.TryParse(endpoint.Text("IPAddress"), out var own))
        {
            return false;
        }

        var taken = network.Members("Containers").Select(container => container.Value.Text("IPv4Address").Split('/')[0])
            .Append(pool.Text("Gateway"))
            .Concat(pool.Members("AuxiliaryAddresses").Select(address => address.Value?.GetValue<string>() ?? ""))
            .Select(text => IPAddress.TryParse(text, out var address) ? Number(address) : 0)
            .ToHashSet();
        var address = Number(parsed.BaseAddress) + (subnet == pool.Text("Subnet") ? 1u : 0u);
        if (pool.Text("Gateway").Length == 0)
        {
            // Not said, and so the first one; the engine doesn't show it.
            _ = taken.Add(address);
        }

        while (address < Number(own) && taken.Contains(address))
        {
            address++;
        }

        return address == Number(own);
    }

    private static uint Number(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork ? BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()) : 0;
}
