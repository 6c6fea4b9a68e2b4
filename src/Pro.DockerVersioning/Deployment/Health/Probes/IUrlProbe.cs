using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

internal enum ProbeVerdict
{
    Well,

    /// <summary>It is not well, or not yet.</summary>
    NotWell,

    /// <summary>The check could not be made; it says nothing.</summary>
    CannotRun,
}

internal sealed record ProbeOutcome(ProbeVerdict Verdict, string Text);

/// <summary>Asks a health URL once at a time. Any 2xx is healthy.</summary>
internal interface IUrlProbe
{
    Task<ProbeOutcome> RunAsync(CancellationToken cancellationToken);
}

/// <summary>From where a health URL is asked.</summary>
internal static class UrlProbes
{
    public static readonly TimeSpan RequestTime = TimeSpan.FromSeconds(5);

    /// <summary>The probe for a container's health URL, as seen from the engine's machine.</summary>
    public static async Task<IUrlProbe> ForAsync(
        EngineConnection engine, string containerId, Uri url, CancellationToken cancellationToken) =>
        IsAskedInside(engine.Endpoint, url)
        || (MeansHost(url) && await OwnContainerAsync(engine, cancellationToken).ConfigureAwait(false) is not null)
            ? new InnerUrlProbe(engine, containerId, url)
            : new UrlProbe(url);

    /// <summary>
    /// Whether the engine's address says that a URL is asked inside the container. A loopback address means the engine's machine: only the
    /// default socket and Docker Desktop are surely this one.
    /// </summary>
    public static bool IsAskedInside(EngineEndpoint endpoint, Uri url) => MeansHost(url) && !IsThisMachine(endpoint);

    /// <summary>Whether a URL names no machine but the one on which it is read: localhost, a loopback address, or all addresses.</summary>
    public static bool MeansHost(Uri? url) => url is not null && (
        url.IsLoopback || url.IdnHost is "0.0.0.0" or "::" || url.IdnHost.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// The name of the engine's container in which this command runs, as a CI job with the engine's socket does: its loopback address is
    /// not the engine's machine. Null if it runs in none, or in one with the network of the engine's machine.
    /// </summary>
    public static async Task<string?> OwnContainerAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        var calls = new ContainerApi(engine);
        if (!engine.Endpoint.IsLocal || engine.Endpoint.OwnContainer is not { } id
            || await calls.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } own)
        {
            return null;
        }

        var owner = await HostPort.OwnerAsync(own, one => calls.FindAsync(one, cancellationToken)).ConfigureAwait(false);
        return owner is null or { NetworkMode: "host" } ? null : own.Name;
    }

    private static bool IsThisMachine(EngineEndpoint endpoint)
    {
        var path = endpoint.Address.AbsolutePath;
        return endpoint.Address.Scheme switch
        {
            "unix" => path is "/var/run/docker.sock" or "/run/docker.sock"
                || path.EndsWith("/.docker/run/docker.sock", StringComparison.Ordinal)
                || path.EndsWith("/.docker/desktop/docker.sock", StringComparison.Ordinal),
            "npipe" => path.EndsWith("/docker_engine", StringComparison.OrdinalIgnoreCase)
                || path.Contains("/dockerDesktop", StringComparison.OrdinalIgnoreCase),
            _ => false,
        };
    }
}
