using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>What is built, the same for all services of one command: a commit, the files of it or of the disk, and the version.</summary>
/// <param name="Repository">The repository.</param>
/// <param name="Commit">The commit.</param>
/// <param name="Tree">The files: the commit's, or the disk's.</param>
/// <param name="Version">The version; a build of the disk may make it dirty, service by service.</param>
internal sealed record BuildSource(GitRepository Repository, ResolvedCommit Commit, ISourceTree Tree, ProVersion Version)
{
    private readonly Lazy<string?> _description = new(() =>
        Repository.DescribeOrNull(Commit.Sha) is { } text && ProVersion.TryParse(text, out _) ? text : null);

    /// <summary>What git describe says of the commit; null if it says nothing, or names no version.</summary>
    public string? Description => _description.Value;

    /// <summary>What -Describe passed over: tags that aren't versions.</summary>
    public IReadOnlyList<string> PassedOver { get; init; } = [];

    /// <summary>True if the disk is built.</summary>
    public bool IsWorkingTree => Tree is WorkingTree;

    /// <summary>Finds out what the user means.</summary>
    /// <exception cref="ProException">It means nothing, or not what its name says.</exception>
    public static BuildSource Resolve(GitRepository repository, ImageBuildOptions options)
    {
        IReadOnlyList<string> passedOver = [];
        var (commit, version) = options switch
        {
            { Describe: true } => Described(repository, out passedOver),
            { Ref: { } name } => Named(repository, options.Version, name),
            _ => Meant(repository, options.Version),
        };
        ISourceTree tree = options.WorkingTree ? repository.TreeOnDisk() : repository.TreeOf(commit);
        return new BuildSource(repository, commit, tree, version.WithTime(commit.Time)) { PassedOver = passedOver };
    }

    private static (ResolvedCommit Commit, ProVersion Version) Described(
        GitRepository repository, out IReadOnlyList<string> passedOver)
    {
        var head = repository.Resolve(null);
        var text = repository.Describe(head.Sha, out passedOver);
        var isTag = repository.TagsAt(head.Sha).Contains(text, StringComparer.Ordinal);
        return (head, isTag ? ProVersion.ParseTag(text) : ProVersion.Parse(text));
    }

    private static (ResolvedCommit Commit, ProVersion Version) Named(GitRepository repository, string? version, string name)
    {
        var parsed = ProVersion.ParseTag(version ?? throw ImageErrors.RefNeedsVersion(name));
        var commit = repository.Resolve(name);
        if (repository.Tags().Contains(parsed.ToString(), StringComparer.Ordinal)
            && repository.Resolve(parsed.ToString()) is var tagged
            && tagged.Sha != commit.Sha)
        {
            throw ImageErrors.RefIsNotTheTag(parsed.ToString(), tagged.Sha, name, commit.Sha);
        }

        return (commit, parsed);
    }

    private static (ResolvedCommit Commit, ProVersion Version) Meant(GitRepository repository, string? version)
    {
        var commit = repository.Resolve(version);
        if (commit.Tag is null)
        {
            // What describes it by a tag that isn't a version is a name of the commit, as a branch is.
            return (commit, ProVersion.TryParse(commit.Version, out var named) ? named : ByHash(commit));
        }

        if (ProVersion.TryParseTag(commit.Tag, out var release))
        {
            return (commit, release);
        }

        // A tag like "1.2.3" (or one too long for an image tag) was meant as a version and is refused; one like "nightly" is a name of a
        // commit as a branch is.
        return VersionSuggestion.IsMeant(commit.Tag)
            ? throw VersionSuggestion.ExplainTag(commit.Tag, commit.Sha, repository.TagsAt(commit.Sha), repository.Tags())
            : (commit, ByHash(commit));
    }

    private static ProVersion ByHash(ResolvedCommit commit) => ProVersion.Parse(commit.Sha[..VersionGrammar.HashLength]);
}
