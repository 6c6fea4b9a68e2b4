using LibGit2Sharp;

namespace Pro.DockerVersioning.Git;

/// <summary>All tags of a repository, read once: their names, and which of them lead to a commit.</summary>
internal sealed class TagIndex
{
    private readonly Repository repository;
    private readonly ILookup<string, GitTag> byTarget;

    private TagIndex(Repository repository, IReadOnlyList<GitTag> sorted)
    {
        this.repository = repository;
        Names = [.. sorted.Select(tag => tag.Name)];
        byTarget = sorted.ToLookup(tag => tag.TargetSha, StringComparer.Ordinal);
    }

    /// <summary>Every tag's name, also of tags that lead to no commit, sorted ordinally.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads the tags.</summary>
    public static TagIndex Read(Repository repository) =>
        new(repository, [.. TagReader.Read(repository).OrderBy(tag => tag.Name, StringComparer.Ordinal)]);

    /// <summary>The tags on a commit, sorted ordinally by name.</summary>
    public IEnumerable<GitTag> At(string commitSha) => byTarget[commitSha];

    /// <summary>
    /// Which of the tags on a commit git describe names: annotated before lightweight, the newest of the annotated, the first by name
    /// of the lightweight (and of annotated ones of the same second); null where there is none.
    /// </summary>
    public GitTag? PreferredAt(string commitSha)
    {
        var onCommit = At(commitSha).ToArray();
        var annotated = onCommit.Where(tag => tag.AnnotationSha is not null).ToArray();
        return annotated.Length > 1
            ? annotated.MaxBy(TaggedAt)
            : annotated.FirstOrDefault() ?? onCommit.FirstOrDefault();
    }

    // git compares the outermost object; one without a tagger (very old ones) counts as the oldest.
    private DateTimeOffset TaggedAt(GitTag tag) =>
        repository.Lookup<TagAnnotation>(new ObjectId(tag.AnnotationSha))?.Tagger?.When ?? DateTimeOffset.MinValue;
}
