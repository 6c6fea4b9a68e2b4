using System.Globalization;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>Reads a cmdlet's page and holds it against platyPS's schema 2.0.0.</summary>
internal sealed partial class CommandPageReader
{
    private static readonly string[] Order =
    [
        "SYNOPSIS", "SYNTAX", "DESCRIPTION", "EXAMPLES", "PARAMETERS", "INPUTS", "OUTPUTS", "NOTES", "RELATED LINKS",
    ];

    private readonly PageErrors _errors;

    private CommandPageReader(PageErrors errors) => _errors = errors;

    public static CommandPage Read(PageSource source, PageErrors errors) => new CommandPageReader(errors).Read(source);

    private CommandPage Read(PageSource source)
    {
        var front = FrontMatter.Read(source, _errors);
        front.Require("Module Name", _errors);
        front.Require("schema", "2.0.0", _errors);

        var (lead, titles) = PageSection.Split(MarkdownText.Read(source.Text, _errors), level: 1);
        if (titles.Count != 1 || titles[0].Title != source.Name || lead.Count > 0)
        {
            _errors.Add(titles.Count > 0 ? titles[0].Line : 1, $"the page's one title must be '# {source.Name}', the name of its file");
        }

        var titleLine = titles.Count > 0 ? titles[0].Line : 1;
        var sections = PageSection.Split(titles.Count > 0 ? titles[0].Blocks : [], level: 2).Sections;
        return ReadSections(source.Name, front, new PageSections(sections, Order, titleLine, _errors));
    }

    private CommandPage ReadSections(string name, FrontMatter front, PageSections sections)
    {
        var page = new CommandPage
        {
            Name = name,
            HelpFile = front.Require("external help file", _errors),
            OnlineVersion = front.Require("online version", _errors, mayBeEmpty: true),
            Synopsis = ReadSynopsis(sections["SYNOPSIS"]),
            Syntax = SyntaxReader.Read(name, sections["SYNTAX"], _errors),
            Description = ReadText(sections["DESCRIPTION"]),
            Examples = ReadExamples(sections["EXAMPLES"]),
            Parameters = ParameterReader.Read(sections["PARAMETERS"], _errors),
            Inputs = ReadTypes(sections["INPUTS"]),
            Outputs = ReadTypes(sections["OUTPUTS"]),
            Notes = ReadText(sections["NOTES"], mayBeEmpty: true),
            Links = LinkReader.Read(sections["RELATED LINKS"], _errors),
        };
        ParameterCheck.Run(page, _errors);
        return page;
    }

    private IReadOnlyList<TextBlock> ReadSynopsis(PageSection section)
    {
        if (section.Blocks is not [ParagraphText])
        {
            _errors.Add(section.Line, "'## SYNOPSIS' holds one paragraph");
        }

        return section.Blocks;
    }

    private IReadOnlyList<TextBlock> ReadText(PageSection section, bool mayBeEmpty = false)
    {
        if (section.Blocks.Count == 0 && !mayBeEmpty)
        {
            _errors.Add(section.Line, $"'{section.Title}' is empty");
        }

        MamlText.Check(section.Blocks, _errors);
        return section.Blocks;
    }

    private List<PageExample> ReadExamples(PageSection section)
    {
        var examples = PageSection.Split(section.Blocks, level: 3).Sections;
        if (examples.Count == 0)
        {
            _errors.Add(section.Line, "'## EXAMPLES' has no '### Example 1: …'");
        }

        return [.. examples.Select((example, i) => ReadExample(example, i + 1))];
    }

    private PageExample ReadExample(PageSection section, int number)
    {
        var match = ExampleTitle().Match(section.Title);
        if (!match.Success || int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) != number)
        {
            _errors.Add(section.Line, $"the title of this example must be '### Example {number}: …'");
        }

        var blocks = section.Blocks;
        var introduction = blocks.TakeWhile(block => block is not CodeText).ToList();
        var code = blocks.Skip(introduction.Count).TakeWhile(block => block is CodeText).Cast<CodeText>().ToList();
        if (code.Count == 0)
        {
            _errors.Add(section.Line, $"'{section.Title}' shows no code");
        }

        var remarks = blocks.Skip(introduction.Count + code.Count).ToList();
        MamlText.Check(introduction, _errors);
        MamlText.CheckExample(code, _errors);
        MamlText.Check(remarks, _errors);
        return new PageExample(section.Title, introduction, code, remarks);
    }

    private List<PageType> ReadTypes(PageSection section)
    {
        var types = PageSection.Split(section.Blocks, level: 3).Sections;
        if (types.Count == 0)
        {
            _errors.Add(section.Line, $"'## {section.Title}' names no type; '### None' says that there is none");
        }

        return [.. types.Select(type => new PageType(type.Title, ReadText(type, mayBeEmpty: type.Title == "None")))];
    }

    [GeneratedRegex("^Example ([0-9]+): .+")]
    private static partial Regex ExampleTitle();
}
