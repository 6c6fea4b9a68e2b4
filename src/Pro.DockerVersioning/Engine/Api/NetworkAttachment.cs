using System.Net;
using System.Net.NetworkInformation;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>A network that a container is on, with what the operator has said about it.</summary>
/// <param name="Network">The network's name.</param>
/// <param name="Endpoint">The endpoint's settings: addresses, aliases, links, driver options; nothing that the engine made.</param>
internal sealed record NetworkAttachment(string Network, JsonObject Endpoint)
{
    private const string DefaultBridge = "bridge";

    // What the engine reports of a running endpoint. What is not named here is kept: a newer engine's settings too.
    private static readonly string[] MadeByEngine =
    [
        "EndpointID", "Gateway", "IPAddress", "IPPrefixLen", "IPv6Gateway", "GlobalIPv6Address", "GlobalIPv6PrefixLen",
        "MacAddress", "DNSNames",
    ];

    /// <summary>
    /// The networks of a container, the one that gives it its gateway first: the published ports are bound there, and it must be
    /// the first one to be connected. That is the one of the highest priority (since Engine 28), and then the first by name.
    /// Internal networks, which have no gateway, come last.
    /// </summary>
    public static IReadOnlyList<NetworkAttachment> Of(ContainerView container)
    {
        var mode = container.NetworkMode;
        return mode is "host" or "none" || mode.StartsWith("container:", StringComparison.Ordinal)
            ? []
            : [.. container.Networks
                .OrderByDescending(network => network.Value?["GwPriority"]?.GetValue<long>() ?? 0)
                .ThenBy(network => IsInternal(container, network.Value))
                .ThenBy(network => network.Key, StringComparer.Ordinal)
                .Select(network => new NetworkAttachment(network.Key, Settings(network.Key, network.Value, container)))];
    }

    /// <summary>The network's id when the settings were read; "" if it doesn't count. Two networks may have one name.</summary>
    public string Id => Endpoint.Text("NetworkID");

    /// <summary>By what to ask for the network.</summary>
    public string IdOrName => Id.Length > 0 ? Id : Network;

    /// <summary>The MAC address that the operator has given it there, or "".</summary>
    public string MacAddress => Endpoint.Text("MacAddress");

    /// <summary>True for the engine's default bridge, which knows neither aliases nor fixed addresses.</summary>
    public bool IsDefaultBridge => Network == DefaultBridge;

    /// <summary>The operator's names for it there.</summary>
    public IEnumerable<string> Aliases => Endpoint.Texts("Aliases");

    /// <summary>The address that the operator has given it there, or "".</summary>
    public string FixedAddress => Endpoint["IPAMConfig"].Text("IPv4Address") is { Length: > 0 } address
        ? address
        : Endpoint["IPAMConfig"].Text("IPv6Address");

    /// <summary>The same with other aliases.</summary>
    public NetworkAttachment WithAliases(IEnumerable<string> aliases)
    {
        var endpoint = Endpoint.DeepClone().AsObject();
        _ = endpoint.Remove("Aliases");
        var given = aliases.Distinct(StringComparer.Ordinal).Select(alias => (JsonNode)alias).ToArray();
        if (given.Length > 0)
        {
            endpoint["Aliases"] = new JsonArray(given);
        }

        return this with { Endpoint = endpoint };
    }

    /// <summary>The same for the network that has the name.</summary>
    public NetworkAttachment WithoutId()
    {
        var endpoint = Endpoint.DeepClone().AsObject();
        _ = endpoint.Remove("NetworkID");
        return this with { Endpoint = endpoint };
    }

    /// <summary>Whether <c>HostConfig.NetworkMode</c>, a name or an id, means the network.</summary>
    public static bool IsMeant(string mode, string network, JsonNode? endpoint) =>
        mode == network
        || (network == DefaultBridge && mode is "default" or "")
        || (mode.Length >= 12 && endpoint.Text("NetworkID").StartsWith(mode, StringComparison.Ordinal));

    private static bool IsInternal(ContainerView container, JsonNode? endpoint) =>
        container.IsRunning && endpoint.Text("Gateway").Length == 0 && endpoint.Text("IPv6Gateway").Length == 0;

    private static JsonObject Settings(string network, JsonNode? endpoint, ContainerView container)
    {
        var settings = endpoint?.DeepClone() as JsonObject ?? [];
        foreach (var name in MadeByEngine)
        {
            _ = settings.Remove(name);
        }

        if (MacAddressOf(network, endpoint, container) is { Length: > 0 } mac)
        {
            settings["MacAddress"] = mac;
        }

        if (network == DefaultBridge)
        {
            // The engine refuses aliases and addresses on the default bridge; what it shows there isn't the operator's. It has another id
            // whenever the engine is started.
            _ = settings.Remove("Aliases");
            _ = settings.Remove("IPAMConfig");
            _ = settings.Remove("NetworkID");
        }
        else if (settings["Aliases"] is JsonArray)
        {
            // The engine adds the id by itself, for each new container its own, and the host name before Engine 25. A swap may have added
            // one more.
            string[] own =
            [
                ShortId.Of(container.Id),
                IsAtLeast25(endpoint) ? "" : container.Hostname,
                container.Config["Labels"].Text(ContainerLabels.Alias),
            ];
            var kept = settings.Texts("Aliases").Where(alias => !own.Contains(alias)).ToArray();
            settings["Aliases"] = kept.Length == 0 ? null : new JsonArray([.. kept.Select(alias => JsonValue.Create(alias))]);
        }

        return settings;
    }

    /// <summary>Whether an inspection's network is of Engine 28 or later, by the field that this release has brought.</summary>
    public static bool IsAtLeast28(JsonNode? endpoint) => endpoint?["GwPriority"] is not null;

    private static bool IsAtLeast25(JsonNode? endpoint) => endpoint is JsonObject members && members.ContainsKey("DNSNames");

    /// <summary>
    /// The operator's MAC address on a network. The engine keeps the one on the network of <c>NetworkMode</c> apart. On the others it
    /// shows the operator's and its own in the same place, and takes the operator's there since Engine 25 only. Its own are made from the
    /// IP address up to Engine 27, and are random and locally administered since Engine 28. So what is neither is the operator's; so is
    /// <c>02:42:…</c>, with which a random one hardly ever begins.
    /// </summary>
    private static string MacAddressOf(string network, JsonNode? endpoint, ContainerView container)
    {
        if (IsMeant(container.NetworkMode, network, endpoint))
        {
            return container.MacAddress;
        }

        var shown = endpoint.Text("MacAddress");
        if (!IsAtLeast25(endpoint) || !PhysicalAddress.TryParse(shown.Replace(':', '-'), out var address)
            || address.GetAddressBytes() is not [var first, var second, ..] bytes)
        {
            return "";
        }

        var isDockers = first == 0x02 && second == 0x42;
        var isMadeFromAddress = isDockers && IPAddress.TryParse(endpoint.Text("IPAddress"), out var ip)
            && bytes.AsSpan(2).SequenceEqual(ip.GetAddressBytes());
        return !isMadeFromAddress && (!IsAtLeast28(endpoint) || isDockers || (first & 0x02) == 0) ? shown : "";
    }
}
