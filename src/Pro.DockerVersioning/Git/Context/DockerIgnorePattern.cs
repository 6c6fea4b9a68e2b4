using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Git.Context;

/// <summary>One line of a <c>.dockerignore</c>, ready to match.</summary>
internal sealed class DockerIgnorePattern
{
    private static readonly char[] Special = ['*', '?', '[', '\\'];

    private readonly string text;
    private readonly string? start;
    private readonly string? end;
    private readonly Regex? regex;
    private readonly string[] literalFolders;
    private readonly int deepest;

    private DockerIgnorePattern(string text, bool isException)
    {
        this.text = text;
        IsException = isException;
        var parts = text.Split('/');
        literalFolders = [.. parts.TakeWhile(part => part.IndexOfAny(Special) < 0)];

        // A bracket may match a slash too (Docker's does), and ** matches any number of them.
        var anyDepth = text.Contains("**", StringComparison.Ordinal) || text.Contains('[', StringComparison.Ordinal);
        deepest = anyDepth ? int.MaxValue : parts.Length;

        var first = text.IndexOfAny(Special);
        if (first < 0)
        {
            return;
        }

        if (first == 0 && text.StartsWith("**", StringComparison.Ordinal) && text.IndexOfAny(Special, 2) < 0)
        {
            end = text[2..];
        }
        else if (first == text.Length - 2 && text.EndsWith("**", StringComparison.Ordinal))
        {
            start = text[..^2];
        }
        else
        {
            regex = new(Translate(text), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
    }

    /// <summary>Did the line begin with an exclamation mark?</summary>
    public bool IsException { get; }

    /// <summary>Reads one line that was trimmed and is not a comment; null if it is not a pattern.</summary>
    public static DockerIgnorePattern? Parse(string line)
    {
        var isException = line[0] == '!';
        var text = isException ? line[1..].Trim() : line;
        if (text.Length == 0)
        {
            return null;
        }

        text = Clean(text);
        if (text.Length > 1 && text[0] == '/')
        {
            text = text[1..];
        }

        return IsWellFormed(text) ? new(text, isException) : null;
    }

    /// <summary>Does it match this path itself (not a folder above it)?</summary>
    public bool Matches(string path)
    {
        if (regex is not null)
        {
            return regex.IsMatch(path);
        }

        if (start is not null)
        {
            return path.StartsWith(start, StringComparison.Ordinal);
        }

        // "**/foo" matches "foo" too.
        return end is null
            ? string.Equals(path, text, StringComparison.Ordinal)
            : path.EndsWith(end, StringComparison.Ordinal) || (end[0] == '/' && path.AsSpan().SequenceEqual(end.AsSpan(1)));
    }

    /// <summary>Could it match anything below this folder?</summary>
    public bool MayMatchBelow(string directory)
    {
        var folders = directory.Split('/');
        var compared = Math.Min(folders.Length, literalFolders.Length);
        return folders.Length < deepest && folders.AsSpan(0, compared).SequenceEqual(literalFolders.AsSpan(0, compared));
    }

    // The lexical rules of Go's path.Clean, which Docker applies to every pattern.
    private static string Clean(string path)
    {
        var rooted = path[0] == '/';
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part is "" or ".")
            {
                continue;
            }

            if (part is ".." && parts.Count > 0 && parts[^1] is not "..")
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part is not ".." || !rooted)
            {
                parts.Add(part);
            }
        }

        var cleaned = string.Join('/', parts);
        return rooted ? "/" + cleaned : cleaned.Length == 0 ? "." : cleaned;
    }

    // The syntax that Go's filepath.Match accepts, plus rising ranges, which the matcher's regular expression wants.
    private static bool IsWellFormed(string text)
    {
        for (var at = 0; at < text.Length; at++)
        {
            if (text[at] == '\\')
            {
                // The next one stands for itself; a trailing backslash has none.
                if (++at == text.Length)
                {
                    return false;
                }
            }
            else if (text[at] == '[')
            {
                at = ReadClass(text, at, null);
                if (at < 0)
                {
                    return false;
                }
            }
        }

        return true;
    }

    private static string Translate(string text)
    {
        var result = new StringBuilder(@"\A");
        for (var at = 0; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '*' when at + 1 < text.Length && text[at + 1] == '*':
                    at += at + 2 < text.Length && text[at + 2] == '/' ? 2 : 1;
                    result.Append(at == text.Length - 1 ? ".*" : "(.*/)?");
                    break;
                case '*':
                    result.Append("[^/]*");
                    break;
                case '?':
                    // One code point: outside the first plane it is two chars here.
                    result.Append(@"(?:[\uD800-\uDBFF][\uDC00-\uDFFF]|[^/])");
                    break;
                case '[':
                    at = ReadClass(text, at, result);
                    break;
                case '\\':
                    result.Append(Escape(text[++at]));
                    break;
                case var other:
                    result.Append(Escape(other));
                    break;
            }
        }

        return result.Append(@"\z").ToString();
    }

    /// <summary>Reads a bracket expression and returns where it ends, or -1 if it is malformed.</summary>
    private static int ReadClass(string text, int at, StringBuilder? result)
    {
        result?.Append('[');
        at++;
        if (at < text.Length && text[at] == '^')
        {
            result?.Append('^');
            at++;
        }

        for (var first = true; at < text.Length; first = false)
        {
            if (text[at] == ']' && !first)
            {
                result?.Append(']');
                return at;
            }

            if (ReadClassChar(text, ref at) is not { } low)
            {
                return -1;
            }

            var high = low;
            if (at < text.Length && text[at] == '-')
            {
                at++;
                if (ReadClassChar(text, ref at) is not { } upper || upper < low)
                {
                    return -1;
                }

                high = upper;
            }

            result?.Append(Escape(low));
            if (high != low)
            {
                result?.Append('-').Append(Escape(high));
            }
        }

        return -1;
    }

    private static char? ReadClassChar(string text, ref int at)
    {
        if (at >= text.Length || text[at] is '-' or ']')
        {
            return null;
        }

        if (text[at] == '\\' && ++at >= text.Length)
        {
            return null;
        }

        var read = text[at++];
        return at < text.Length ? read : null;
    }

    private static string Escape(char letter) => FormattableString.Invariant($"\\u{(int)letter:X4}");
}
