namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>The lines of <c>key: value</c> between the two <c>---</c> at a page's top.</summary>
internal sealed class FrontMatter
{
    private readonly Dictionary<string, (string Value, int Line)> _values = new(StringComparer.OrdinalIgnoreCase);

    public static FrontMatter Read(PageSource source, PageErrors errors)
    {
        var result = new FrontMatter();
        var lines = source.Text.Split('\n');
        if (lines[0] != "---")
        {
            errors.Add(1, "the page must begin with front matter between two lines of '---'");
            return result;
        }

        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i] == "---")
            {
                return result;
            }

            result.Add(i + 1, lines[i], errors);
        }

        errors.Add(1, "the front matter has no closing line of '---'");
        return result;
    }

    /// <summary>The value of a key; an error if the key is missing, or is empty and may not be.</summary>
    public string Require(string key, PageErrors errors, bool mayBeEmpty = false)
    {
        if (!_values.TryGetValue(key, out var entry))
        {
            errors.Add(1, $"the front matter lacks '{key}'");
            return string.Empty;
        }

        if (entry.Value.Length == 0 && !mayBeEmpty)
        {
            errors.Add(entry.Line, $"'{key}' in the front matter is empty");
        }

        return entry.Value;
    }

    /// <summary>The same for a key that has one value only.</summary>
    public void Require(string key, string value, PageErrors errors)
    {
        if (Require(key, errors) is { Length: > 0 } other && other != value)
        {
            errors.Add(_values[key].Line, $"'{key}' must be {value}, not '{other}'");
        }
    }

    private void Add(int line, string text, PageErrors errors)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0)
        {
            errors.Add(line, $"'{text}' is not a 'key: value'");
        }
        else if (!_values.TryAdd(text[..colon].Trim(), (text[(colon + 1)..].Trim(), line)))
        {
            errors.Add(line, $"'{text[..colon].Trim()}' is in the front matter twice");
        }
    }
}
