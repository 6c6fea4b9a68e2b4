using System.Text;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Configuration;

/// <summary>Reads a text file of a source tree. Symbolic links inside the tree are followed, as compose on disk would.</summary>
internal static class SourceText
{
    /// <summary>Configuration is written by hand; what is larger is some other file by the same name.</summary>
    private const long LargestFile = 4 * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>True if the path is a file, or a link to one.</summary>
    public static bool Exists(ISourceTree tree, string path) => Locate(tree, path) is not null;

    /// <summary>The file's text without its byte order mark; null if there is no such file.</summary>
    /// <exception cref="ProException">The file is not UTF-8 text.</exception>
    public static string? Read(ISourceTree tree, string path)
    {
        return Locate(tree, path) is { } entry ? Read(tree, entry, path) : null;
    }

    /// <summary>A file's text without its byte order mark.</summary>
    /// <exception cref="ProException">The file is not UTF-8 text.</exception>
    public static string Read(ISourceTree tree, SourceEntry entry, string path)
    {
        tree.EnsureRegular(entry);
        using var content = tree.Open(entry);
        if (content.Length > LargestFile)
        {
            throw ConfigurationErrors.FileTooLarge(path, content.Length, LargestFile);
        }

        using var copy = new MemoryStream((int)content.Length);
        content.Stream.CopyTo(copy);
        return Decode(copy.GetBuffer().AsSpan(0, (int)copy.Length), path);
    }

    /// <summary>The text of a file on disk, without its byte order mark.</summary>
    /// <exception cref="ProException">It is not a regular file, can't be read, or isn't UTF-8 text.</exception>
    public static string ReadFile(string path) => Decode(RegularFile.Read(path), path);

    /// <summary>Decodes UTF-8 and drops the byte order mark.</summary>
    /// <exception cref="ProException">The bytes aren't UTF-8.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes, string path)
    {
        ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
        try
        {
            return StrictUtf8.GetString(bytes.StartsWith(mark) ? bytes[mark.Length..] : bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw ConfigurationErrors.NotUtf8(path, exception);
        }
    }

    /// <summary>The file, links followed; null if there is none, or if a link leads out of the tree or in a circle.</summary>
    private static SourceEntry? Locate(ISourceTree tree, string path)
    {
        try
        {
            return TreePath.Follow(tree, path) is { Kind: SourceEntryKind.File or SourceEntryKind.ExecutableFile } file ? file : null;
        }
        catch (ProException)
        {
            return null;
        }
    }
}
