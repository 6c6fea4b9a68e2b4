using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>
/// The image that a service is to run: its text in the specification, with a digest but on a swarm of one node; and its id, if it is on
/// this engine.
/// </summary>
internal sealed record SwarmTarget(string Reference, string? Digest, string? LocalId)
{
    /// <exception cref="ProException">It is nowhere, or has no digest where the swarm needs one.</exception>
    public static async Task<SwarmTarget> ResolveAsync(
        SwarmApi api,
        string text,
        SwarmUpdateOptions options,
        SwarmProgress progress,
        CancellationToken cancellationToken)
    {
        var calls = new ContainerApi(api.Engine);
        var reference = ImageReference.Parse(text);
        var local = await calls.FindImageAsync(text, cancellationToken).ConfigureAwait(false);
        var digest = await SwarmDigests.ResolveDigestAsync(api.Engine, reference, options.Credential, cancellationToken)
            .ConfigureAwait(false);
        if (digest is not null)
        {
            if (local is not null && reference.Digest is null && SwarmDigests.DigestOf(local, reference) is null)
            {
                progress.Warn(
                    $"The registry's {text} is deployed ({digest}); this engine's own image of that name was never pushed from here.");
                local = await calls.FindImageAsync($"{reference.Name}@{digest}", cancellationToken).ConfigureAwait(false);
            }

            var tagged = reference.Tag is null ? reference.Name : $"{reference.Name}:{reference.Tag}";
            return new SwarmTarget($"{tagged}@{digest}", digest, IdOf(local));
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
        return new SwarmTarget(text, null, IdOf(local));
    }

    /// <summary>A reference without its digest, as people name it.</summary>
    public static string NameOf(string reference) =>
        reference.IndexOf('@', StringComparison.Ordinal) is > 0 and var at ? reference[..at] : reference;

    /// <summary>Whether a specification's text names the same repository and tag.</summary>
    public bool HasSameTag(string text) =>
        ImageReference.TryParse(NameOf(text), out var other) && ImageReference.TryParse(NameOf(Reference), out var own)
        && own.Equals(other);

    private static string? IdOf(JsonObject? image) => image?.Text("Id");
}
