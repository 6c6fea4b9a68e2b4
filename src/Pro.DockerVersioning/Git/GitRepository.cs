using System.Text.RegularExpressions;
using LibGit2Sharp;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Git;

/// <summary>
/// A repository, read through libgit2: no process per question. Tags are read once for the life of this object, so open one per
/// operation. Reading trees and blobs from several threads is safe.
/// </summary>
internal sealed partial class GitRepository : IDisposable
{
    private readonly Repository repository;
    private readonly Lazy<TagIndex> tags;

    // libgit2 hashes every object that it reads, which took three quarters of the time of a context's tar. git itself doesn't:
    // zlib's checksum finds a damaged object, and git fsck is there for more.
    static GitRepository() => GlobalSettings.SetStrictHashVerification(false);

    private GitRepository(Repository repository)
    {
        this.repository = repository;
        Root = Path.TrimEndingDirectorySeparator(repository.Info.WorkingDirectory);
        tags = new(() => TagIndex.Read(repository));
    }

    /// <summary>The folder of the working tree, without a trailing separator.</summary>
    public string Root { get; }

    /// <summary>The folder of git's own files (of this worktree).</summary>
    public string GitDirectory => repository.Info.Path;

    /// <summary>True if the history was cut by a shallow clone.</summary>
    public bool IsShallow => repository.Info.IsShallow;

    /// <summary>The library's object, for the classes of this folder.</summary>
    internal Repository Library => repository;

    /// <summary>Tags are missing, and that may be the clone's fault and not the project's.</summary>
    internal bool TagsMayBeMissing => IsShallow || tags.Value.Names.Count == 0;

    /// <summary>Finds the repository around a folder (any folder below its root) and opens it.</summary>
    /// <exception cref="ProException">No repository, or one that can't be read: each case has its own id.</exception>
    public static GitRepository Open(string folder)
    {
        var start = Path.GetFullPath(folder);
        try
        {
            var found = Repository.Discover(start) ?? throw GitErrors.RepositoryNotFound(start);
            var repository = new Repository(found);
            if (!repository.Info.IsBare)
            {
                return new GitRepository(repository);
            }

            repository.Dispose();
            throw GitErrors.RepositoryIsBare(start);
        }
        catch (LibGit2SharpException error)
        {
            throw Translate(start, error);
        }
    }

    /// <summary>The commit that a version means; null means HEAD.</summary>
    /// <exception cref="ProException">It means none, several, or something else than it says.</exception>
    public ResolvedCommit Resolve(string? version) => new VersionResolver(this).Resolve(version);

    /// <inheritdoc cref="Describe(string, out IReadOnlyList{string})"/>
    public string Describe(string sha) => Describe(sha, out _);

    /// <summary>The answer of <c>git describe --tags --abbrev=12</c> by the tags that are versions.</summary>
    /// <param name="sha">The commit.</param>
    /// <param name="passedOver">The tags that aren't versions on the way to it.</param>
    /// <exception cref="ProException">No version can be reached from the commit.</exception>
    public string Describe(string sha, out IReadOnlyList<string> passedOver)
    {
        var walk = new DescribeWalk(tags.Value);
        var found = walk.Describe(Commit(sha));
        passedOver = walk.PassedOver;
        return found?.ToString() ?? throw GitErrors.NothingToDescribe(sha, passedOver, TagsMayBeMissing);
    }

    /// <summary>The names of files among the tags that are none; empty if nobody has asked for the tags yet.</summary>
    public IReadOnlyList<string> UnreadableTags => tags.IsValueCreated ? tags.Value.Unreadable : [];

    /// <summary>The same, or null if no version can be reached.</summary>
    public string? DescribeOrNull(string sha) => DescribeParts(sha)?.ToString();

    /// <summary>Can one commit be reached from the other (or are they the same)?</summary>
    public bool IsAncestor(string ancestorSha, string descendantSha)
    {
        var ancestor = Commit(ancestorSha);
        return repository.ObjectDatabase.CalculateHistoryDivergence(ancestor, Commit(descendantSha)).AheadBy == 0;
    }

