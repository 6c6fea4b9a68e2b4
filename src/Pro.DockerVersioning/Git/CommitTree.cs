using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using LibGit2Sharp;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Git;

/// <summary>
/// The files of a commit, read from git's objects: no checkout, and the raw bytes of the blobs, untouched by attributes, line ends
/// or filters, so that one commit gives the same bytes on every machine.
/// </summary>
internal sealed class CommitTree : ISourceTree
{
    /// <summary>Above it a blob isn't loaded but streamed by the git program: libgit2 holds a blob in memory twice.</summary>
    public const long LargestLoaded = 32 * 1024 * 1024;

    private readonly GitRepository repository;
    private readonly Tree root;

    // libgit2 finds a folder by its path from the root each time; a walk knows it already.
    private readonly ConcurrentDictionary<string, Tree> folders = new(StringComparer.Ordinal);

    // Looking a blob up by its id loads it once more; the object that a folder's entry gives is lazy.
    private readonly ConcurrentDictionary<string, Blob> blobs = new(StringComparer.Ordinal);

    internal CommitTree(GitRepository repository, ResolvedCommit commit)
    {
        this.repository = repository;
        root = repository.Commit(commit.Sha).Tree;
        Description = commit.Tag is null ? $"the tree of commit {commit.Sha[..DescribeText.HashLength]}" : $"the tree of {commit.Tag}";
    }

    /// <inheritdoc/>
    public string Description { get; }

    /// <inheritdoc/>
    public SourceEntry? Find(string path)
    {
        if (path.Length == 0)
        {
            return new(path, SourceEntryKind.Directory, root.Sha);
        }

        return root[path] is { } entry ? Translate(TreePath.Parent(path), entry) : null;
    }

    /// <inheritdoc/>
    public IEnumerable<SourceEntry> List(string directory)
    {
        if (Folder(directory) is not { } folder)
        {
            return [];
        }

        try
        {
            return folder.Select(entry => Translate(directory, entry)).OrderBy(entry => entry.Path, StringComparer.Ordinal).ToArray();
        }
        catch (NotFoundException error)
        {
            throw GitErrors.ObjectMissing($"the folder '{directory}'", folder.Sha, error);
        }
    }

    /// <inheritdoc/>
    public long GetLength(SourceEntry entry)
    {
        try
        {
            return repository.Library.ObjectDatabase.RetrieveObjectMetadata(new ObjectId(entry.ObjectId)).Size;
        }
        catch (NotFoundException error)
        {
            throw GitErrors.ObjectMissing($"the content of '{entry.Path}'", entry.ObjectId!, error);
        }
    }

    /// <inheritdoc/>
    [SuppressMessage("Reliability", "CA2000", Justification = "The caller disposes the content, and with it the stream.")]
    public SourceContent Open(SourceEntry entry)
    {
        var length = GetLength(entry);
        if (length > LargestLoaded)
        {
            return new(CatFileStream.Start(repository.GitDirectory, entry.ObjectId!, length), length);
        }

        try
        {
            var blob = blobs.GetOrAdd(entry.ObjectId!, id => repository.Library.Lookup<Blob>(new ObjectId(id)));
            return new(blob.GetContentStream(), length);
        }
        catch (LibGit2SharpException error)
        {
            throw GitErrors.ObjectMissing($"the content of '{entry.Path}'", entry.ObjectId!, error);
        }
    }

    /// <inheritdoc/>
    public bool IsOnDisk(string path) => Path.Exists(Path.Combine(repository.Root, path));

    private Tree? Folder(string directory) => directory.Length == 0
        ? root
        : folders.TryGetValue(directory, out var known) ? known : root[directory]?.Target as Tree;

    private SourceEntry Translate(string directory, TreeEntry entry)
    {
        var path = TreePath.Join(directory, entry.Name);

        // The library reads names as UTF-8 with replacement characters.
        var unusable = entry.Name is "" or "." or ".." || entry.Name.AsSpan().ContainsAny('/', '\uFFFD');
        return TranslateTarget(path, entry) with { HasUnusableName = unusable };
    }

    private SourceEntry TranslateTarget(string path, TreeEntry entry)
    {
        switch (entry.Target)
        {
            case Tree tree:
                folders[path] = tree;
                return new(path, SourceEntryKind.Directory, tree.Sha);
            case Blob blob:
                blobs[blob.Sha] = blob;
                return new(path, KindOf(entry.Mode), blob.Sha);
            case var other:
                return new(path, SourceEntryKind.Submodule, other.Sha);
        }
    }

    private static SourceEntryKind KindOf(Mode mode) => mode switch
    {
        Mode.ExecutableFile => SourceEntryKind.ExecutableFile,
        Mode.SymbolicLink => SourceEntryKind.SymbolicLink,
        _ => SourceEntryKind.File,
    };
}
