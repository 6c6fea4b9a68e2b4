namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>Reads <c>## PARAMETERS</c>: a heading for each, its text, and at least one <c>yaml</c> block.</summary>
internal static class ParameterReader
{
    private const string CommonParameters = "CommonParameters";

    private static readonly string[] Keys =
    [
        "Type", "Parameter Sets", "Aliases", "Accepted values", "Required", "Position", "Default value", "Accept pipeline input",
        "Accept wildcard characters",
    ];

    public static IReadOnlyList<PageParameter> Read(PageSection section, PageErrors errors)
    {
        var (_, parts) = PageSection.Split(section.Blocks, level: 3);
        if (parts.Count == 0 || parts[^1].Title != CommonParameters)
        {
            errors.Add(section.Line, $"'## PARAMETERS' must end with '### {CommonParameters}'");
        }

        return [.. parts.Where(part => part.Title != CommonParameters).Select(part => ReadParameter(part, errors))];
    }

    private static PageParameter ReadParameter(PageSection section, PageErrors errors)
    {
        if (!section.Title.StartsWith('-'))
        {
            errors.Add(section.Line, $"'### {section.Title}' must be a parameter's name after a hyphen");
        }

        var description = section.Blocks.TakeWhile(block => !IsTable(block)).ToList();
        var tables = section.Blocks.Skip(description.Count).ToList();
        if (description.Count == 0)
        {
            errors.Add(section.Line, $"'{section.Title}' is not described");
        }

        if (tables.Count == 0)
        {
            errors.Add(section.Line, $"'{section.Title}' lacks its block of ```yaml");
        }

        MamlText.Check(description, errors);
        foreach (var stray in tables.Where(block => !IsTable(block)))
        {
            errors.Add(stray.Line, "a parameter is its text and then its blocks of ```yaml, nothing after or between");
        }

        var read = tables.Where(IsTable).Select(block => ReadTable((CodeText)block, errors));
        return new PageParameter(section.Title.TrimStart('-'), section.Line, description, [.. read]);
    }

    private static bool IsTable(TextBlock block) => block is CodeText { Language: "yaml" };

    private static ParameterTable ReadTable(CodeText code, PageErrors errors)
    {
        var values = ReadValues(code, errors);
        var table = new ParameterTable
        {
            Line = code.Line,
            Type = values["Type"],
            Sets = List(values["Parameter Sets"]),
            Aliases = List(values["Aliases"]),
            AcceptedValues = List(values["Accepted values"]),
            Required = values["Required"] == "True",
            Position = values["Position"],
            DefaultValue = values["Default value"],
            PipelineInput = values["Accept pipeline input"],
            Wildcards = values["Accept wildcard characters"] == "True",
        };
        if (table.Position != ParameterTable.NoPosition && !uint.TryParse(table.Position, out _))
        {
            errors.Add(code.Line, $"'Position' is a number or {ParameterTable.NoPosition}, not '{table.Position}'");
        }

        return table;
    }

    private static Dictionary<string, string> ReadValues(CodeText code, PageErrors errors)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var line = code.Line;
        foreach (var text in code.Text.Split('\n'))
        {
            line++;
            var colon = text.IndexOf(':', StringComparison.Ordinal);
            var key = colon < 0 ? text : text[..colon];
            if (colon < 0 || !Keys.Contains(key))
            {
                errors.Add(line, $"'{key}' is not a key of a parameter; those are {string.Join(", ", Keys)}");
            }
            else if (!values.TryAdd(key, text[(colon + 1)..].Trim()))
            {
                errors.Add(line, $"'{key}' is here twice");
            }
            else
            {
                CheckValue(key, values[key], line, errors);
            }
        }

        foreach (var key in Keys.Where(key => !values.ContainsKey(key)))
        {
            values.Add(key, string.Empty);
            if (key != "Accepted values")
            {
                errors.Add(code.Line, $"the parameter lacks '{key}'");
            }
        }

        return values;
    }

    private static void CheckValue(string key, string value, int line, PageErrors errors)
    {
        var good = key switch
        {
            "Aliases" => true,
            "Required" or "Accept wildcard characters" => value is "True" or "False",
            "Accept pipeline input" => value is "False" or "True (ByValue)" or "True (ByPropertyName)" or "True (ByPropertyName, ByValue)",
            _ => value.Length > 0,
        };
        if (!good)
        {
            errors.Add(line, $"'{value}' is not a value of '{key}'");
        }
    }

    private static string[] List(string value) =>
        value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
