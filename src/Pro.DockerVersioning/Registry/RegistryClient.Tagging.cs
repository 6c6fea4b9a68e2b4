using System.Net;
using System.Text.Json;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Registry;

/// <content>Gives a manifest another name, and reads what an image's configuration says.</content>
internal sealed partial class RegistryClient
{
    /// <summary>
    /// Lets a tag name a manifest that the repository holds already: its own bytes are put under the tag, no layer travels.
    /// </summary>
    /// <param name="repository">Without the registry.</param>
    /// <param name="digest">The manifest.</param>
    /// <param name="tag">The tag.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">There is no such manifest, or the registry refuses.</exception>
    public async Task TagManifestAsync(string repository, string digest, string tag, CancellationToken cancellationToken)
    {
        var get = ManifestRequest(HttpMethod.Get, repository, digest, "pull,push");
        var manifest = await GetPushedAsync(get, cancellationToken).ConfigureAwait(false);
        if (manifest.Status == HttpStatusCode.NotFound)
        {
            throw RegistryErrors.ManifestNotFound(Host, get.Target, null);
        }

        EnsureSuccess(manifest, get.Target);
        if (ManifestParser.DigestOf(manifest.Body) != digest && digest.StartsWith("sha256:", StringComparison.Ordinal))
        {
            throw RegistryErrors.InvalidAnswer(Host, get.Target, "it answers with other bytes than the digest names");
        }

        var put = ManifestRequest(HttpMethod.Put, repository, tag, "pull,push") with
        {
            Body = manifest.Body,
            ContentType = manifest.ContentType ?? throw RegistryErrors.InvalidAnswer(Host, get.Target, "its manifest has no media type"),
        };
        var response = await _session.SendAsync(put, cancellationToken).ConfigureAwait(false);
        EnsureSuccess(response, put.Target);
    }

    /// <summary>All tags of a repository that has this one for certain: a list without it is asked for again for some seconds.</summary>
    /// <exception cref="ProException">It goes on missing: what the registry tells is not what it has.</exception>
    public async Task<IReadOnlyList<string>> GetTagsWithAsync(string repository, string tag, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var tags = await FindTagsAsync(repository, cancellationToken).ConfigureAwait(false);
            if (tags?.Contains(tag, StringComparer.Ordinal) == true)
            {
                return tags;
            }

            if (attempt == AfterPush.Count)
            {
                var target = $"{Host}/{repository}";
                throw RegistryErrors.TagsIncomplete(Host, target, tag, isKnown: tags is not null);
            }

            await Task.Delay(AfterPush[attempt], _clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Registries of several parts may not know yet what was pushed a moment ago: a 404 is asked again for some seconds.</summary>
    private async Task<RegistryResponse> GetPushedAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var response = await _session.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.Status != HttpStatusCode.NotFound || attempt == AfterPush.Count)
            {
                return response;
            }

            await Task.Delay(AfterPush[attempt], _clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A label of an image, or of an index's first image; null if it hasn't got it.</summary>
    /// <param name="repository">Without the registry.</param>
    /// <param name="reference">A tag or a digest.</param>
    /// <param name="label">The label's name.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">There is no such image, or the registry refuses.</exception>
    public async Task<string?> FindImageLabelAsync(string repository, string reference, string label, CancellationToken cancellationToken)
    {
        var manifest = await RequireManifestAsync(repository, reference, cancellationToken).ConfigureAwait(false);
        if (manifest.Config is null && manifest.Children.FirstOrDefault(child => !child.IsAttestation) is { } child)
        {
            manifest = await RequireManifestAsync(repository, child.Descriptor.Digest, cancellationToken).ConfigureAwait(false);
        }

        return manifest.Config is { } config
            ? await GetImageLabelAsync(repository, config, label, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>A manifest that is there for certain, as its digest was told.</summary>
    /// <exception cref="ProException">The registry doesn't give it.</exception>
    public async Task<RegistryManifest> RequireManifestAsync(string repository, string reference, CancellationToken cancellationToken) =>
        await GetManifestAsync(repository, reference, cancellationToken).ConfigureAwait(false)
        ?? throw RegistryErrors.ManifestNotFound(Host, ManifestRequest(HttpMethod.Get, repository, reference, "pull").Target, null);

    /// <summary>A label of an image, out of its configuration; null if it hasn't got it.</summary>
    /// <exception cref="ProException">The registry doesn't give the configuration.</exception>
    /// <param name="repository">Without the registry.</param>
    /// <param name="config">The configuration that the image's manifest names.</param>
    /// <param name="label">The label's name.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<string?> GetImageLabelAsync(
        string repository, ManifestDescriptor config, string label, CancellationToken cancellationToken)
    {
        var name = RegistryNames.Repository(Host, repository);
        var target = $"{Host}/{repository}@{config.Digest}";
        var request = new RegistryRequest(HttpMethod.Get, $"v2/{name}/blobs/{config.Digest}", name, "pull", target);
        var response = await _session.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
        {
            throw RegistryErrors.ManifestNotFound(Host, target, null);
        }

        EnsureSuccess(response, target);
        if (config.Digest.StartsWith("sha256:", StringComparison.Ordinal) && ManifestParser.DigestOf(response.Body) != config.Digest)
        {
            throw RegistryErrors.InvalidAnswer(Host, target, "it answers with other bytes than the digest names");
        }

        try
        {
            using var document = JsonDocument.Parse(response.Body);
            return document.RootElement.TryGetProperty("config", out var settings)
                && settings.TryGetProperty("Labels", out var labels)
                && labels.ValueKind == JsonValueKind.Object
                && labels.TryGetProperty(label, out var value)
                    ? value.GetString()
                    : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw RegistryErrors.InvalidAnswer(Host, target, "the image's configuration is not in its format", exception);
        }
    }
}
