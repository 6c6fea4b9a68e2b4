using System.Text.RegularExpressions;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>One variable in a text of a compose file: from the index of its dollar to the index after its end.</summary>
internal sealed record VariablePlace(int Start, int End, string Name, bool TakesValue);

/// <summary>Finds the variables of a text, which compose's interpolation replaces without telling where they were.</summary>
internal static partial class VariableText
{
    /// <summary>
    /// The variables in the order of the text; not those inside of another one's default. Setting one puts its value there, unless its
    /// operator is <c>+</c>: then another text appears.
    /// </summary>
    public static IReadOnlyList<VariablePlace> Places(string text) =>
        [.. Variable().Matches(text)
            .Where(match => match.Groups["name"].Success)
            .Select(match => new VariablePlace(
                match.Index, match.Index + match.Length, match.Groups["name"].Value, !match.Groups["operator"].Value.EndsWith('+')))];

    /// <summary>The names of all variables that a text could ever ask for, those in defaults too.</summary>
    public static IReadOnlySet<string> Names(string text)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var answer in new[] { null, "x" })
        {
            _ = TryExpand(text, new FilePosition(string.Empty, 1, 1), name =>
            {
                names.Add(name);
                return answer;
            });
        }

        return names;
    }

    /// <summary>
    /// A text with its variables replaced; null if one must be set and isn't, or if the text is not valid. Compose itself says so.
    /// </summary>
    public static string? TryExpand(string text, FilePosition at, Func<string, string?> find)
    {
        try
        {
            return ComposeInterpolation.Expand(text, at, find, tellMissing: null);
        }
        catch (ProException)
        {
            return null;
        }
    }

    // A dollar that stands for itself, $NAME, or ${NAME} with an operator and a word; braces in the word are closed before the last one.
    [GeneratedRegex(
        """
        \$\$
        | \$ (?<name> [A-Za-z_][A-Za-z0-9_]* )
        | \$\{ (?> (?<name> [A-Za-z_][A-Za-z0-9_]* ) )
            (?: (?<operator> :[^{}] | [^:{}] ) (?: [^{}] | (?<open> \{ ) | (?<-open> \} ) )* (?(open)(?!)) )?
          \}
        """,
        RegexOptions.ExplicitCapture | RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Variable();
}
