using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>Asks a health URL once at a time. Any 2xx is healthy.</summary>
internal interface IUrlProbe : IDisposable
{
    /// <summary>Asks once.</summary>
    Task<ProbeOutcome> RunAsync(CancellationToken cancellationToken);
}

/// <summary>From where a health URL is asked.</summary>
internal static class UrlProbes
{
    /// <summary>The probe for a container's health URL.</summary>
    public static async Task<IUrlProbe> ForAsync(
        EngineConnection engine, string containerId, Uri url, TimeSpan timeout, CancellationToken cancellationToken) =>
        IsAskedInside(engine.Endpoint, url)
        || (MeansHost(url) && await OwnNetwork.ContainerAsync(engine, cancellationToken).ConfigureAwait(false) is not null)
            ? new InnerUrlProbe(engine, containerId, url, timeout)
            : new UrlProbe(url, timeout);

    /// <summary>
    /// Whether the engine's address says that a URL is asked inside the container. A loopback address means the engine's machine: only the
    /// default socket and Docker Desktop are surely this one.
    /// </summary>
    public static bool IsAskedInside(EngineEndpoint endpoint, Uri url) => MeansHost(url) && !IsThisMachine(endpoint);

    /// <summary>Whether a URL names no machine but the one on which it is read: localhost, a loopback address, or all addresses.</summary>
    public static bool MeansHost(Uri? url) => url is not null && (
        url.IsLoopback || url.IdnHost is "0.0.0.0" or "::" || url.IdnHost.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase));

    private static bool IsThisMachine(EngineEndpoint endpoint) => endpoint.Address.Scheme switch
    {
        "unix" => endpoint.Address.AbsolutePath is "/var/run/docker.sock" or "/run/docker.sock"
            || endpoint.Address.AbsolutePath.EndsWith("/.docker/run/docker.sock", StringComparison.Ordinal)
            || endpoint.Address.AbsolutePath.EndsWith("/.docker/desktop/docker.sock", StringComparison.Ordinal),
        "npipe" => endpoint.Address.AbsolutePath.EndsWith("/docker_engine", StringComparison.OrdinalIgnoreCase)
            || endpoint.Address.AbsolutePath.Contains("/dockerDesktop", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
