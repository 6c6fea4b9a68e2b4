using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Configuration;

/// <summary>PowerShell's wildcards (*, ?, [a-c]) over names, without PowerShell. Case doesn't matter.</summary>
internal static class NamePattern
{
    /// <summary>True where the text holds a wildcard.</summary>
    public static bool IsWildcard(string text) => text.AsSpan().IndexOfAny('*', '?', '[') >= 0;

    /// <summary>Makes a test for names.</summary>
    public static Func<string, bool> Compile(string pattern)
    {
        var expression = new StringBuilder("^");
        for (var index = 0; index < pattern.Length; index++)
        {
            var close = pattern[index] == '[' ? pattern.IndexOf(']', index + 1) : -1;
            if (close > index + 1)
            {
                var set = pattern[(index + 1)..close]
                    .Replace("\\", "\\\\", StringComparison.Ordinal)
                    .Replace("^", "\\^", StringComparison.Ordinal);
                expression.Append('[').Append(set).Append(']');
                index = close;
            }
            else
            {
                expression.Append(pattern[index] switch { '*' => ".*", '?' => ".", var other => Regex.Escape(other.ToString()) });
            }
        }

        const RegexOptions Options =
            RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.Singleline;
        try
        {
            return new Regex(expression.Append("\\z").ToString(), Options).IsMatch;
        }
        catch (ArgumentException)
        {
            // [z-a] is no range: such a pattern matches nothing but itself.
            return name => string.Equals(name, pattern, StringComparison.OrdinalIgnoreCase);
        }
    }
}
