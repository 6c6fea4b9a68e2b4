using System.Security.Cryptography;
using System.Text;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Git.Context;

/// <summary>One entry of a context: its name inside the tar, and where it comes from.</summary>
/// <param name="Name">Relative to the context, without leading or trailing slash.</param>
/// <param name="Source">The tree's entry.</param>
internal sealed record ContextEntry(string Name, SourceEntry Source);

/// <summary>
/// What goes to the builder: the files of a folder, filtered by its ignore file, and the Dockerfile. No builder applies an ignore file
/// to a tar, so the filter is wholly here. A Dockerfile that is ignored, or outside of the folder, is not among the files: COPY must not
/// see it, and a change of it must not cost the cache of a COPY.
/// </summary>
internal sealed class BuildContext
{
    private readonly ISourceTree tree;
    private readonly Lazy<string> treeHash;

    private readonly string directory;
    private readonly DockerIgnore ignore;
    private readonly DockerfileLocation dockerfile;

    private BuildContext(
        ISourceTree tree, string directory, DockerIgnore ignore, DockerfileLocation dockerfile, IReadOnlyList<ContextEntry> entries)
    {
        this.tree = tree;
        this.directory = directory;
        this.ignore = ignore;
        this.dockerfile = dockerfile;
        Entries = entries;
        HidesDockerfile = dockerfile.InContext is not { } name || entries.All(entry => entry.Name != name);

        // A name that nobody uses, and that changes only when the content does: the tar stays the same for the same commit.
        DockerfileName = HidesDockerfile ? $".pro.Dockerfile-{IdOf(dockerfile.Entry)[..12]}" : dockerfile.InContext!;
        treeHash = new(() => TreeHashWithout(static _ => false));
    }

    /// <summary>Everything that COPY sees, a folder before its children, siblings in ordinal order.</summary>
    public IReadOnlyList<ContextEntry> Entries { get; }

    /// <summary>The folder that the entries are of, links followed.</summary>
    public string Directory => directory;

    /// <summary>The Dockerfile itself, from the repository's root, links followed.</summary>
    public string DockerfilePath => dockerfile.Entry.Path;

    /// <summary>True if the Dockerfile is not among the entries: it is ignored, or outside of the folder.</summary>
    public bool HidesDockerfile { get; }

    /// <summary>The Dockerfile's path inside the tar.</summary>
    public string DockerfileName { get; }

    /// <summary>The Dockerfile's own file name, without a folder.</summary>
    public string DockerfileFileName => TreePath.Name(dockerfile.Entry.Path);

    /// <summary>The Dockerfile's content, to see what it declares.</summary>
    public string DockerfileText => dockerfile.Text;

    /// <summary>
    /// The Dockerfile's path in the tar of <see cref="WriteClassicTarAsync"/>: its own, if the <c>.dockerignore</c> that is sent names it.
    /// </summary>
    public string ClassicDockerfileName =>
        HidesDockerfile && dockerfile.InContext is { } name && OwnIgnoreFile is not null ? name : DockerfileName;

    private static string IgnoreFile => DockerfileLocation.IgnoreFileName;

    // The context's own .dockerignore, if COPY sees it and it is the one that rules.
    private ContextEntry? OwnIgnoreFile => dockerfile.RulesFromContext ? Entries.FirstOrDefault(entry => entry.Name == IgnoreFile) : null;

    /// <summary>
    /// The identity of the context: SHA-256, in hex, over each entry's mode, name and git blob id. The same bytes on disk and in a
    /// commit have the same hash. For a commit no content is read; for the working tree everything is, once.
    /// </summary>
    public string TreeHash => treeHash.Value;

