using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Versions;

/// <summary>
/// PowerShell's wildcards (*, ?, [a-c], and ` before what means itself) over names, without PowerShell. Case doesn't matter.
/// </summary>
internal static class NamePattern
{
    /// <summary>True if the text holds a wildcard.</summary>
    public static bool IsWildcard(string text) => text.AsSpan().IndexOfAny('*', '?', '[') >= 0;

    /// <summary>Makes a test for names. A pattern whose brackets are wrong matches nothing but itself.</summary>
    public static Func<string, bool> Compile(string pattern) => TryCompile(pattern, out var regex, out _)
        ? regex.IsMatch
        : name => string.Equals(name, pattern, StringComparison.OrdinalIgnoreCase);

    /// <summary>Makes an expression that matches whole names.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="regex">The expression.</param>
    /// <param name="why">What is wrong with the pattern; empty if nothing is.</param>
    /// <returns>False if a bracket isn't closed, or holds nothing or a range the wrong way round.</returns>
    public static bool TryCompile(string pattern, [NotNullWhen(true)] out Regex? regex, out string why)
    {
        regex = null;
        if (Translate(pattern, out why) is not { } expression)
        {
            return false;
        }

        try
        {
            // Without backtracking: a user's pattern of many stars takes no longer than any other.
            const RegexOptions Options =
                RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Singleline;
            regex = new Regex(expression, Options);
            return true;
        }
        catch (RegexParseException)
        {
            why = "a range in brackets goes from the lower to the higher character";
            return false;
        }
    }

    private static string? Translate(string text, out string why)
    {
        why = "";
        var regex = new StringBuilder(@"\A");
        for (var at = 0; at < text.Length; at++)
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
                    var end = text.IndexOf(']', at + 1);
                    if (end <= at + 1)
                    {
                        why = end < 0 ? "a bracket is not closed" : "a bracket holds nothing";
                        return null;
                    }

                    AppendSet(regex, text[(at + 1)..end]);
                    at = end;
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

    // Only '-' between two characters means a range; whatever else a regular expression's set gives a meaning, is literal.
    private static void AppendSet(StringBuilder regex, string set)
    {
        regex.Append('[');
        for (var at = 0; at < set.Length; at++)
        {
            regex.Append(set[at] == '-' && at > 0 && at < set.Length - 1 ? "-" : Literal(set[at]));
        }

        regex.Append(']');
    }

    // As its code, which means itself inside of brackets and outside.
    private static string Literal(char c) => $@"\u{(int)c:X4}";
}
