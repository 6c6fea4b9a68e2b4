using Semver;

namespace Pro.DockerVersioning.Versions;

/// <summary>What <see cref="VersionGrammar"/> found in a version's text.</summary>
/// <param name="Kind">What the text names.</param>
/// <param name="BaseText">The text without a <c>-dirty</c> suffix.</param>
internal sealed record VersionParts(ProVersionKind Kind, string BaseText)
{
    /// <summary>The release, or the one that a describe text starts from; null for a commit.</summary>
    public SemVersion? SemVer { get; init; }

    /// <summary>The commit's hash, as many digits as were given; null for a release.</summary>
    public string? CommitHash { get; init; }

    /// <summary>How many commits lie between the release and the commit; only of a describe text.</summary>
    public int? CommitCount { get; init; }

    /// <summary>Whether uncommitted changes went in.</summary>
    public bool IsDirty { get; init; }

    /// <summary>The hash of what was built, 12 digits; null if the suffix is a bare <c>-dirty</c>.</summary>
    public string? DirtyHash { get; init; }

    /// <summary>The whole text.</summary>
    public string Text => (IsDirty, DirtyHash) switch
    {
        (false, _) => BaseText,
        (true, null) => BaseText + VersionGrammar.DirtySuffix,
        _ => $"{BaseText}{VersionGrammar.DirtySuffix}.{DirtyHash}",
    };
}

/// <summary>A commit's place among the releases.</summary>
/// <param name="Release">The release that it follows.</param>
/// <param name="Count">How many commits it is after it, as git describe counts; null if only the times tell.</param>
internal sealed record VersionPlace(SemVersion Release, int? Count)
{
    /// <summary>The place that a description names, or a release's own; null if the text is neither.</summary>
    public static VersionPlace? Of(ProVersion? description) =>
        description?.SemVer is { } release ? new VersionPlace(release, description.CommitCount ?? 0) : null;
}