    /// <summary>Gathers a context.</summary>
    /// <param name="tree">The commit's or the disk's files.</param>
    /// <param name="contextDirectory">The folder, relative to the repository's root; empty or "." for the root.</param>
    /// <param name="dockerfile">The Dockerfile, relative to the repository's root too, inside the folder or not.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    /// <exception cref="ProException">
    /// Folder or Dockerfile aren't in the tree, a line of the ignore file is not a pattern, or the context holds submodules or git-lfs
    /// pointers.
    /// </exception>
    public static BuildContext Create(
        ISourceTree tree, string contextDirectory, string dockerfile, CancellationToken cancellationToken = default)
    {
        var directory = FindContext(tree, contextDirectory);
        var file = DockerfileLocation.Find(tree, directory.Path, dockerfile);
        var ignore = file.ReadIgnore(tree);
        var entries = new ContextWalk(tree, directory.Path, ignore, cancellationToken).Run();
        RefuseUnusableContent(tree, entries, cancellationToken);
        return new(tree, directory.Path, ignore, file, entries);
    }

    /// <summary>
    /// Whether a file of the repository would be sent if it were there: inside of the folder and not ignored, or the Dockerfile.
    /// </summary>
    /// <param name="path">From the repository's root.</param>
    public bool Concerns(string path) =>
        path == dockerfile.Entry.Path || (TreePath.RelativeTo(directory, path) is { } inside && !ignore.IsIgnored(inside));

