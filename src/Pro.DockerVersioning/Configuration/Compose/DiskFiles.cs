using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>
/// The files as the system finds them from a folder, links and all, below it and elsewhere: what compose reads. A repository's tree, in
/// contrast, follows no link.
/// </summary>
internal sealed class DiskFiles(string root) : ISourceTree
{
    /// <inheritdoc/>
    public string Description => root;

    /// <inheritdoc/>
    public SourceEntry? Find(string path) =>
        File.Exists(FullPath(path)) ? new SourceEntry(path, SourceEntryKind.File, null)
        : Directory.Exists(FullPath(path)) ? new SourceEntry(path, SourceEntryKind.Directory, null)
        : null;

    /// <inheritdoc/>
    public IEnumerable<SourceEntry> List(string directory) => [.. Directory.EnumerateFileSystemEntries(FullPath(directory))
        .Select(path => Find(Path.GetRelativePath(root, path).Replace(Path.DirectorySeparatorChar, '/')))
        .OfType<SourceEntry>()
        .OrderBy(entry => entry.Path, StringComparer.Ordinal)];

    /// <inheritdoc/>
    public long GetLength(SourceEntry entry) => new FileInfo(FullPath(entry.Path)).Length;

    /// <inheritdoc/>
    /// <exception cref="ProException">It can't be read, or reading it would wait for whoever writes it.</exception>
    public SourceContent Open(SourceEntry entry)
    {
        var bytes = RegularFile.Read(FullPath(entry.Path));
        return new SourceContent(new MemoryStream(bytes, writable: false), bytes.Length);
    }

    /// <inheritdoc/>
    public bool IsOnDisk(string path) => Path.Exists(FullPath(path));

    private string FullPath(string path) => path.Length == 0 ? root : Path.Combine(root, path);
}
