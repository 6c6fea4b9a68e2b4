using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>A published TCP port, and where this machine reaches it.</summary>
internal sealed record PublishedAddress(string Port, string Host, int HostPort)
{
    private const string Tcp = "/tcp";

    public string Text => string.Create(
        CultureInfo.InvariantCulture, $"{(Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host)}:{HostPort}");

    /// <summary>
    /// Those of a running container that this machine can reach by what the engine's endpoint says: none of a port that is bound to the
    /// loopback of another machine.
    /// </summary>
    public static IReadOnlyList<PublishedAddress> Of(EngineEndpoint endpoint, ContainerView container)
    {
        var engineHost = endpoint.IsLocal ? null : endpoint.Address.Host;
        var bindings =
            from port in container.Ports
            where port.Key.EndsWith(Tcp, StringComparison.Ordinal)
            from binding in port.Value as JsonArray ?? []
            let number = Probes.HostPort.Number(binding.Text("HostPort"))
            let host = HostOf(binding.Text("HostIp"), engineHost)
            where number > 0 && host is not null
            select new PublishedAddress(port.Key, host, number);

        // A port of all addresses stands there twice, for IPv4 and for IPv6: one is enough.
        return
        [
            .. bindings
                .OrderBy(address => address.Host.Contains(':', StringComparison.Ordinal))
                .DistinctBy(address => (address.Port, address.HostPort)),
        ];
    }

    private static string? HostOf(string bound, string? engineHost)
    {
        if (bound.Length == 0)
        {
            bound = "0.0.0.0";
        }

        if (!IPAddress.TryParse(bound, out var address))
        {
            return bound;
        }

        return address.Equals(IPAddress.Any) ? engineHost ?? "127.0.0.1"
            : address.Equals(IPAddress.IPv6Any) ? engineHost ?? "::1"
            : IPAddress.IsLoopback(address) && engineHost is not null ? null
            : address.ToString();
    }
}
