using LibGit2Sharp;

namespace Pro.DockerVersioning.Git;

/// <summary>All tags of a repository, read once: by name, and by the commit they lead to.</summary>
internal sealed class TagIndex
{
    private readonly Dictionary<string, GitTag> byName;
    private readonly ILookup<string, GitTag> byCommit;

    private TagIndex(IReadOnlyList<string> names, Dictionary<string, GitTag> byName)
    {
        Names = names;
        this.byName = byName;
        byCommit = byName.Values.OrderBy(tag => tag.Name, StringComparer.Ordinal).ToLookup(tag => tag.CommitSha, StringComparer.Ordinal);
    }

    /// <summary>Every tag's name, also of tags that lead to no commit, sorted ordinally.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads the tags; one that leads to a blob, a tree or nowhere has a name only.</summary>
    public static TagIndex Read(Repository repository)
    {
        var names = new List<string>();
        var byName = new Dictionary<string, GitTag>(StringComparer.Ordinal);
        foreach (var tag in repository.Tags)
        {
            names.Add(tag.FriendlyName);
            if (tag.PeeledTarget is Commit commit)
            {
                DateTimeOffset? made = tag.IsAnnotated ? tag.Annotation.Tagger?.When ?? DateTimeOffset.UnixEpoch : null;
                byName[tag.FriendlyName] = new(tag.FriendlyName, commit.Sha, made);
            }
        }

        names.Sort(StringComparer.Ordinal);
        return new(names, byName);
    }

    /// <summary>The tag of this exact name that leads to a commit; null otherwise.</summary>
    public GitTag? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The tags on a commit, sorted ordinally by name.</summary>
    public IEnumerable<GitTag> At(string commitSha) => byCommit[commitSha];
}
