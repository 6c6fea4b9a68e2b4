using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>Writes cmdlets' pages as one file of MAML.</summary>
internal static class MamlDocument
{
    /// <summary>How wide platyPS draws the title of an example.</summary>
    private const int TitleWidth = 64;

    public static string Write(IEnumerable<CommandPage> pages)
    {
        var root = new XElement(MamlNames.Root + "helpItems", new XAttribute("schema", "maml"), pages.Select(Command));
        var settings = new XmlWriterSettings
        {
            Indent = true,
            NewLineChars = "\n",
            NewLineHandling = NewLineHandling.None,
            OmitXmlDeclaration = true,
        };
        var text = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        using (var writer = XmlWriter.Create(text, settings))
        {
            root.WriteTo(writer);
        }

        return text.Append('\n').ToString();
    }

    public static XElement Command(CommandPage page)
    {
        var verb = page.Name.Split('-')[0];
        return new XElement(
            MamlNames.Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", MamlNames.Maml),
            new XAttribute(XNamespace.Xmlns + "command", MamlNames.Command),
            new XAttribute(XNamespace.Xmlns + "dev", MamlNames.Dev),
            new XElement(
                MamlNames.Command + "details",
                new XElement(MamlNames.Command + "name", page.Name),
                new XElement(MamlNames.Command + "verb", verb),
                new XElement(MamlNames.Command + "noun", page.Name[(verb.Length + 1)..]),
                new XElement(MamlNames.Maml + "description", MamlText.Paragraphs(page.Synopsis))),
            new XElement(MamlNames.Maml + "description", MamlText.Description(page.Description)),
            new XElement(MamlNames.Command + "syntax", page.Syntax.Select(set => Syntax(page, set))),
            new XElement(MamlNames.Command + "parameters", page.Parameters.Select(parameter => Parameter(parameter))),
            new XElement(MamlNames.Command + "inputTypes", page.Inputs.Select(type => Type("inputType", type))),
            new XElement(MamlNames.Command + "returnValues", page.Outputs.Select(type => Type("returnValue", type))),
            Notes(page),
            new XElement(
                MamlNames.Command + "examples", page.Examples.Select((example, i) => Example(example, i + 1 == page.Examples.Count))),
            new XElement(MamlNames.Command + "relatedLinks", Links(page)));
    }

    // If it is absent, the view leaves out the heading too.
    private static XElement? Notes(CommandPage page) =>
        page.Notes.Count == 0
            ? null
            : new XElement(MamlNames.Maml + "alertSet", new XElement(MamlNames.Maml + "alert", MamlText.Paragraphs(page.Notes)));

    private static XElement Syntax(CommandPage page, SyntaxSet set) =>
        new(
            MamlNames.Command + "syntaxItem",
            new XElement(MamlNames.Maml + "name", page.Name),
            set.Parameters.Select(parameter => SyntaxParameter(parameter, ParameterCheck.Find(page, set.Name, parameter.Name)!)));

    // The view of the syntax shows no text and takes an element with a value for a parameter that wants one: a switch has none.
    private static XElement SyntaxParameter(SyntaxParameter parameter, ParameterTable table)
    {
        var element = ParameterElement(parameter.Name, table);
        if (table.AcceptedValues.Count > 0)
        {
            element.Add(new XElement(
                MamlNames.Command + "parameterValueGroup",
                table.AcceptedValues.Select(value => new XElement(
                    MamlNames.Command + "parameterValue",
                    new XAttribute("required", "false"),
                    new XAttribute("variableLength", "false"),
                    value))));
        }

        if (!table.IsSwitch)
        {
            element.Add(Value(table));
        }

        return element;
    }

    private static XElement Parameter(PageParameter parameter)
    {
        var table = parameter.Tables[0];
        var element = ParameterElement(parameter.Name, table);
        element.Add(
            new XElement(MamlNames.Maml + "description", MamlText.Description(parameter.Description)),
            Value(table),
            new XElement(MamlNames.Dev + "type", new XElement(MamlNames.Maml + "name", table.Type), new XElement(MamlNames.Maml + "uri")),
            new XElement(MamlNames.Dev + "defaultValue", table.DefaultValue));
        return element;
    }

    private static XElement ParameterElement(string name, ParameterTable table) =>
        new(
            MamlNames.Command + "parameter",
            new XAttribute("required", Lower(table.Required)),
            new XAttribute("variableLength", Lower(IsArray(table))),
            new XAttribute("globbing", Lower(table.Wildcards)),
            new XAttribute("pipelineInput", table.PipelineInput),
            new XAttribute("position", table.Position == ParameterTable.NoPosition ? "named" : table.Position),
            new XAttribute("aliases", table.Aliases.Count > 0 ? string.Join(", ", table.Aliases) : "none"),
            new XElement(MamlNames.Maml + "name", name));

    // The view shows the value of a parameter in brackets unless it is required; a switch's is not.
    private static XElement Value(ParameterTable table) =>
        new(
            MamlNames.Command + "parameterValue",
            new XAttribute("required", Lower(!table.IsSwitch)),
            new XAttribute("variableLength", Lower(IsArray(table))),
            table.Type);

    private static bool IsArray(ParameterTable table) => table.Type.EndsWith("[]", StringComparison.Ordinal);

    private static XElement Type(string element, PageType type) =>
        new(
            MamlNames.Command + element,
            new XElement(MamlNames.Dev + "type", new XElement(MamlNames.Maml + "name", type.Name)),
            type.Description.Count == 0 ? null : new XElement(MamlNames.Maml + "description", MamlText.Paragraphs(type.Description)));

    private static XElement Example(PageExample example, bool isLast) =>
        new(
            MamlNames.Command + "example",
            new XElement(MamlNames.Maml + "title", Title(example.Title)),
            example.Introduction.Count == 0
                ? null
                : new XElement(MamlNames.Maml + "introduction", MamlText.Introduction(example.Introduction)),
            new XElement(MamlNames.Dev + "code", string.Join("\n\n", example.Code.Select(code => code.Text))),
            new XElement(
                MamlNames.Dev + "remarks",
                MamlText.Paragraphs(example.Remarks),
                // An empty line before the next example.
                isLast ? null : MamlText.Paragraph(string.Empty)));

    private static string Title(string title)
    {
        var dashes = new string('-', Math.Max(0, (TitleWidth - title.Length - 2) / 2));
        return dashes.Length == 0 ? title : $"{dashes} {title} {dashes}";
    }

    // Get-Help -Online takes the first link that has an address.
    private static IEnumerable<XElement> Links(CommandPage page)
    {
        if (page.OnlineVersion.Length > 0 && page.Links.All(link => link.Address != page.OnlineVersion))
        {
            yield return Link(new PageLink("Online Version:", page.OnlineVersion));
        }

        foreach (var link in page.Links)
        {
            yield return Link(link);
        }
    }

    private static XElement Link(PageLink link) =>
        new(
            MamlNames.Maml + "navigationLink",
            new XElement(MamlNames.Maml + "linkText", link.Text),
            new XElement(MamlNames.Maml + "uri", link.Address));

    private static string Lower(bool value) => value.ToString().ToLower(CultureInfo.InvariantCulture);
}
