using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;
using Semver;

namespace Pro.DockerVersioning;

/// <summary>
/// A version of the repository and of the images built from it: a git tag <c>v{SemVer 2.0.0}</c>, a commit, or what
/// <c>git describe</c> prints; each perhaps with the suffix <c>-dirty.{hash}</c> of an image built from a changed working tree.
/// </summary>
/// <remarks>
/// Versions of the same text are equal: the text names one image tag. The order (<see cref="CompareTo(ProVersion)"/>) uses all that
/// is known besides: a text that is an exact git tag stands elsewhere than the same text read as a description, and a commit whose
/// time is known elsewhere than the same commit without. Were those pairs to compare as 0, sorting would not be transitive.
/// </remarks>
public sealed class ProVersion : IComparable<ProVersion>, IComparable, IEquatable<ProVersion>
{
    private readonly VersionParts parts;
    private readonly string text;

    private ProVersion(VersionParts parts, DateTimeOffset? time = null, VersionPlace? place = null)
    {
        this.parts = parts;
        text = parts.Text;
        Time = time;
        Place = place;
    }

    /// <summary>Release, description or commit.</summary>
    public ProVersionKind Kind => parts.Kind;

    /// <summary>The first number of the release, or of the one that a description starts from; null for a commit.</summary>
    /// <remarks>SemVer sets no upper bound to its numbers, so neither does this.</remarks>
    public BigInteger? Major => SemVer?.Major;

    /// <summary>The second number; null for a commit.</summary>
    public BigInteger? Minor => SemVer?.Minor;

    /// <summary>The third number; null for a commit.</summary>
    public BigInteger? Patch => SemVer?.Patch;

    /// <summary>The pre-release part (<c>rc.1</c>) of the release or of a description's base; null if there is none.</summary>
    public string? Prerelease => SemVer is { IsPrerelease: true } version ? version.Prerelease : null;

    /// <summary>The build metadata (after <c>+</c>); null if there is none.</summary>
    public string? BuildMetadata => SemVer is { Metadata.Length: > 0 } version ? version.Metadata : null;

    /// <summary>Whether it is a release with a pre-release part. Commits and descriptions are none.</summary>
    public bool IsPrerelease => Kind == ProVersionKind.Release && Prerelease is not null;

    /// <summary>Whether it is a release, no pre-release and not dirty: what <c>latest</c> may follow.</summary>
    public bool IsStable => Kind == ProVersionKind.Release && Prerelease is null && !IsDirty;

    /// <summary>Whether it was built from a working tree with changes that no commit holds.</summary>
    public bool IsDirty => parts.IsDirty;

    /// <summary>The 12 digits after <c>-dirty.</c>; null if it isn't dirty, or where another tool wrote a bare <c>-dirty</c>.</summary>
    public string? DirtyHash => parts.DirtyHash;

    /// <summary>The commit's hash, with as many digits as were given; null for a release.</summary>
    public string? CommitHash => parts.CommitHash;

    /// <summary>The number of commits since the release; only of a description.</summary>
    public int? CommitCount => parts.CommitCount;

    /// <summary>The commit's time, where it is known. Commits are sorted by it; it is not a part of equality.</summary>
    public DateTimeOffset? Time { get; }

    /// <summary>The image tag: the text with <c>+</c> written as <c>_</c>, which Docker allows and SemVer doesn't use.</summary>
    public string ImageTag => text.Replace('+', '_');

    /// <summary>The release, or the one a description starts from.</summary>
    internal SemVersion? SemVer => parts.SemVer;

    /// <summary>A commit's place among the releases, if it is known; it is not part of equality.</summary>
    internal VersionPlace? Place { get; }

    /// <summary>The text without the <c>-dirty</c> suffix.</summary>
    internal string BaseText => parts.BaseText;

    /// <summary>Reads a version that someone typed. <c>v1.2.3-4-gabcdef012345</c> is read as a description.</summary>
    /// <param name="value">The text; hashes of 12 to 40 digits, which are cut to 12.</param>
    /// <param name="version">The version, where the text is one.</param>
    /// <returns>Whether the text is a version.</returns>
    public static bool TryParse(string? value, [NotNullWhen(true)] out ProVersion? version) =>
        TryRead(value, VersionReading.Name, out version);

    /// <summary>Reads a version that someone typed; PowerShell converts strings with it.</summary>
    /// <param name="value">The text.</param>
    /// <returns>The version.</returns>
    /// <exception cref="ProException">It is none; the error suggests the right one where that can be guessed.</exception>
    public static ProVersion Parse(string value) =>
        TryParse(value, out ProVersion? version) ? version : throw VersionSuggestion.Explain(value);

