using System.Diagnostics;
using System.Formats.Tar;
using System.Globalization;
using CliWrap;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Machine;

/// <summary>
/// Replaces a file as a whole: the new content is written beside it and renamed over it. Whoever reads sees the old text or the new one,
/// whatever dies in between. Mode and owner stay; of a symbolic link the target is replaced.
/// </summary>
internal static class AtomicFile
{
    private const string NextMark = ".pro-next-";

    /// <summary>Another operation's edit takes milliseconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>A lock may go between the failed try and the look at it. What still fails after this has another reason.</summary>
    private static readonly TimeSpan JustGone = TimeSpan.FromSeconds(1);

    /// <summary>Changes a file under a lock, so that two services' operations in one folder don't lose each other's line.</summary>
    /// <param name="path">The file; it may be missing.</param>
    /// <param name="change">Gets the content (null: no file) and says what becomes of it. It may be asked again.</param>
    /// <param name="cancellationToken">Stops waiting for the lock.</param>
    /// <returns>The content before.</returns>
    /// <exception cref="IOException">It can't be read or written, or somebody else changes it all the time.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not, or couldn't keep the owner.</exception>
    public static async Task<byte[]?> ChangeAsync(string path, Func<byte[]?, FileChange> change, CancellationToken cancellationToken)
    {
        var target = new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        await using var held = (await LockAsync(target + ".pro-lock", cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        RemoveLeftovers(target);
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var before = Read(target);
            var wanted = change(before);
            if (wanted.Kind == FileChangeKind.None)
            {
                return before;
            }

            // An editor knows nothing of the lock.
            var next = wanted.Kind == FileChangeKind.Write ? await PrepareAsync(target, wanted.Content!).ConfigureAwait(false) : null;
            if (Same(Read(target), before))
            {
                Commit(next, target);
                return before;
            }

            if (next is not null)
            {
                File.Delete(next);
            }
        }

        throw new IOException($"{target} changes all the time.");
    }

    /// <summary>Writes the new content beside the file, with its mode and owner.</summary>
    /// <returns>The path that is to be renamed.</returns>
    internal static async Task<string> PrepareAsync(string target, byte[] content)
    {
        var next = string.Create(CultureInfo.InvariantCulture, $"{target}{NextMark}{Environment.ProcessId}-{Guid.NewGuid():N}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            // Secrets are in such files: never more readable than the old one, not even for a moment.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            var stream = new FileStream(next, options);
            await using (stream.ConfigureAwait(false))
            {
                await stream.WriteAsync(content).ConfigureAwait(false);
                await stream.FlushAsync().ConfigureAwait(false);
                RandomAccess.FlushToDisk(stream.SafeFileHandle);
            }

            await KeepOwnerAsync(target, next).ConfigureAwait(false);
            return next;
        }
        catch
        {
            File.Delete(next);
            throw;
        }
    }

    /// <summary>Makes it so.</summary>
    internal static void Commit(string? next, string target)
    {
        if (next is null)
        {
            File.Delete(target);
        }
        else
        {
            File.Move(next, target, overwrite: true);
        }
    }

    /// <summary>What a killed process left: under the lock nobody else writes.</summary>
    private static void RemoveLeftovers(string target)
    {
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(target)!, Path.GetFileName(target) + NextMark + "*"))
        {
            File.Delete(file);
        }
    }

    private static async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                var stream = new FileStream(
                    path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1, FileOptions.DeleteOnClose);

                // The one before may have deleted what we had just opened: then the next comer would lock another file.
                if (File.Exists(path))
                {
                    return stream;
                }

                await stream.DisposeAsync().ConfigureAwait(false);
            }
            catch (IOException exception) when (exception is not DirectoryNotFoundException
                && watch.Elapsed < (File.Exists(path) ? Patience : JustGone))
            {
                // Held by another operation, or held a moment ago.
            }

            await Task.Delay(20, cancellationToken).ConfigureAwait(false);
        }
    }

    private static byte[]? Read(string path)
    {
        try
        {
            return RegularFile.ReadBytes(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static bool Same(byte[]? one, byte[]? other) =>
        one is null ? other is null : other is not null && one.AsSpan().SequenceEqual(other);

    private static async Task KeepOwnerAsync(string target, string next)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        if (!File.Exists(target))
        {
            File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            return;
        }

        var owner = OwnerOf(target);
        if (owner != OwnerOf(next))
        {
            var result = await Cli.Wrap(ProgramFinder.Find("chown") ?? throw ComposeErrors.OwnerLost(target, owner))
                .WithArguments([owner, next]).WithValidation(CommandResultValidation.None)
                .ExecuteAsync().ConfigureAwait(false);
            if (!result.IsSuccess)
            {
                throw ComposeErrors.OwnerLost(target, owner);
            }
        }

        File.SetUnixFileMode(next, File.GetUnixFileMode(target));
    }

    /// <summary>"1000:1000". The framework tells a file's owner nowhere but in a tar's header.</summary>
    private static string OwnerOf(string path)
    {
        using var buffer = new MemoryStream();
        using (var writer = new TarWriter(buffer, TarEntryFormat.Pax, leaveOpen: true))
        {
            writer.WriteEntry(path, "file");
        }

        buffer.Position = 0;
        using var reader = new TarReader(buffer);
        var entry = reader.GetNextEntry()!;
        return string.Create(CultureInfo.InvariantCulture, $"{entry.Uid}:{entry.Gid}");
    }
}
