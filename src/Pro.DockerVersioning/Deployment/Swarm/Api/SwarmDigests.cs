using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>Finds the digest under which every node of a swarm gets the same image.</summary>
internal static class SwarmDigests
{
    /// <summary>
    /// The digest of an image in its registry: the reference's own; else under which this engine pushed or pulled it; else what the
    /// registry has under the tag; null if it has none.
    /// </summary>
    /// <exception cref="ProException">The registry has to be asked, and can't be.</exception>
    public static async Task<string?> ResolveDigestAsync(
        EngineConnection engine,
        ImageReference reference,
        RegistryCredential? credential,
        CancellationToken cancellationToken)
    {
        if (reference.Digest is { } given)
        {
            return given;
        }

        var local = await new ContainerApi(engine).FindImageAsync(reference.ToString(), cancellationToken).ConfigureAwait(false);
        if (DigestOf(local, reference) is { } known)
        {
            return known;
        }

        try
        {
            return await EngineRegistryLookup.DigestAsync(engine, reference, credential, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException) when (local is not null)
        {
            // Built here and never pushed, and perhaps there is no such registry at all: it has no digest.
            return null;
        }
    }

    /// <summary>The digest of an inspected image in a repository, as this engine knows it from a push or pull; or null.</summary>
    public static string? DigestOf(JsonObject? image, ImageReference repository) => image.Texts("RepoDigests")
        .Select(text => ImageReference.TryParse(text, out var digest) && digest.SameRepository(repository) ? digest.Digest : null)
        .FirstOrDefault(digest => digest is not null);
}
