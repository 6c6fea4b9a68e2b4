using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Git.Context;

/// <summary>
/// Writes a context to disk for a client that gets its Dockerfile apart from it: Docker's clients can't be given a tar and a Dockerfile
/// at once. Modes and times are those of the tar, so that the image is the same.
/// </summary>
/// <param name="tree">Where the files are.</param>
/// <param name="folder">An empty folder.</param>
/// <param name="mtime">The time of every entry.</param>
internal sealed class ContextFolder(ISourceTree tree, string folder, DateTimeOffset mtime)
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly DateTime time = DateTimeOffset.FromUnixTimeSeconds(mtime.ToUnixTimeSeconds()).UtcDateTime;

    /// <summary>Writes all of it.</summary>
    /// <exception cref="ProException">Two names are one to this file system, or a file can't be read.</exception>
    public async Task WriteAsync(IReadOnlyList<ContextEntry> entries, CancellationToken cancellationToken)
    {
        foreach (var entry in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = Path.Combine(folder, entry.Name);
            if (Path.Exists(path))
            {
                throw GitErrors.NamesCollide(entry.Source.Path);
            }

            await WriteAsync(path, entry.Source, cancellationToken).ConfigureAwait(false);
        }

        // A folder's time changes with each file that is put into it.
        foreach (var entry in entries.Where(entry => entry.Source.Kind == SourceEntryKind.Directory).Reverse())
        {
            Directory.SetLastWriteTimeUtc(Path.Combine(folder, entry.Name), time);
        }
    }

    private async Task WriteAsync(string path, SourceEntry entry, CancellationToken cancellationToken)
    {
        switch (entry.Kind)
        {
            case SourceEntryKind.Directory:
                SetMode(Directory.CreateDirectory(path), Executable);
                return;
            case SourceEntryKind.SymbolicLink:
                File.CreateSymbolicLink(path, TreePath.ReadLink(tree, entry));
                break;
            default:
                using (var content = tree.Open(entry))
                {
                    await CopyAsync(content, path, cancellationToken).ConfigureAwait(false);
                }

                SetMode(new FileInfo(path), entry.Kind == SourceEntryKind.ExecutableFile ? Executable : Plain);
                break;
        }

        File.SetLastWriteTimeUtc(path, time);
    }

    private static async Task CopyAsync(SourceContent content, string path, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: false);
        await using (file.ConfigureAwait(false))
        {
            await content.Stream.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
            if (file.Length != content.Length)
            {
                throw GitErrors.FileUnreadable(path, "it was cut while it was read", null);
            }
        }
    }

    // The umask of the session must not decide what the image holds.
    private static void SetMode(FileSystemInfo item, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            item.UnixFileMode = mode;
        }
    }
}
