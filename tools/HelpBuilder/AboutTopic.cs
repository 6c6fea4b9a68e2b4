using System.Globalization;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>Compiles an about topic into the text that PowerShell prints as it is, 80 columns wide.</summary>
/// <remarks>
/// The form is that of PowerShell's own topics: headings in capitals at the left edge, text four columns in. The fifth line is what
/// <c>Get-Help about_*</c> lists as the synopsis, so the short description must fit it.
/// </remarks>
internal sealed class AboutTopic
{
    private const int Width = 80;
    private const int TextIndent = 4;
    private const string ShortDescription = "Short description";

    private readonly PageErrors _errors;
    private readonly List<string> _parts = [];

    private AboutTopic(PageErrors errors) => _errors = errors;

    public static string Compile(PageSource source, PageErrors errors)
    {
        var (lead, titles) = PageSection.Split(MarkdownText.Read(source.Text, errors), level: 1);
        if (titles.Count != 1 || titles[0].Title != source.Name || lead.Count > 0)
        {
            errors.Add(1, $"the topic's one title must be '# {source.Name}', the name of its file");
            return string.Empty;
        }

        var topic = new AboutTopic(errors);
        topic._parts.Add("TOPIC\n" + Spaces(TextIndent) + source.Name);
        topic.AddSections(titles[0]);
        return string.Join("\n\n", topic._parts) + "\n";
    }

    private static string Spaces(int count) => new(' ', count);

    private void AddSections(PageSection title)
    {
        var (lead, sections) = PageSection.Split(title.Blocks, level: 2);
        if (lead.Count > 0 || sections.Count < 2
            || sections[0] is not { Title: ShortDescription, Blocks: [ParagraphText summary] })
        {
            _errors.Add(title.Line, $"a topic begins with '## {ShortDescription}' and one paragraph, and goes on with other sections");
            return;
        }

        if (summary.Text.Length > Width - TextIndent)
        {
            _errors.Add(
                summary.Line, $"the short description is the topic's synopsis: one line of at most {Width - TextIndent} characters");
        }

        foreach (var section in sections)
        {
            var blocks = section.Blocks.Select(Block).ToList();
            var heading = section.Title.ToUpper(CultureInfo.InvariantCulture);
            _parts.Add(blocks.Count == 0 ? heading : heading + "\n" + blocks[0]);
            _parts.AddRange(blocks.Skip(1));
        }
    }

    private string Block(TextBlock block) => block switch
    {
        HeadingText heading => Spaces(TextIndent / 2) + heading.Text,
        ParagraphText paragraph => TextLayout.Wrap(paragraph.Text, Width, Spaces(TextIndent), Spaces(TextIndent)),
        ListText list => string.Join('\n', list.Items.Select((item, i) => Item(list, item, i + 1))),
        CodeText code => Fit(code.Line, TextLayout.Indent(code.Text, TextIndent + TextLayout.CodeIndent)),
        TableText table => Table(table),
        _ => throw new InvalidOperationException($"{block.GetType()} has no form in a topic."),
    };

    private string Item(ListText list, string item, int number)
    {
        var mark = list.Ordered ? number.ToString(CultureInfo.InvariantCulture) + ". " : "- ";
        return Fit(list.Line, TextLayout.Wrap(item, Width, Spaces(TextIndent) + mark, Spaces(TextIndent + mark.Length)));
    }

    private string Table(TableText table)
    {
        var text = TextLayout.Table(table, Width - TextIndent);
        if (text is null)
        {
            _errors.Add(table.Line, $"the table does not fit {Width} columns");
        }

        return TextLayout.Indent(text ?? string.Empty, TextIndent);
    }

    private string Fit(int line, string text)
    {
        foreach (var wide in text.Split('\n').Where(candidate => candidate.Length > Width))
        {
            _errors.Add(line, $"a line is wider than {Width} columns: '{wide.Trim()}'");
        }

        return text;
    }
}
