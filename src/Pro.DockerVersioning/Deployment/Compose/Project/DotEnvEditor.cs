using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Deployment.Compose.Project;

/// <summary>
/// Sets one variable in the text of a <c>.env</c> and leaves all else as it is: comments, order, line ends, quotes, blanks. The text is one
/// character a byte (Latin-1), so that whatever encoding the comments have survives.
/// </summary>
internal static partial class DotEnvEditor
{
    /// <summary>A UTF-8 byte order mark, read as Latin-1.</summary>
    private const string Mark = "\u00EF\u00BB\u00BF";

    /// <summary>The text with a variable's last statement changed, since that one counts; appended if there is none.</summary>
    public static string Set(string text, string name, string value)
    {
        if (Find(text, name) is { } last)
        {
            // A name alone passes the environment's value on; it becomes a statement like any other.
            var sign = last.Groups["equals"].Success ? "" : "=";
            var old = last.Groups["value"];
            return string.Concat(text.AsSpan(0, old.Index), sign, value, text.AsSpan(old.Index + old.Length));
        }

        var newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        return text is "" or Mark || text.EndsWith('\n')
            ? $"{text}{name}={value}{newLine}"
            : $"{text}{newLine}{name}={value}";
    }

    /// <summary>The value of a variable as written, without its quotes; null if no statement has it.</summary>
    public static string? Raw(string text, string name) => Find(text, name)?.Groups["value"].Value;

    private static Match? Find(string text, string name) =>
        Statement().Matches(text).LastOrDefault(statement => statement.Groups["name"].Value == name);

    // A value in quotes may hold lines; without them it ends before a comment. A quote that nobody closes is a part of the value.
    [GeneratedRegex(
        """
        (?: ^ | \A\u00EF\u00BB\u00BF ) [ \t]* (?:export[ \t]+)? (?<name> [A-Za-z0-9_.\-\[\]]+ )
        (?:
          [ \t]* (?<equals> [=:] ) [ \t]*
          (?: (?<quote> ['"] ) (?<value> (?: \\. | (?!\k<quote>)[^\\] )* ) \k<quote>
          | (?<value>) (?= \# )
          | (?<value> [^\n]*? ) \s*? (?: $ | [ \t]\# ) )
        | (?<value>) [ \t]* (?= \r?$ )
        )
        """,
        RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Statement();
}
