namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>A heading with the blocks below it, down to the next heading of its level or above.</summary>
internal sealed record PageSection(string Title, int Line, IReadOnlyList<TextBlock> Blocks)
{
    /// <summary>The blocks before the first heading of a level, and the sections that such headings open.</summary>
    public static (IReadOnlyList<TextBlock> Lead, IReadOnlyList<PageSection> Sections) Split(IReadOnlyList<TextBlock> blocks, int level)
    {
        var starts = Enumerable.Range(0, blocks.Count).Where(i => blocks[i] is HeadingText heading && heading.Level == level).ToList();
        var lead = blocks.Take(starts.Count == 0 ? blocks.Count : starts[0]).ToList();
        var sections = starts.Select((start, i) =>
        {
            var end = i + 1 < starts.Count ? starts[i + 1] : blocks.Count;
            var heading = (HeadingText)blocks[start];
            return new PageSection(heading.Text, heading.Line, [.. blocks.Skip(start + 1).Take(end - start - 1)]);
        });
        return (lead, [.. sections]);
    }
}

/// <summary>The sections of a page by their titles, checked against the titles that the schema has, in its order.</summary>
internal sealed class PageSections
{
    private readonly Dictionary<string, PageSection> _sections = new(StringComparer.Ordinal);

    public PageSections(IReadOnlyList<PageSection> sections, IReadOnlyList<string> order, int titleLine, PageErrors errors)
    {
        var last = -1;
        foreach (var section in sections)
        {
            var position = order.ToList().IndexOf(section.Title);
            if (position < 0)
            {
                errors.Add(section.Line, $"'## {section.Title}' is not a section of the schema; those are {string.Join(", ", order)}");
            }
            else if (!_sections.TryAdd(section.Title, section))
            {
                errors.Add(section.Line, $"'## {section.Title}' is here a second time");
            }
            else if (position < last)
            {
                errors.Add(section.Line, $"'## {section.Title}' belongs before '## {order[last]}'");
            }

            last = Math.Max(last, position);
        }

        foreach (var title in order.Where(title => !_sections.ContainsKey(title)))
        {
            errors.Add(titleLine, $"the page lacks '## {title}'");
            _sections.Add(title, new PageSection(title, titleLine, []));
        }
    }

    public PageSection this[string title] => _sections[title];
}
