using Markdig;
using Markdig.Extensions.Tables;
using Markdig.Extensions.Yaml;
using Markdig.Syntax;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>Turns Markdown into blocks of plain text, and names what has no plain form.</summary>
internal static class MarkdownText
{
    private static readonly MarkdownPipeline Pipeline =
        new MarkdownPipelineBuilder().UseYamlFrontMatter().UsePipeTables().UsePreciseSourceLocation().Build();

    /// <summary>The blocks of a whole page, its front matter left out.</summary>
    public static IReadOnlyList<TextBlock> Read(string markdown, PageErrors errors)
    {
        var blocks = new List<TextBlock>();
        foreach (var block in Markdown.Parse(markdown, Pipeline))
        {
            if (Convert(block, errors) is { } text)
            {
                blocks.Add(text);
            }
        }

        return blocks;
    }

    private static TextBlock? Convert(Block block, PageErrors errors)
    {
        var line = block.Line + 1;
        switch (block)
        {
            case YamlFrontMatterBlock or LinkReferenceDefinitionGroup:
                return null;
            case HtmlBlock { Type: HtmlBlockType.Comment }:
                return null;
            case HeadingBlock heading:
                return new HeadingText(line, heading.Level, InlineText.Flatten(heading.Inline, line, errors));
            case ParagraphBlock paragraph:
                return new ParagraphText(line, InlineText.Flatten(paragraph.Inline, line, errors))
                {
                    Links = InlineText.Links(paragraph.Inline, line, errors),
                };
            case FencedCodeBlock fence:
                return ConvertFence(fence, line, errors);
            case ListBlock list:
                return new ListText(line, list.IsOrdered, [.. list.Cast<ListItemBlock>().Select(item => ConvertItem(item, errors))]);
            case Table table:
                return new TableText(line, [.. table.Cast<TableRow>().Select(row => ConvertRow(row, errors))]);
            case CodeBlock:
                errors.Add(line, "code by indentation is easily taken for a slip: put it between two lines of '```'");
                return null;
            default:
                errors.Add(line, $"a block of this kind has no form in plain text ({block.GetType().Name})");
                return null;
        }
    }

    private static CodeText ConvertFence(FencedCodeBlock fence, int line, PageErrors errors)
    {
        var text = fence.Lines.ToString().TrimEnd();
        if (text.Contains('\t', StringComparison.Ordinal))
        {
            errors.Add(line, "a tab in code is as wide as the reader's console likes: use spaces");
        }

        return new CodeText(line, fence.Info ?? string.Empty, text);
    }

    private static string ConvertItem(ListItemBlock item, PageErrors errors)
    {
        var parts = new List<string>();
        foreach (var block in item)
        {
            switch (Convert(block, errors))
            {
                case ParagraphText paragraph:
                    parts.Add(paragraph.Text);
                    break;
                case CodeText code:
                    parts.Add(TextLayout.Indent(code.Text, TextLayout.CodeIndent));
                    break;
                case { } other:
                    errors.Add(other.Line, "an item of a list holds paragraphs and code only");
                    break;
            }
        }

        return string.Join('\n', parts);
    }

    private static List<string> ConvertRow(TableRow row, PageErrors errors) =>
        [.. row.Cast<TableCell>().Select(cell =>
            string.Join(' ', cell.OfType<ParagraphBlock>().Select(text => InlineText.Flatten(text.Inline, row.Line + 1, errors))))];
}
