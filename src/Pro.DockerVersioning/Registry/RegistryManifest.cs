namespace Pro.DockerVersioning.Registry;

/// <summary>What a HEAD request tells of a manifest.</summary>
/// <param name="Digest">The manifest's own digest, <c>sha256:…</c>.</param>
/// <param name="MediaType">Its media type.</param>
/// <param name="Size">Its length in bytes, or null if the registry doesn't say.</param>
internal sealed record ManifestHead(string Digest, string MediaType, long? Size);

/// <summary>A pointer in a manifest: to the configuration, a layer, or another manifest.</summary>
/// <param name="Digest">Of the content pointed at.</param>
/// <param name="MediaType">Of the content pointed at.</param>
/// <param name="Size">In bytes.</param>
internal sealed record ManifestDescriptor(string Digest, string MediaType, long Size);

/// <summary>One image of an index.</summary>
/// <param name="Descriptor">The image's manifest.</param>
/// <param name="Platform"><c>linux/amd64</c>, <c>linux/arm64/v8</c>; or null if none is given.</param>
/// <param name="IsAttestation">True for BuildKit's attestations, which stand among the images as <c>unknown/unknown</c>.</param>
internal sealed record ManifestChild(ManifestDescriptor Descriptor, string? Platform, bool IsAttestation);

/// <summary>A manifest: of one image, or an index of several.</summary>
internal sealed class RegistryManifest
{
    /// <summary>The manifest's own digest.</summary>
    public required string Digest { get; init; }

    /// <summary>Its media type.</summary>
    public required string MediaType { get; init; }

    /// <summary>Its length in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>The digest of the image's configuration, which is the image id of engines without the containerd store;
    /// null for an index.</summary>
    public ManifestDescriptor? Config { get; init; }

    /// <summary>The image's layers, base first; empty for an index.</summary>
    public IReadOnlyList<ManifestDescriptor> Layers { get; init; } = [];

    /// <summary>The images of an index, attestations included; empty for an image.</summary>
    public IReadOnlyList<ManifestChild> Children { get; init; } = [];

    /// <summary>True for an index (OCI) or manifest list (Docker).</summary>
    public bool IsIndex => Config is null;
}
