using System.Globalization;
using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>The published port that a health URL of the engine's machine names.</summary>
internal static class HostPort
{
    /// <summary>The container whose ports a container has: itself, or whose network it shares; null if it has the host's.</summary>
    public static async Task<ContainerView?> OwnerAsync(ContainerView container, Func<string, Task<ContainerView?>> find)
    {
        const string Shared = "container:";
        var mode = container.NetworkMode;
        if (!mode.StartsWith(Shared, StringComparison.Ordinal))
        {
            return mode == "host" ? null : container;
        }

        return await find(mode[Shared.Length..]).ConfigureAwait(false) ?? container;
    }

    /// <summary>The container's TCP port that is published under a port of the host; null if none is.</summary>
    public static int? InnerPort(ContainerView owner, int hostPort) => Bindings(owner)
        .Where(one => one.HostPort == hostPort).Select(one => (int?)one.Port).FirstOrDefault();

    /// <summary>Throws if a loopback URL names a port that the target doesn't publish: something else would answer it.</summary>
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

    /// <inheritdoc cref="ThrowIfNotPublished(string, Uri, ContainerView?)"/>
    /// <remarks>For a running container; whose network it shares has the ports, and isn't looked at here.</remarks>
    public static void ThrowIfNotPublished(string service, Uri url, ContainerInspectResponse container)
    {
        var mode = container.HostConfig?.NetworkMode ?? "";
        var ports = (container.NetworkSettings?.Ports ?? new Dictionary<string, IList<PortBinding>>())
            .Concat(container.HostConfig?.PortBindings ?? new Dictionary<string, IList<PortBinding>>())
            .Where(port => port.Key.EndsWith("/tcp", StringComparison.Ordinal))
            .SelectMany(port => port.Value ?? [])
            .Select(binding => Number(binding.HostPort ?? ""))
            .Where(port => port > 0)
            .Distinct()
            .Order()
            .ToList();
        if (mode != "host" && !mode.StartsWith("container:", StringComparison.Ordinal) && !ports.Contains(url.Port)
            && container.State?.Running == true)
        {
            throw VerificationErrors.HealthUrlPortNotPublished(
                service, UrlText.Shown(url), url.Port, container.Name?.TrimStart('/') ?? "", ports);
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

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
