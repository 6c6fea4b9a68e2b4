using System.Net;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// Whether a container that leaves a network and comes back at once has its address again. If so, its open connections live on:
/// what is sent meanwhile is sent once more (tried). The engine gives the lowest free address.
/// </summary>
internal static class AddressPrediction
{
    /// <summary>True if it is certain, unless somebody else comes between.</summary>
    /// <param name="network">The network's inspection.</param>
    /// <param name="endpoint">The container's endpoint there, of its inspection.</param>
    public static bool Stays(JsonObject network, JsonNode? endpoint)
    {
        if (endpoint?["IPAMConfig"].Text("IPv4Address") is { Length: > 0 })
        {
            return true;
        }

        var pool = network["IPAM"].Elements("Config").FirstOrDefault(config => !config.Text("Subnet").Contains(':', StringComparison.Ordinal));
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

    private static uint Number(IPAddress address) => address.GetAddressBytes() is { Length: 4 } bytes
        ? ((uint)bytes[0] << 24) | ((uint)bytes[1] << 16) | ((uint)bytes[2] << 8) | bytes[3]
        : 0;
}
