using System.Globalization;
using System.Xml.Linq;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>
/// Writes text in the few forms that PowerShell's help reader knows: paragraphs, whose first line loses its indentation, and flat
/// lists, which only descriptions show.
/// </summary>
/// <remarks>The reader: MamlNode.cs, the views: Help_format_ps1xml.cs, both of github.com/PowerShell/PowerShell.</remarks>
internal static class MamlText
{
    /// <summary>A console of 80 columns, of which PowerShell leaves one free, less the indentation of a parameter's text.</summary>
    private const int Width = 71;

    /// <summary>An example is indented by four columns.</summary>
    private const int ExampleWidth = 75;

    /// <summary>Names the blocks that can't be shown.</summary>
    public static void Check(IReadOnlyList<TextBlock> blocks, PageErrors errors)
    {
        for (var i = 0; i < blocks.Count; i++)
        {
            switch (blocks[i])
            {
                case HeadingText heading:
                    errors.Add(heading.Line, $"a heading is not allowed here: '{heading.Text}'");
                    break;
                case CodeText code:
                    CheckCode(code, Width - TextLayout.CodeIndent, errors);
                    break;
                case TableText table when TextLayout.Table(table, Width) is null:
                    errors.Add(table.Line, $"the table does not fit {Width} columns");
                    break;
                default:
                    break;
            }

            // Its first line would lose its indentation, or stick to the list above.
            if (blocks[i] is CodeText or TableText && (i == 0 || blocks[i - 1] is ListText))
            {
                errors.Add(blocks[i].Line, "code and tables need a paragraph before them");
            }
        }
    }

    /// <summary>Names the lines of an example's code that a console would break.</summary>
    public static void CheckExample(IReadOnlyList<CodeText> code, PageErrors errors)
    {
        foreach (var block in code)
        {
            CheckCode(block, ExampleWidth, errors);
        }
    }

    /// <summary>A description: paragraphs and lists, one empty line between them.</summary>
    /// <remarks>
    /// The reader puts an empty line after each non-empty paragraph except the n-th of all, empty ones counted, where n is the number
    /// of non-empty ones: without empty paragraphs that is the last. It puts none after lists. Empty paragraphs fill both holes.
    /// </remarks>
    public static IEnumerable<XElement> Description(IReadOnlyList<TextBlock> blocks)
    {
        var parts = Merge(blocks);
        var paragraphs = parts.Count(part => part is ParagraphText);
        var position = 0;
        for (var i = 0; i < parts.Count; i++)
        {
            var hasLine = false;
            if (parts[i] is ListText list)
            {
                yield return List(list);
            }
            else
            {
                hasLine = ++position != paragraphs;
                yield return Paragraph(((ParagraphText)parts[i]).Text);
            }

            if (i + 1 < parts.Count && !hasLine)
            {
                position++;
                yield return Paragraph(string.Empty);
            }
        }
    }

    /// <summary>Paragraphs only, for the places whose view shows nothing else: a list becomes lines.</summary>
    public static IEnumerable<XElement> Paragraphs(IReadOnlyList<TextBlock> blocks) => Texts(blocks).Select(Paragraph);

    /// <summary>What comes before an example's code. Its view ends no line, so the text brings its own empty line.</summary>
    public static XElement Introduction(IReadOnlyList<TextBlock> blocks) => Paragraph(string.Join("\n\n", Texts(blocks)) + "\n\n");

    public static XElement Paragraph(string text) => new(MamlNames.Maml + "para", text);

    private static void CheckCode(CodeText code, int width, PageErrors errors)
    {
        var line = code.Line;
        foreach (var text in code.Text.Split('\n'))
        {
            line++;
            if (text.Length > width)
            {
                errors.Add(line, $"a console would break this line: it has {text.Length} characters, and {width} fit");
            }
        }
    }

    private static IEnumerable<string> Texts(IReadOnlyList<TextBlock> blocks) =>
        Merge(blocks).Select(part => part is ListText list ? Lines(list) : ((ParagraphText)part).Text);

    private static string Lines(ListText list) =>
        string.Join('\n', list.Items.Select((item, i) => Mark(list, i + 1) + item));

    private static string Mark(ListText list, int number) =>
        list.Ordered ? number.ToString(CultureInfo.InvariantCulture) + ". " : "- ";

    // Code and tables join the paragraph before them.
    private static List<TextBlock> Merge(IReadOnlyList<TextBlock> blocks)
    {
        var parts = new List<TextBlock>();
        foreach (var block in blocks)
        {
            if (block is ParagraphText or ListText)
            {
                parts.Add(block);
                continue;
            }

            var before = (ParagraphText)parts[^1];
            parts[^1] = before with { Text = before.Text + "\n\n" + Preformatted(block) };
        }

        return parts;
    }

    private static string Preformatted(TextBlock block) =>
        block is TableText table
            ? TextLayout.Table(table, Width)!
            : TextLayout.Indent(((CodeText)block).Text, TextLayout.CodeIndent);

    private static XElement List(ListText list) =>
        new(
            MamlNames.Maml + "list",
            new XAttribute("class", list.Ordered ? "ordered" : "bullet"),
            list.Items.Select(item => new XElement(MamlNames.Maml + "listItem", Paragraph(item))));
}
