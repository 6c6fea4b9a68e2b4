using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.History;

/// <summary>One month's file: appends whole lines only, and reads the newest first.</summary>
internal static class HistoryFile
{
    private const string LockName = ".history.lock";
    private const UnixFileMode Shared = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    // Writing a line takes well under a millisecond: who waits longer than this waits for something that hangs.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Appends a line, and waits until the disk has it.</summary>
    /// <exception cref="IOException">It can't be written; the file is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    /// <exception cref="ProException">It is not a regular file.</exception>
    [SuppressMessage(
        "Performance", "CA1849:Call async methods when in an async method", Justification = "FlushAsync doesn't wait for the disk.")]
    public static async Task AppendAsync(string path, byte[] line)
    {
        var folder = Path.GetDirectoryName(path)!;
        CreateFolder(folder);
        var file = await WriteAsync(path, folder, line).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            // Without the lock: the next one need not wait for the disk.
            file.Flush(flushToDisk: true);
        }
    }

    /// <summary>The lines, newest first; an empty one where a line is too long to be one.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RegularFile.Ensure(path);
        var file = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous);
        await using (file.ConfigureAwait(false))
        {
            await foreach (var line in ReverseLineReader.ReadAsync(file, HistoryLine.MaxBytes, cancellationToken).ConfigureAwait(false))
            {
                yield return line;
            }
        }
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The caller gets it, or it is disposed.")]
    private static async Task<FileStream> WriteAsync(string path, string folder, byte[] line)
    {
        var lockPath = Path.Combine(folder, LockName);
        var isNew = !File.Exists(lockPath);
        var held = await FileLock.TakeAsync(lockPath, Patience).ConfigureAwait(false);
        await using (held.ConfigureAwait(false))
        {
            if (isNew)
            {
                ShareLikeFolder(lockPath, folder);
            }

            RegularFile.Ensure(path);
            isNew = !File.Exists(path);
            var file = new FileStream(
                path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            try
            {
                if (isNew)
                {
                    ShareLikeFolder(path, folder);
                }

                Append(file, line);
                return file;
            }
            catch
            {
                await file.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
    }

    private static void Append(FileStream file, byte[] line)
    {
        var end = file.Length;
        var starts = end > 0 && !EndsWithLineFeed(file) ? [(byte)'\n', .. line] : line;
        file.Position = end;
        try
        {
            file.Write(starts);
        }
        catch (IOException)
        {
            // A full disk takes half a line: nobody should have to read that.
            file.SetLength(end);
            throw;
        }
    }

    private static bool EndsWithLineFeed(FileStream file)
    {
        file.Position = file.Length - 1;
        return file.ReadByte() == '\n';
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            _ = Directory.CreateDirectory(folder);
        }
        else if (!Directory.Exists(folder))
        {
            _ = Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    /// <summary>In a folder where others may write, others append to the same file, whatever the first one's umask is.</summary>
    private static void ShareLikeFolder(string path, string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            var wanted = File.GetUnixFileMode(folder) & Shared;
            var mode = File.GetUnixFileMode(path);
            if ((mode | wanted) != mode)
            {
                File.SetUnixFileMode(path, mode | wanted);
            }
        }
    }
}
