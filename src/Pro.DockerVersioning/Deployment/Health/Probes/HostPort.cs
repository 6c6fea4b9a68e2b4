using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>The published port that a health URL of the engine's machine names.</summary>
internal static class HostPort
{
    /// <summary>How the network mode begins of a container that shares another one's network.</summary>
    public const string Shared = "container:";

    /// <summary>The container whose ports a container has: itself, or whose network it shares; null if it has the host's.</summary>
    public static async Task<ContainerView?> OwnerAsync(ContainerView container, Func<string, Task<ContainerView?>> find)
    {
        var mode = container.NetworkMode;
        if (!mode.StartsWith(Shared, StringComparison.Ordinal))
        {
            return mode == "host" ? null : container;
        }

        return await find(mode[Shared.Length..]).ConfigureAwait(false) ?? container;
    }

    /// <summary>The TCP port that a container, running or not, publishes under a port of the host; null if none is.</summary>
    public static int? InnerPort(ContainerView owner, int hostPort) => Bindings(owner)
        .Where(one => one.HostPort == hostPort).Select(one => (int?)one.Port).FirstOrDefault();

    /// <summary>
    /// Throws if a loopback URL names a port that the target doesn't publish: something else would answer it. See <see cref="OwnerAsync"/>.
    /// </summary>
    /// <exception cref="ProException"><c>HealthUrlPortNotPublished</c>.</exception>
    public static void ThrowIfNotPublished(string service, Uri url, ContainerView? owner)
    {
        if (UrlProbes.MeansHost(url) && owner is { } found && InnerPort(found, url.Port) is null)
        {
            int[] ports = [.. Bindings(found).Select(one => one.HostPort).Distinct().Order()];
            throw VerificationErrors.HealthUrlPortNotPublished(
                service, UrlText.Shown(url), url.Port, found.Name, ports);
        }
    }

    // A container that doesn't run has its ports in its configuration only; one that runs may have got them from the engine.
    private static IEnumerable<(int Port, int HostPort)> Bindings(ContainerView owner) =>
        from port in owner.Ports.Concat(owner.PortBindings)
        where port.Key.EndsWith("/tcp", StringComparison.Ordinal)
        from binding in port.Value as JsonArray ?? []
        let host = Number(binding.Text("HostPort"))
        let inner = Number(port.Key[..^4])
        where host > 0 && inner > 0
        select (inner, host);

    public static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