    /// <summary>The identity as if some of the files weren't there.</summary>
    /// <param name="isLeftOut">Says so of a file's name in the context.</param>
    public string TreeHashWithout(Func<string, bool> isLeftOut)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var entry in Entries.Where(entry => !isLeftOut(entry.Name)))
        {
            Append(hash, Mode(entry.Source.Kind), entry.Name, IdOf(entry.Source));
        }

        Append(hash, "dockerfile", DockerfileName, HidesDockerfile ? IdOf(dockerfile.Entry) : string.Empty);
        return Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();
    }

    /// <summary>
    /// Writes the context as a tar: the same bytes for the same commit on every machine, memory flat. A Dockerfile that is hidden comes
    /// last, under <see cref="DockerfileName"/>.
    /// </summary>
    /// <param name="destination">Where to.</param>
    /// <param name="mtime">The time of every entry (the commit's), cut to whole seconds.</param>
    /// <param name="progress">Told now and then how many bytes were written in all.</param>
    /// <param name="cancellationToken">Stops in the middle.</param>
    public async Task WriteTarAsync(
        Stream destination, DateTimeOffset mtime, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        using var writer = new TarWriter(destination, mtime, progress);
        foreach (var entry in Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await WriteEntryAsync(writer, entry, cancellationToken).ConfigureAwait(false);
        }

        await WriteHiddenAsync(writer, DockerfileName, cancellationToken).ConfigureAwait(false);
        await writer.FinishAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Writes the tar for the engine's classic builder. That builder takes the Dockerfile out of the context if a <c>.dockerignore</c> in
    /// it says so, and Docker's own client adds such a line for the same reason.
    /// </summary>
    /// <param name="destination">Where to.</param>
    /// <param name="mtime">The time of every entry.</param>
    /// <param name="cancellationToken">Stops in the middle.</param>
    public async Task WriteClassicTarAsync(Stream destination, DateTimeOffset mtime, CancellationToken cancellationToken)
    {
        using var writer = new TarWriter(destination, mtime, progress: null);
        var appends = HidesDockerfile && ClassicDockerfileName == DockerfileName;
        var text = $"{IgnoreFile}\n";
        foreach (var entry in Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (appends && entry.Name == IgnoreFile)
            {
                text = TreePath.ReadText(tree, entry.Source);
                continue;
            }

            await WriteEntryAsync(writer, entry, cancellationToken).ConfigureAwait(false);
        }

        if (appends)
        {
            var bytes = Encoding.UTF8.GetBytes($"{text}\n{DockerfileName}\n");
            using var content = new SourceContent(new MemoryStream(bytes, writable: false), bytes.Length);
            await writer.WriteFileAsync(IgnoreFile, executable: false, content, cancellationToken).ConfigureAwait(false);
        }

        await WriteHiddenAsync(writer, ClassicDockerfileName, cancellationToken).ConfigureAwait(false);
        await writer.FinishAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what COPY sees into an empty folder, with the modes and times that the tar has.</summary>
    /// <param name="folder">The folder's full path.</param>
    /// <param name="mtime">The time of every entry.</param>
    /// <param name="cancellationToken">Stops in the middle.</param>
    /// <exception cref="ProException">Two names are one to this file system.</exception>
    public Task WriteFolderAsync(string folder, DateTimeOffset mtime, CancellationToken cancellationToken) =>
        new ContextFolder(tree, folder, mtime).WriteAsync(Entries, cancellationToken);

    private static SourceEntry FindContext(ISourceTree tree, string path)
    {
        var found = TreePath.Follow(tree, path);
        return found switch
        {
            { Kind: SourceEntryKind.Directory } => found,
            { Kind: SourceEntryKind.Submodule } => throw GitErrors.ContentNotInGit(tree.Description, [found.Path], []),
            _ => throw GitErrors.ContextNotFound(tree.Description, path, found is null && tree.IsOnDisk(TreePath.Normalize(path))),
        };
    }

    private static void RefuseUnusableContent(ISourceTree tree, List<ContextEntry> entries, CancellationToken cancellationToken)
    {
        List<string> submodules = [];
        List<string> pointers = [];
        foreach (var entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (entry.Source.Kind == SourceEntryKind.Submodule)
            {
                submodules.Add(entry.Source.Path);
            }
            else if (entry.Source.Kind is SourceEntryKind.File or SourceEntryKind.ExecutableFile && LfsPointer.Is(tree, entry.Source))
            {
                pointers.Add(entry.Source.Path);
            }
            else if (entry.Source.Kind == SourceEntryKind.SymbolicLink)
            {
                _ = TreePath.ReadLink(tree, entry.Source);
            }
        }

        if (submodules.Count + pointers.Count > 0)
        {
            throw GitErrors.ContentNotInGit(tree.Description, submodules, pointers);
        }
    }

    private async Task WriteHiddenAsync(TarWriter writer, string name, CancellationToken cancellationToken)
    {
        if (HidesDockerfile)
        {
            var entry = new ContextEntry(name, dockerfile.Entry with { Kind = SourceEntryKind.File });
            await WriteEntryAsync(writer, entry, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WriteEntryAsync(TarWriter writer, ContextEntry entry, CancellationToken cancellationToken)
    {
        switch (entry.Source.Kind)
        {
            case SourceEntryKind.Directory:
                await writer.WriteDirectoryAsync(entry.Name, cancellationToken).ConfigureAwait(false);
                break;
            case SourceEntryKind.SymbolicLink:
                var target = TreePath.ReadLink(tree, entry.Source);
                await writer.WriteLinkAsync(entry.Name, target, cancellationToken).ConfigureAwait(false);
                break;
            default:
                using (var content = tree.Open(entry.Source))
                {
                    var executable = entry.Source.Kind == SourceEntryKind.ExecutableFile;
                    await writer.WriteFileAsync(entry.Name, executable, content, cancellationToken).ConfigureAwait(false);
                }

                break;
        }
    }

    // A folder has no id here: the filter may have taken some of its children, and those that are left speak for themselves.
    private string IdOf(SourceEntry entry) =>
        entry.Kind == SourceEntryKind.Directory ? string.Empty : entry.ObjectId ?? BlobId.Compute(tree, entry);

    private static string Mode(SourceEntryKind kind) => kind switch
    {
        SourceEntryKind.Directory => "40000",
        SourceEntryKind.SymbolicLink => "120000",
        SourceEntryKind.ExecutableFile => "100755",
        _ => "100644",
    };

    private static void Append(IncrementalHash hash, string mode, string name, string id) =>
        hash.AppendData(Encoding.UTF8.GetBytes($"{mode} {id}\t{name}\0"));
}
