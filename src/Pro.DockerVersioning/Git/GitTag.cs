namespace Pro.DockerVersioning.Git;

/// <summary>A tag that leads to a commit, however many tag objects stand in between.</summary>
/// <param name="Name">Without refs/tags/.</param>
/// <param name="CommitSha">The commit at the end.</param>
/// <param name="TaggedAt">When an annotated tag was made; null of a lightweight one.</param>
internal sealed record GitTag(string Name, string CommitSha, DateTimeOffset? TaggedAt)
{
    /// <summary>
    /// Which of the tags on one commit git describe names: annotated before lightweight, the newest of the annotated, the first by
    /// name of the lightweight (and of annotated ones of the same second).
    /// </summary>
    public static GitTag? Preferred(IEnumerable<GitTag> onOneCommit)
    {
        GitTag? best = null;
        foreach (var tag in onOneCommit.OrderBy(tag => tag.Name, StringComparer.Ordinal))
        {
            if (best is null || (tag.TaggedAt is { } time && (best.TaggedAt is not { } bestTime || time > bestTime)))
            {
                best = tag;
            }
        }

        return best;
    }
}
