using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>The image that a service is to run.</summary>
internal sealed record SwarmTarget(string Reference, string? Digest, string? LocalId)
{
    /// <summary>The reference without its digest, as people name it.</summary>
    public string Name => NameOf(Reference);

    /// <summary>Finds out what to deploy.</summary>
    /// <exception cref="ProException">It is nowhere, or has no digest where the swarm needs one.</exception>
    public static async Task<SwarmTarget> ResolveAsync(
        SwarmApi api,
        string text,
        SwarmUpdateOptions options,
        SwarmProgress progress,
        CancellationToken cancellationToken)
    {
        var reference = ImageReference.Parse(text);
        var local = await SwarmDigests.InspectAsync(api.Engine, text, cancellationToken).ConfigureAwait(false);
        var digest = await SwarmDigests.ResolveDigestAsync(api.Engine, reference, options.Credential, cancellationToken)
            .ConfigureAwait(false);
        if (digest is not null)
        {
            if (local is not null && reference.Digest is null && SwarmDigests.DigestOf(local, reference) is null)
            {
                progress.Warn(
                    $"The registry's {text} is deployed ({digest}); this engine's own image of that name was never pushed from here.");
                local = await SwarmDigests.InspectAsync(api.Engine, $"{reference.Name}@{digest}", cancellationToken).ConfigureAwait(false);
            }

            var tagged = reference.Tag is null ? reference.Name : $"{reference.Name}:{reference.Tag}";
            return new SwarmTarget($"{tagged}@{digest}", digest, local?.ID);
        }

        if (local is null)
        {
            throw SwarmErrors.ImageNotFound(text);
        }

        var nodes = await api.CountNodesAsync(cancellationToken).ConfigureAwait(false);
        if (nodes != 1)
        {
            throw SwarmErrors.ImageWithoutDigest(text, nodes);
        }

        progress.Warn($"{text} has no digest in a registry: this swarm of one node runs what is here. It couldn't on a second node.");
        return new SwarmTarget(text, null, local.ID);
    }

    /// <summary>A reference without its digest.</summary>
    public static string NameOf(string reference) =>
        reference.IndexOf('@', StringComparison.Ordinal) is > 0 and var at ? reference[..at] : reference;

    /// <summary>Whether a specification's text names the same repository and tag.</summary>
    public bool HasSameTag(string text) =>
        ImageReference.TryParse(NameOf(text), out var other) && ImageReference.TryParse(Name, out var own) && own.Equals(other);
}
