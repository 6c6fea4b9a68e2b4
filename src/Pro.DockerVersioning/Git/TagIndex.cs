using LibGit2Sharp;

namespace Pro.DockerVersioning.Git;

/// <summary>All tags of a repository, read once: their names, and which of them lead to a commit.</summary>
internal sealed class TagIndex
{
    private readonly Repository repository;
    private readonly ILookup<string, GitTag> byTarget;

    private TagIndex(Repository repository, IReadOnlyList<GitTag> sorted, IReadOnlyList<string> unreadable)
    {
        this.repository = repository;
        Unreadable = unreadable;
        Names = [.. sorted.Select(tag => tag.Name)];
        byTarget = sorted.ToLookup(tag => tag.TargetSha, StringComparer.Ordinal);
    }

    /// <summary>Every tag's name, also of tags that lead to no commit, sorted ordinally.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The names of files among the tags that are none.</summary>
    public IReadOnlyList<string> Unreadable { get; }

    /// <summary>Reads the tags.</summary>
    public static TagIndex Read(Repository repository)
    {
        var unreadable = new List<string>();
        return new(repository, [.. TagReader.Read(repository, unreadable).OrderBy(tag => tag.Name, StringComparer.Ordinal)], unreadable);
    }

    /// <summary>The tags on a commit, sorted ordinally by name.</summary>
    public IEnumerable<GitTag> At(string commitSha) => byTarget[commitSha];

    /// <summary>
    /// Which of the versions on a commit names it: a release before its candidates; else as git describe chooses: annotated before
    /// lightweight, the newest of the annotated, the first by name of the lightweight (and of annotated ones of the same second). Tags that
    /// aren't versions don't count: <c>v1</c> moves, and <c>tools-v0.2.0</c> is another family's. Null if there is none.
    /// </summary>
    public GitTag? PreferredAt(string commitSha)
    {
        var versions = At(commitSha).Select(tag => (Tag: tag, Version: VersionOf(tag))).Where(one => one.Version is not null).ToArray();
        var hasRelease = Array.Exists(versions, one => one.Version!.IsStable);
        var onCommit = versions.Where(one => one.Version!.IsStable || !hasRelease).Select(one => one.Tag).ToArray();
        var annotated = onCommit.Where(tag => tag.AnnotationSha is not null).ToArray();
        return annotated.Length > 1
            ? annotated.MaxBy(TaggedAt)
            : annotated.FirstOrDefault() ?? onCommit.FirstOrDefault();
    }

    /// <summary>The tags on a commit that aren't versions.</summary>
    public IEnumerable<string> OthersAt(string commitSha) => At(commitSha).Where(tag => VersionOf(tag) is null).Select(tag => tag.Name);

    private static ProVersion? VersionOf(GitTag tag) => ProVersion.TryParseTag(tag.Name, out var version) ? version : null;

    // git compares the outermost object; one without a tagger (very old ones) counts as the oldest.
    private DateTimeOffset TaggedAt(GitTag tag) =>
        repository.Lookup<TagAnnotation>(new ObjectId(tag.AnnotationSha))?.Tagger?.When ?? DateTimeOffset.MinValue;
}
