using System.Diagnostics.CodeAnalysis;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Versions;

/// <summary>
/// A reference to an image, by distribution's grammar and Docker's normalisation: <c>[registry/]repository[:tag][@digest]</c>.
/// </summary>
/// <remarks>
/// The text stays as it was typed (<c>api:v1</c>); <see cref="NormalizedName"/> says what it means
/// (<c>docker.io/library/api</c>). References are equal where they mean the same.
/// </remarks>
internal sealed class ImageReference : IEquatable<ImageReference>
{
    /// <summary>The registry of names that name none.</summary>
    public const string DockerHub = "docker.io";

    private ImageReference(string name, string registry, string repository, string? tag, string? digest)
    {
        Name = name;
        Registry = registry;
        Repository = repository;
        Tag = tag;
        Digest = digest;
    }

    /// <summary>The name as typed, without tag and digest: <c>localhost:5000/pro/api</c>, <c>api</c>.</summary>
    public string Name { get; }

    /// <summary>The registry's host, with its port; <c>docker.io</c> where none was named.</summary>
    public string Registry { get; }

    /// <summary>The path in the registry; Docker Hub's official images stand under <c>library/</c>.</summary>
    public string Repository { get; }

    /// <summary>The tag, or null.</summary>
    public string? Tag { get; }

    /// <summary>The digest (<c>sha256:…</c>), or null.</summary>
    public string? Digest { get; }

    /// <summary>Registry and repository in full.</summary>
    public string NormalizedName => $"{Registry}/{Repository}";

    /// <summary>Reads a reference.</summary>
    /// <exception cref="ProException">It is none; the error says why.</exception>
    public static ImageReference Parse(string text) =>
        ReferenceGrammar.Split(text, out ReferenceGrammar.Pieces pieces) is { } reason
            ? throw VersionErrors.InvalidReference(text, reason, SuggestLower(text))
            : From(pieces);

    /// <summary>Reads a reference.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = text is not null && ReferenceGrammar.Split(text, out ReferenceGrammar.Pieces pieces) is null ? From(pieces) : null;
        return reference is not null;
    }

    /// <summary>The same repository by another tag; a digest is left out, since it names another image.</summary>
    /// <exception cref="ProException">The tag is outside the grammar.</exception>
    public ImageReference WithTag(string tag) => ReferenceGrammar.IsTag(tag)
        ? new ImageReference(Name, Registry, Repository, tag, null)
        : throw VersionErrors.InvalidReference($"{Name}:{tag}", ReferenceGrammar.TagReason, null);

    /// <summary>The repository by a digest alone.</summary>
    /// <exception cref="ProException">The digest is outside the grammar.</exception>
    public ImageReference WithDigest(string digest) => ReferenceGrammar.IsDigest(digest)
        ? new ImageReference(Name, Registry, Repository, null, digest)
        : throw VersionErrors.InvalidReference($"{Name}@{digest}", ReferenceGrammar.DigestReason, null);

    /// <summary>The repository alone.</summary>
    public ImageReference WithoutTag() => new(Name, Registry, Repository, null, null);

    /// <summary>Whether both mean the same repository, whatever the tags.</summary>
    public bool SameRepository(ImageReference other) =>
        string.Equals(Repository, other.Repository, StringComparison.Ordinal)
            && string.Equals(Registry, other.Registry, StringComparison.Ordinal);

    /// <inheritdoc/>
    public bool Equals(ImageReference? other) =>
        other is not null && SameRepository(other)
        && string.Equals(Tag, other.Tag, StringComparison.Ordinal) && string.Equals(Digest, other.Digest, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ImageReference);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(NormalizedName, Tag, Digest);

    /// <summary>The reference as it was typed.</summary>
    public override string ToString() => $"{Name}{(Tag is null ? null : ":" + Tag)}{(Digest is null ? null : "@" + Digest)}";

    private static ImageReference From(ReferenceGrammar.Pieces pieces)
    {
        string registry = pieces.Registry is null or "index.docker.io" ? DockerHub : pieces.Registry;
        string repository = registry == DockerHub && !pieces.Path.Contains('/', StringComparison.Ordinal)
            ? "library/" + pieces.Path
            : pieces.Path;
        return new ImageReference(pieces.Name, registry, repository, pieces.Tag, pieces.Digest);
    }

    private static string? SuggestLower(string text)
    {
        // A tag may have capitals, the name may not.
        int slash = text.LastIndexOf('/');
        int end = text.IndexOfAny([':', '@'], slash + 1) is var at and >= 0 ? at : text.Length;
        string lower = text[..end].ToLowerInvariant() + text[end..];
        return lower != text && TryParse(lower, out _) ? lower : null;
    }
}
