using System.Text;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Git;

/// <summary>Paths inside a repository: forward slashes, no leading or trailing slash, the root is the empty string.</summary>
internal static class TreePath
{
    private const int MaximumLinks = 40;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Takes out <c>.</c>, <c>..</c> and doubled slashes; on Windows backslashes count as slashes.</summary>
    /// <exception cref="ProException">The path is absolute or leads above the root.</exception>
    public static string Normalize(string path)
    {
        var text = OperatingSystem.IsWindows() ? path.Replace('\\', '/') : path;
        if (text.StartsWith('/') || (OperatingSystem.IsWindows() && Path.IsPathRooted(text)))
        {
            throw GitErrors.PathOutsideRepository(path);
        }

        var parts = new List<string>();
        foreach (var part in text.Split('/'))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part is not "..")
            {
                parts.Add(part);
                continue;
            }

            if (parts.Count == 0)
            {
                throw GitErrors.PathOutsideRepository(path);
            }

            parts.RemoveAt(parts.Count - 1);
        }

        return string.Join('/', parts);
    }

    /// <summary>One level deeper.</summary>
    public static string Join(string directory, string name) => directory.Length == 0 ? name : $"{directory}/{name}";

    /// <summary>The folder that holds it; the root's own is the root.</summary>
    public static string Parent(string path) => path.LastIndexOf('/') is var slash && slash < 0 ? string.Empty : path[..slash];

    /// <summary>The last part.</summary>
    public static string Name(string path) => path[(path.LastIndexOf('/') + 1)..];

    /// <summary>The path seen from a folder, or null if it lies elsewhere.</summary>
    public static string? RelativeTo(string directory, string path)
    {
        if (directory.Length == 0)
        {
            return path;
        }

        return path.StartsWith(directory, StringComparison.Ordinal) && path.Length > directory.Length && path[directory.Length] == '/'
            ? path[(directory.Length + 1)..]
            : null;
    }

    /// <summary>Follows the symbolic links on a path, as far as the tree goes; null if nothing is there.</summary>
    /// <exception cref="ProException">A link leads out of the repository, or in a circle.</exception>
    public static SourceEntry? Follow(ISourceTree tree, string path)
    {
        var rest = Parts(path);
        var reached = tree.Find(string.Empty);
        var links = 0;
        while (reached is not null && rest.TryPop(out var name))
        {
            var next = tree.Find(Join(reached.Path, name));
            if (next?.Kind != SourceEntryKind.SymbolicLink)
            {
                reached = next;
                continue;
            }

            if (++links > MaximumLinks)
            {
                throw GitErrors.LinkLoop(path);
            }

            var target = ReadLink(tree, next);
            var whole = target.StartsWith('/') ? throw GitErrors.PathOutsideRepository(path) : Join(reached.Path, target);
            whole = rest.Aggregate(whole, (text, part) => $"{text}/{part}");
            rest = Parts(whole);
            reached = tree.Find(string.Empty);
        }

        return reached;
    }

    /// <summary>
    /// Follows the links of a file as if its folder were the root of the disk: <c>..</c> stays in it, and an absolute target starts there.
    /// Null if nothing is there, or links lead in a circle.
    /// </summary>
    public static SourceEntry? FollowInside(ISourceTree tree, string folder, string name)
    {
        var rest = new Stack<string>([name]);
        var reached = new List<string>();
        var links = 0;
        while (rest.TryPop(out var part))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part == "..")
            {
                reached = [.. reached.SkipLast(1)];
                continue;
            }

            if (tree.Find(reached.Append(part).Aggregate(folder, Join)) is not { } next)
            {
                return null;
            }

            if (next.Kind != SourceEntryKind.SymbolicLink)
            {
                reached.Add(part);
                continue;
            }

            if (++links > MaximumLinks)
            {
                return null;
            }

            var target = ReadLink(tree, next);
            if (target.StartsWith('/'))
            {
                reached.Clear();
            }

            foreach (var one in Enumerable.Reverse(target.Split('/')))
            {
                rest.Push(one);
            }
        }

        return tree.Find(reached.Aggregate(folder, Join));
    }

    /// <summary>Reads a small file (or a link's target) as UTF-8; a byte order mark is dropped.</summary>
    public static string ReadText(ISourceTree tree, SourceEntry entry)
    {
        using var content = tree.Open(entry);
        using var reader = new StreamReader(content.Stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>A symbolic link's target.</summary>
    /// <exception cref="ProException">It isn't UTF-8: the tar would hold another target.</exception>
    public static string ReadLink(ISourceTree tree, SourceEntry link)
    {
        using var content = tree.Open(link);
        using var reader = new StreamReader(content.Stream, StrictUtf8, detectEncodingFromByteOrderMarks: false);
        try
        {
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException error)
        {
            throw GitErrors.LinkTargetUnusable(tree.Description, link.Path, error);
        }
    }

    // The first part on top.
    private static Stack<string> Parts(string path) =>
        new(Enumerable.Reverse(Normalize(path).Split('/', StringSplitOptions.RemoveEmptyEntries)));
}
