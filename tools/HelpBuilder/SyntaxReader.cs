using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>Reads <c>## SYNTAX</c>: one block of code for each parameter set, as <c>Get-Command -Syntax</c> prints it.</summary>
internal static partial class SyntaxReader
{
    private const string DefaultMark = " (Default)";

    private const string CommonParameters = "[<CommonParameters>]";

    public static IReadOnlyList<SyntaxSet> Read(string command, PageSection section, PageErrors errors)
    {
        var (lead, sets) = PageSection.Split(section.Blocks, level: 3);

        // platyPS gives a cmdlet with a single parameter set no heading for it.
        if (sets.Count == 0)
        {
            sets = [new PageSection(ParameterTable.AllSets, section.Line, lead)];
        }

        return [.. sets.Select(set => ReadSet(command, set, errors))];
    }

    private static SyntaxSet ReadSet(string command, PageSection section, PageErrors errors)
    {
        var name = section.Title.EndsWith(DefaultMark, StringComparison.Ordinal) ? section.Title[..^DefaultMark.Length] : section.Title;
        if (section.Blocks is not [CodeText code])
        {
            errors.Add(section.Line, $"the syntax '{name}' must be one block of code");
            return new SyntaxSet(name, section.Line, []);
        }

        var text = string.Join(' ', code.Text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        if (!text.StartsWith(command + " ", StringComparison.Ordinal) || !text.EndsWith(CommonParameters, StringComparison.Ordinal))
        {
            errors.Add(code.Line, $"the syntax must begin with '{command}' and end with '{CommonParameters}'");
            return new SyntaxSet(name, section.Line, []);
        }

        return new SyntaxSet(name, code.Line, ReadParameters(text[command.Length..^CommonParameters.Length].Trim(), code.Line, errors));
    }

    private static List<SyntaxParameter> ReadParameters(string text, int line, PageErrors errors)
    {
        var parameters = new List<SyntaxParameter>();
        for (var at = 0; at < text.Length;)
        {
            var match = Parameter().Match(text, at);
            if (!match.Success)
            {
                errors.Add(line, $"not a syntax: '{text[at..]}'");
                break;
            }

            parameters.Add(ToParameter(match));
            at += match.Length;
        }

        return parameters;
    }

    private static SyntaxParameter ToParameter(Match match)
    {
        // Brackets around the name alone: the name may be left out, not the value.
        var positional = match.Groups["bracket"].Success;
        var required = !match.Value.StartsWith(positional ? "[[" : "[", StringComparison.Ordinal);
        var type = match.Groups["type"].Success ? match.Groups["type"].Value : null;
        return new SyntaxParameter(match.Groups["name"].Value, type, required, positional);
    }

    // Four forms: [[-Name] <Type>] and [-Name] <Type> are positional; [-Name <Type>] and -Name <Type> are not. A switch has no type.
    [GeneratedRegex(
        """
        \G(?:
            \[\[-(?<name>\w+)(?<bracket>\])[ ]<(?<type>[^>]+)>\]
            | \[-(?<name>\w+)(?<bracket>\])[ ]<(?<type>[^>]+)>
            | \[-(?<name>\w+)(?:[ ]<(?<type>[^>]+)>)?\]
            | -(?<name>\w+)(?:[ ]<(?<type>[^>]+)>)?
        )(?:[ ]+|$)
        """,
        RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Parameter();
}
