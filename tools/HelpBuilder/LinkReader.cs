namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>Reads <c>## RELATED LINKS</c>: paragraphs that are links and nothing else.</summary>
internal static class LinkReader
{
    public static IReadOnlyList<PageLink> Read(PageSection section, PageErrors errors)
    {
        var links = new List<PageLink>();
        foreach (var block in section.Blocks)
        {
            var found = block is ParagraphText paragraph ? paragraph.Links : [];
            if (block is not ParagraphText { Text: var text } || text != string.Join(' ', found.Select(InlineText.Show)))
            {
                errors.Add(block.Line, "'## RELATED LINKS' holds links and nothing else, a paragraph each");
            }

            links.AddRange(found);
        }

        return links;
    }
}
