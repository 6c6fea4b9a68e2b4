using System.Text;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Versions;

/// <summary>PowerShell's wildcards on a version's text, without regard to case: <c>v1.2.*</c>.</summary>
internal sealed class VersionPattern
{
    private readonly Regex regex;
    private readonly string text;

    private VersionPattern(string text, Regex regex)
    {
        this.text = text;
        this.regex = regex;
    }

    /// <summary>Whether the text is more than one plain name.</summary>
    public static bool HasWildcards(string text) => text.AsSpan().IndexOfAny('*', '?', '[') >= 0;

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="ProException">A bracket isn't closed, or holds nothing or a range the wrong way round.</exception>
    public static VersionPattern Parse(string text)
    {
        try
        {
            // Without backtracking: a user's pattern of many stars takes no longer than any other.
            RegexOptions options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Singleline;
            return new VersionPattern(text, new Regex(Translate(text), options));
        }
        catch (RegexParseException)
        {
            throw VersionErrors.InvalidPattern(text, "a range in brackets goes from the lower to the higher character");
        }
    }

    /// <summary>Whether the text matches as a whole.</summary>
    public bool IsMatch(string candidate) => regex.IsMatch(candidate);

    /// <summary>Whether the version's text or its image tag, which people see in Docker's own lists, matches as a whole.</summary>
    public bool IsMatch(ProVersion version) =>
        IsMatch(version.ToString()) || (version.BuildMetadata is not null && IsMatch(version.ImageTag));

    /// <summary>The pattern as it was typed.</summary>
    public override string ToString() => text;

    private static string Translate(string text)
    {
        StringBuilder regex = new(@"\A");
        for (int at = 0; at < text.Length; at++)
        {
            switch (text[at])
            {
                case '*':
                    regex.Append(".*");
                    break;
                case '?':
                    regex.Append('.');
                    break;
                case '[':
                    at = Set(text, at, regex);
                    break;
                case '`' when at + 1 < text.Length:
                    regex.Append(Literal(text[++at]));
                    break;
                default:
                    regex.Append(Literal(text[at]));
                    break;
            }
        }

        return regex.Append(@"\z").ToString();
    }

    /// <summary>One bracket; gives the place of its end.</summary>
    private static int Set(string text, int start, StringBuilder regex)
    {
        int end = text.IndexOf(']', start + 1);
        if (end <= start + 1)
        {
            throw VersionErrors.InvalidPattern(text, end < 0 ? "a bracket is not closed" : "a bracket holds nothing");
        }

        // Only '-' between two characters means a range; whatever else a regular expression's set gives a meaning, is literal.
        regex.Append('[');
        for (int at = start + 1; at < end; at++)
        {
            bool range = text[at] == '-' && at > start + 1 && at < end - 1;
            regex.Append(range ? "-" : Literal(text[at]));
        }

        regex.Append(']');
        return end;
    }

    // As its code, which means itself inside of brackets and outside.
    private static string Literal(char c) => $@"\u{(int)c:X4}";
}
