using System.Text;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;

namespace Pro.DockerVersioning.Configuration;

/// <summary>Reads a text file of a source tree. Symbolic links inside the tree are followed, as compose on disk would.</summary>
internal static class SourceText
{
    private const int MostLinks = 16;

    /// <summary>Configuration is written by hand; what is larger is some other file by the same name.</summary>
    private const long LargestFile = 4 * 1024 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>True where the path is a file, or a link to one.</summary>
    public static bool Exists(ISourceTree tree, string path) => Locate(tree, path) is not null;

    /// <summary>The file's text without its byte order mark; null where there is no such file.</summary>
    /// <exception cref="ProException">The file is no UTF-8 text.</exception>
    public static string? Read(ISourceTree tree, string path)
    {
        if (Locate(tree, path) is not { } entry)
        {
            return null;
        }

        using var content = tree.Open(entry);
        if (content.Length > LargestFile)
        {
            throw ConfigurationErrors.FileTooLarge(path, content.Length, LargestFile);
        }

        using var copy = new MemoryStream((int)content.Length);
        content.Stream.CopyTo(copy);
        return Decode(copy.GetBuffer().AsSpan(0, (int)copy.Length), path);
    }

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

    private static SourceEntry? Locate(ISourceTree tree, string path)
    {
        var current = path;
        for (var links = 0; links < MostLinks; links++)
        {
            var entry = tree.Find(current);
            if (entry is null || entry.Kind is SourceEntryKind.File or SourceEntryKind.ExecutableFile)
            {
                return entry;
            }

            if (entry.Kind != SourceEntryKind.SymbolicLink || LinkTarget(tree, entry) is not { } target)
            {
                return null;
            }

            current = target;
        }

        return null;
    }

    private static string? LinkTarget(ISourceTree tree, SourceEntry link)
    {
        using var content = tree.Open(link);
        using var reader = new StreamReader(content.Stream, StrictUtf8);
        return RepositoryPath.Resolve(RepositoryPath.Directory(link.Path), reader.ReadToEnd());
    }
}
