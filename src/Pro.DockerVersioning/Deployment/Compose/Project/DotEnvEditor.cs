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
        if (Statements(text).LastOrDefault(statement => statement.Name == name) is { } last)
        {
            return string.Concat(text.AsSpan(0, last.Start), last.Sign, value, text.AsSpan(last.End));
        }

        var newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        var body = text.StartsWith(Mark, StringComparison.Ordinal) ? text[Mark.Length..] : text;
        return body.Length == 0 || body.EndsWith('\n')
            ? $"{text}{name}={value}{newLine}"
            : $"{text}{newLine}{name}={value}";
    }

    /// <summary>The value of a variable as written, without its quotes; null if no statement has it.</summary>
    public static string? Raw(string text, string name) =>
        Statements(text).LastOrDefault(statement => statement.Name == name) is { } last ? text[last.Start..last.End] : null;

    private static IEnumerable<Statement> Statements(string text)
    {
        var index = text.StartsWith(Mark, StringComparison.Ordinal) ? Mark.Length : 0;
        while (index < text.Length)
        {
            var end = LineEnd(text, index);
            var match = Head().Match(text, index, end - index);
            if (!match.Success)
            {
                index = end + 1;
                continue;
            }

            var statement = Read(text, match, end);
            yield return statement;
            index = LineEnd(text, statement.End) + 1;
        }
    }

    private static Statement Read(string text, Match match, int end)
    {
        var name = match.Groups["name"].Value;
        var start = match.Index + match.Length;
        if (!match.Groups["equals"].Success)
        {
            // A name alone passes the environment's value on; it becomes a statement like any other.
            return new Statement(name, match.Groups["name"].Index + name.Length, match.Groups["name"].Index + name.Length, "=");
        }

        if (start < text.Length && text[start] is '\'' or '"' && Closing(text, start) is var close and > 0)
        {
            return new Statement(name, start + 1, close, string.Empty);
        }

        var line = text[start..end];
        var comment = Comment().Match(line);
        return new Statement(name, start, start + (comment.Success ? line[..comment.Index] : line).TrimEnd().Length, string.Empty);
    }

    /// <summary>The index of the closing quote, perhaps some lines below; 0 if there is none.</summary>
    private static int Closing(string text, int start)
    {
        for (var index = start + 1; index < text.Length; index++)
        {
            if (text[index] == '\\')
            {
                index++;
            }
            else if (text[index] == text[start])
            {
                return index;
            }
        }

        return 0;
    }

    private static int LineEnd(string text, int index) => text.IndexOf('\n', index) is var end and >= 0 ? end : text.Length;

    [GeneratedRegex(
        @"\G[ \t]*(?:export[ \t]+)?(?<name>[A-Za-z0-9_.\-\[\]]+)[ \t]*(?:(?<equals>[=:])[ \t]*|(?=\r?$))",
        RegexOptions.ExplicitCapture)]
    private static partial Regex Head();

    [GeneratedRegex(@"[ \t]#|\A#")]
    private static partial Regex Comment();

    /// <summary>One NAME=VALUE.</summary>
    /// <param name="Name">The variable.</param>
    /// <param name="Start">Where the value begins, behind a quote.</param>
    /// <param name="End">The index after it, before a quote.</param>
    /// <param name="Sign">What has to stand before a new value.</param>
    private sealed record Statement(string Name, int Start, int End, string Sign);
}
