using Docker.DotNet;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// What a registry has, asked by way of the engine: it has the certificates, proxies and names by which it will push and pull.
/// </summary>
internal static class EngineRegistryLookup
{
    /// <summary>The digest under a reference in its registry; null if the registry has no such thing.</summary>
    /// <exception cref="ProException">The registry can't be reached, or refuses.</exception>
    public static async Task<string?> DigestAsync(
        EngineConnection engine,
        ImageReference reference,
        RegistryCredential? credential,
        CancellationToken cancellationToken)
    {
        using var client = engine.WithHeader("X-Registry-Auth", credential?.ToRegistryAuth() ?? RegistryCredential.AnonymousRegistryAuth);
        try
        {
            var response = await client.Distribution.InspectAsync(reference.ToString(), cancellationToken).ConfigureAwait(false);
            return response.Descriptor.Digest;
        }
        catch (DockerApiException refused)
        {
            var message = EngineFaults.MessageOf(refused);
            if (IsNotThere(message))
            {
                return null;
            }

            throw RegistryErrors.FromEngineMessage(message, reference.ToString(), credential is not null, refused);
        }
        catch (Exception exception) when (EngineFaults.Translate(exception, engine.Endpoint) is { } translated)
        {
            throw translated;
        }
    }

    private static bool IsNotThere(string message) =>
        message.Contains("manifest unknown", StringComparison.OrdinalIgnoreCase)
        || message.Contains("name unknown", StringComparison.OrdinalIgnoreCase)
        || message.Contains("not found", StringComparison.OrdinalIgnoreCase)
        || message.Contains("repository name not known", StringComparison.OrdinalIgnoreCase);
}