    /// <summary>Reads a tag that git holds under exactly this name: an exact tag wins over what it might describe.</summary>
    /// <param name="value">The tag's short name.</param>
    /// <param name="version">The release, where the tag is one.</param>
    /// <returns>Whether the tag is a version.</returns>
    public static bool TryParseTag(string? value, [NotNullWhen(true)] out ProVersion? version) =>
        TryRead(value, VersionReading.GitTag, out version);

    /// <summary>Reads a tag that git holds under exactly this name.</summary>
    /// <param name="value">The tag's short name.</param>
    /// <returns>The release.</returns>
    /// <exception cref="ProException">The tag is not a version.</exception>
    public static ProVersion ParseTag(string value) =>
        TryParseTag(value, out ProVersion? version) ? version : throw VersionSuggestion.Explain(value);

    /// <summary>
    /// Reads a tag found on an image. What it gives has exactly this <see cref="ImageTag"/>: hashes stay as long as they are,
    /// and those of 7 digits, which older scripts made, are read as well.
    /// </summary>
    /// <param name="tag">The image's tag.</param>
    /// <param name="version">The version, where the tag is one.</param>
    /// <returns>Whether the tag is a version (an alias such as <c>latest</c> or <c>v1.2</c> is none).</returns>
    public static bool TryFromImageTag(string? tag, [NotNullWhen(true)] out ProVersion? version)
    {
        version = null;
        if (tag is null || tag.Contains('+', StringComparison.Ordinal))
        {
            return false;
        }

        // SemVer has no underscore: the first one was the plus, and a second one makes it no version.
        int plus = tag.IndexOf('_', StringComparison.Ordinal);
        return TryRead(plus < 0 ? tag : $"{tag[..plus]}+{tag[(plus + 1)..]}", VersionReading.ImageTag, out version);
    }

    /// <summary>The same version with the time of its commit.</summary>
    /// <param name="time">When the commit was made.</param>
    /// <returns>The version, which orders commits by that time.</returns>
    public ProVersion WithTime(DateTimeOffset time) => new(parts, time, Place);

    /// <summary>The same commit with its place among the releases, by which it is then ordered.</summary>
    /// <param name="place">The release that it follows.</param>
    internal ProVersion At(VersionPlace place) => new(parts, Time, place);

    /// <summary>The name of an image built from this version's tree and changes that no commit holds.</summary>
    /// <param name="hash">A hash of what went in, 12 hexadecimal digits in lower case or more; 12 are used.</param>
    /// <returns>The dirty version. One that was dirty gets the new hash.</returns>
    /// <exception cref="ProException">The hash is none, or the name gets longer than an image tag may be.</exception>
    public ProVersion WithDirty(string hash)
    {
        int length = VersionGrammar.HashLength;
        if (hash.Length < length || !VersionGrammar.IsHash(hash[..length], length))
        {
            throw VersionErrors.InvalidHash(hash);
        }

        VersionParts dirty = parts with { IsDirty = true, DirtyHash = hash[..length] };
        return dirty.Text.Length <= VersionGrammar.MaxLength
            ? new ProVersion(dirty, Time, Place)
            : throw VersionErrors.VersionTooLong(dirty.Text, VersionGrammar.MaxLength);
    }

    /// <summary>
    /// Oldest first: releases by SemVer's precedence, each followed by the descriptions that start from it, by their count, and by the
    /// commits that came after it. Commits whose release isn't known stand before all, by their time (unknown first). Build metadata and
    /// other ties go by ordinal text.
    /// </summary>
    /// <param name="other">The other version; null stands before all.</param>
    /// <returns>Less than, equal to or greater than 0.</returns>
    public int CompareTo(ProVersion? other) => VersionOrder.Compare(this, other);

    /// <inheritdoc/>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        ProVersion other => CompareTo(other),
        _ => throw new ArgumentException($"A version can't be compared with a {obj.GetType().Name}.", nameof(obj)),
    };

    /// <inheritdoc/>
    public bool Equals(ProVersion? other) => other is not null && string.Equals(text, other.text, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as ProVersion);

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(text);

    /// <summary>The version's text: <c>v1.2.3</c>, <c>v1.2.3-4-gabcdef012345</c>, <c>abcdef012345</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => text;

    private static bool TryRead(string? value, VersionReading reading, [NotNullWhen(true)] out ProVersion? version)
    {
        version = value is not null && VersionGrammar.Read(value, reading) is { } found ? new ProVersion(found) : null;
        return version is not null;
    }
}