    /// <summary>
    /// The tracked files below a folder (relative to the root, empty for all) that differ from HEAD. git's own answer, since only the
    /// program knows about filters, sparse checkouts and every form of index; without the program, the library's. Null if neither can tell.
    /// </summary>
    public IReadOnlyList<string>? UncommittedPaths(string folder = "")
    {
        var path = TreePath.Normalize(folder);
        string[] status = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=dirty"];
        var output = GitProgram.TryRun(Root, [.. status, "--", path.Length == 0 ? "." : path]);
        var paths = output is null
            ? PathsByLibrary(path)
            : output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(line => line.Length > 3).Select(line => line[3..]);
        return paths is null ? null : [.. paths.Order(StringComparer.Ordinal)];
    }

    private IEnumerable<string>? PathsByLibrary(string path)
    {
        var options = new StatusOptions
        {
            IncludeIgnored = false,
            IncludeUntracked = false,
            DetectRenamesInIndex = false,
            DetectRenamesInWorkDir = false,
        };
        if (path.Length > 0)
        {
            options.PathSpec = [path];
            options.DisablePathSpecMatch = true;
        }

        try
        {
            return [.. repository.RetrieveStatus(options).Select(entry => entry.FilePath)];
        }
        catch (LibGit2SharpException)
        {
            return null;
        }
    }

    /// <summary>The names of all tags, whatever they point at, sorted ordinally.</summary>
    public IReadOnlyList<string> Tags() => tags.Value.Names;

    /// <summary>The tags that lead to a commit, sorted ordinally.</summary>
    public IReadOnlyList<string> TagsAt(string sha) => [.. tags.Value.At(sha).Select(tag => tag.Name)];

    /// <summary>The files of a commit.</summary>
    public CommitTree TreeOf(ResolvedCommit commit) => new(this, commit);

    /// <summary>The files on disk.</summary>
    public WorkingTree TreeOnDisk() => new(this);

    /// <inheritdoc/>
    public void Dispose() => repository.Dispose();

    internal Commit Commit(string sha) =>
        repository.Lookup<Commit>(new ObjectId(sha)) ?? throw GitErrors.ObjectMissing("a commit", sha, null);

    /// <summary>How many commits the second has that the first has not; null if the first is not an ancestor.</summary>
    internal int? CountSince(string baseSha, string sha)
    {
        var divergence = repository.ObjectDatabase.CalculateHistoryDivergence(Commit(sha), Commit(baseSha));
        return divergence.BehindBy == 0 ? divergence.AheadBy : null;
    }

    internal DescribeText? DescribeParts(string sha) => new DescribeWalk(tags.Value).Describe(Commit(sha));

    private static ProException Translate(string folder, LibGit2SharpException error)
    {
        var owned = OwnerMessage().Match(error.Message);
        if (owned.Success)
        {
            return GitErrors.RepositoryOwnedByOther(owned.Groups["path"].Value, error);
        }

        if (error.Message.Contains("object format", StringComparison.Ordinal))
        {
            return GitErrors.RepositoryFormatUnsupported(
                folder, "SHA-256 object names", "Use a SHA-1 repository: git init --object-format=sha1, and import the history.", error);
        }

        var extension = ExtensionMessage().Match(error.Message);
        if (!extension.Success)
        {
            return GitErrors.RepositoryUnreadable(folder, error);
        }

        return extension.Groups["name"].Value.ToLowerInvariant() switch
        {
            "refstorage" => GitErrors.RepositoryFormatUnsupported(
                folder,
                "the reftable format for its references",
                "Change it with git 2.46 or later: git refs migrate --ref-format=files",
                error),
            "partialclone" => GitErrors.RepositoryFormatUnsupported(
                folder, "a partial clone, which lacks objects", "Clone it in full, without --filter.", error),
            var name => GitErrors.RepositoryFormatUnsupported(
                folder, $"git's extension '{name}'", "Clone it anew without that extension, and work in the clone.", error),
        };
    }

    [GeneratedRegex("repository path '(?<path>.*)' is not owned by current user", RegexOptions.Singleline)]
    private static partial Regex OwnerMessage();

    [GeneratedRegex(@"unsupported extension name extensions\.(?<name>\S+)")]
    private static partial Regex ExtensionMessage();
}
