using System.Formats.Tar;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Machine;

/// <summary>
/// Reads a user's files. What is not a regular file (a named pipe that a secret manager fills, a socket, a device) is refused before it is
/// opened: to open a pipe waits for its writer, and what is written into it can be read only once.
/// </summary>
internal static class RegularFile
{
    private const string Nothing = "/dev/null";

    /// <summary>A file's content.</summary>
    /// <exception cref="ProException">It is not a regular file, or can't be read.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            return ReadBytes(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw ComposeErrors.FileUnreadable(path, error);
        }
    }

    /// <summary>The same for who has an error of its own for a file that is missing, or can't be read.</summary>
    /// <exception cref="ProException">It is not a regular file.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The user may not read it.</exception>
    public static byte[] ReadBytes(string path)
    {
        Ensure(path);
        return path == Nothing ? [] : File.ReadAllBytes(path);
    }

    /// <summary>Refuses what is there and is not a regular file; a link counts as what it leads to, and nothing there is fine.</summary>
    /// <exception cref="ProException">It is something else.</exception>
    public static void Ensure(string path)
    {
        if (path != Nothing && KindOf(path) is { } kind)
        {
            throw ComposeErrors.NotRegular(path, kind);
        }
    }

    /// <summary>
    /// What it is, if it isn't a regular file; null for one, and for what isn't there. The framework tells it only in a tar's header.
    /// </summary>
    private static string? KindOf(string path)
    {
        string target;
        try
        {
            target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException)
        {
            return "a link that leads back to itself";
        }

        if (Directory.Exists(target))
        {
            return "a folder";
        }

        if (!File.Exists(target))
        {
            return target == path ? null : $"a link to {target}, which is not there,";
        }

        // With a length it is a regular file; the rest is small enough to be put into an archive.
        if (OperatingSystem.IsWindows() || new FileInfo(target).Length > 0)
        {
            return null;
        }

        using var buffer = new MemoryStream();
        try
        {
            using (var writer = new TarWriter(buffer, TarEntryFormat.Pax, leaveOpen: true))
            {
                writer.WriteEntry(target, "file");
            }
        }
        catch (IOException)
        {
            // No archive can hold a socket.
            return "a socket";
        }
        catch (UnauthorizedAccessException)
        {
            // Who reads it says so.
            return null;
        }

        buffer.Position = 0;
        using var reader = new TarReader(buffer);
        return reader.GetNextEntry()?.EntryType switch
        {
            TarEntryType.Fifo => "a named pipe",
            TarEntryType.CharacterDevice or TarEntryType.BlockDevice => "a device",
            _ => null,
        };
    }
}
