using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Registry;

/// <summary>
/// The registries that an engine's operator lists as insecure, by name or by network: plain HTTP and any certificate are taken there. The
/// engine's own rule: what it knows by name goes by that, all else by the addresses that its name resolves to.
/// </summary>
internal sealed class InsecureRegistries
{
    private readonly Dictionary<string, bool> _named = new(StringComparer.Ordinal);
    private readonly List<(IPAddress Address, int Length)> _networks = [];
    private readonly ConcurrentDictionary<string, bool> _asked = new(StringComparer.OrdinalIgnoreCase);
    private readonly Func<string, IPAddress[]> _resolve;

    private InsecureRegistries(Func<string, IPAddress[]> resolve) => _resolve = resolve;

    /// <summary>Reads what an engine says of itself.</summary>
    /// <param name="info">The answer of <c>GET /info</c>.</param>
    /// <param name="resolve">Finds a host's addresses; left out: the system's.</param>
    public static InsecureRegistries Of(JsonObject info, Func<string, IPAddress[]>? resolve = null)
    {
        var result = new InsecureRegistries(resolve ?? Dns.GetHostAddresses);
        var config = info["RegistryConfig"] as JsonObject;
        foreach (var (host, index) in config?["IndexConfigs"] as JsonObject ?? [])
        {
            result._named[host] = (index as JsonObject)?["Secure"]?.GetValue<bool>() != false;
        }

        foreach (var network in (config?["InsecureRegistryCIDRs"] as JsonArray)?.Select(network => network?.GetValue<string>()) ?? [])
        {
            if (IpNetworkText.TryParse(network, out var address, out var length))
            {
                result._networks.Add((address, length));
            }
        }

        return result;
    }

    /// <summary>Whether a host is insecure, with its port where it has one.</summary>
    public bool Contains(string host) => _named.TryGetValue(host, out var isSecure) ? !isSecure : _asked.GetOrAdd(host, IsInNetwork);

    private bool IsInNetwork(string host)
    {
        if (_networks.Count == 0 || !Uri.TryCreate($"https://{host}/", UriKind.Absolute, out var address))
        {
            return false;
        }

        try
        {
            var addresses = IPAddress.TryParse(address.IdnHost, out var one) ? [one] : _resolve(address.IdnHost);
            return addresses.Any(own => _networks.Exists(network => IpNetworkText.Contains(network.Address, network.Length, own)));
        }
        catch (SocketException)
        {
            // The engine may resolve what we can't; the question itself will tell.
            return false;
        }
    }
}
