using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Engine;

/// <summary>Tells Docker's engine from others that answer to its API.</summary>
internal static class EngineProduct
{
    /// <summary>Refuses what Podman's API can't be trusted with.</summary>
    /// <exception cref="ProException"><c>PodmanCannotDeploy</c>.</exception>
    public static async Task ThrowIfPodmanAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        if (await PodmanVersionAsync(engine, cancellationToken).ConfigureAwait(false) is { } version)
        {
            throw EngineErrors.PodmanCannotDeploy(engine.Endpoint.ToString(), version);
        }
    }

    /// <summary>The version of Podman that answers; null for Docker's engine.</summary>
    public static async Task<string?> PodmanVersionAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        if (engine.ApiVersion is null)
        {
            _ = await engine.Http.GetAsync("version", cancellationToken).ConfigureAwait(false);
        }

        return engine.Podman;
    }
}
