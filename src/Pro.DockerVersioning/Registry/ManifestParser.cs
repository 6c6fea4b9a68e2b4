using System.Security.Cryptography;
using System.Text.Json;

namespace Pro.DockerVersioning.Registry;

/// <summary>Reads manifests: OCI image and index, Docker's schema 2 and manifest list.</summary>
internal static class ManifestParser
{
    private const string AttestationAnnotation = "vnd.docker.reference.type";

    /// <summary>What a registry is asked for, in the order of our liking.</summary>
    public static IReadOnlyList<string> MediaTypes { get; } =
    [
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ];

    /// <summary>The digest of content, as registries write it.</summary>
    public static string DigestOf(ReadOnlySpan<byte> content) =>
        "sha256:" + Convert.ToHexString(SHA256.HashData(content)).ToLowerInvariant();

    /// <summary>Parses a manifest.</summary>
    /// <param name="content">The bytes as they came: the digest is theirs.</param>
    /// <param name="contentType">The answer's media type; the manifest's own has precedence where the answer gave none.</param>
    /// <param name="digest">The digest, already checked.</param>
    /// <exception cref="FormatException">It is not a manifest that we know.</exception>
    public static RegistryManifest Parse(byte[] content, string? contentType, string digest)
    {
        try
        {
            using var document = JsonDocument.Parse(content);
            return Read(document.RootElement, contentType, digest, content.Length);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("it is not a manifest", exception);
        }
    }

    private static RegistryManifest Read(JsonElement root, string? contentType, string digest, int size)
    {
        var mediaType = contentType ?? Text(root, "mediaType");
        if (root.TryGetProperty("manifests", out var manifests))
        {
            return new RegistryManifest
            {
                Digest = digest,
                MediaType = mediaType ?? MediaTypes[0],
                Size = size,
                Children = [.. manifests.EnumerateArray().Select(Child)],
            };
        }

        if (root.TryGetProperty("config", out var config))
        {
            return new RegistryManifest
            {
                Digest = digest,
                MediaType = mediaType ?? MediaTypes[1],
                Size = size,
                Config = Descriptor(config),
                Layers = root.TryGetProperty("layers", out var layers) ? [.. layers.EnumerateArray().Select(Descriptor)] : [],
            };
        }

        throw new FormatException($"it is a manifest of an unknown kind ({mediaType ?? "no media type"})");
    }

    private static ManifestDescriptor Descriptor(JsonElement element) => new(
        element.GetProperty("digest").GetString() ?? throw new FormatException("a digest is missing"),
        Text(element, "mediaType") ?? string.Empty,
        element.TryGetProperty("size", out var size) ? size.GetInt64() : 0);

    private static ManifestChild Child(JsonElement element)
    {
        var platform = Platform(element);
        var attestation = platform == "unknown/unknown"
            || (element.TryGetProperty("annotations", out var annotations)
                && annotations.ValueKind == JsonValueKind.Object
                && Text(annotations, AttestationAnnotation) == "attestation-manifest");
        return new ManifestChild(Descriptor(element), platform, attestation);
    }

    private static string? Platform(JsonElement element)
    {
        if (!element.TryGetProperty("platform", out var platform) || platform.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var parts = new[] { Text(platform, "os"), Text(platform, "architecture"), Text(platform, "variant") };
        return string.Join('/', parts.Where(part => !string.IsNullOrEmpty(part)));
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
