using System.Text.Json.Nodes;
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
    public static async Task<string?> PodmanVersionAsync(EngineConnection engine, CancellationToken cancellationToken) =>
        PodmanVersion(await engine.Http.GetAsync("version", cancellationToken).ConfigureAwait(false));

    /// <summary>Podman's version, out of an answer to <c>GET /version</c>; null for Docker's engine. Pure.</summary>
    public static string? PodmanVersion(JsonObject version) => (version["Components"] as JsonArray ?? [])
        .Where(component => Text(component?["Name"]).Contains("podman", StringComparison.OrdinalIgnoreCase))
        .Select(component => Text(component?["Version"])).FirstOrDefault();

    private static string Text(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : "";
}
