namespace Pro.DockerVersioning.Git;

/// <summary>
/// The files of a repository as a commit holds them, or as they are on disk. Paths are relative to the repository's root, with
/// forward slashes; the root itself is the empty string. Comparison is ordinal and case-sensitive, on every system.
/// </summary>
internal interface ISourceTree
{
    /// <summary>How messages name it: "the tree of v1.2.3", "the working tree".</summary>
    string Description { get; }

    /// <summary>Looks one entry up; null if there is none. The root is a directory.</summary>
    SourceEntry? Find(string path);

    /// <summary>The direct children of a folder, sorted ordinally by name; empty if there is no such folder.</summary>
    IEnumerable<SourceEntry> List(string directory);

    /// <summary>The size of a file's content (or of a link's target) in bytes, without reading the content.</summary>
    /// <exception cref="ProException">The entry isn't there any more, or can't be read.</exception>
    long GetLength(SourceEntry entry);

    /// <summary>Opens a file's content (or a symbolic link's target) with its exact size.</summary>
    /// <exception cref="ProException">The entry can't be read.</exception>
    SourceContent Open(SourceEntry entry);

    /// <summary>Refuses a file whose content only a reader that waits could get: a named pipe. A commit has none.</summary>
    /// <exception cref="ProException">It is not a regular file.</exception>
    void EnsureRegular(SourceEntry entry)
    {
    }

    /// <summary>Is there something of this name on disk, whatever this tree says? For messages that suggest the working tree.</summary>
    bool IsOnDisk(string path);
}

/// <summary>The content of one entry; disposing it ends the reading.</summary>
/// <param name="Stream">The bytes, forward only.</param>
/// <param name="Length">How many there will be, exactly.</param>
internal sealed record SourceContent(Stream Stream, long Length) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Stream.Dispose();
}
