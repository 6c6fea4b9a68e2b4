using System.Xml.Linq;
using Pro.DockerVersioning.HelpBuilder;
using Xunit;

namespace Pro.DockerVersioning.Tests.Help;

/// <summary>Pages become exactly the MAML that PowerShell's help reader shows well.</summary>
public sealed class MamlTests
{
    private const string Namespaces =
        "xmlns:maml=\"http://schemas.microsoft.com/maml/2004/10\" xmlns:command=\"http://schemas.microsoft.com/maml/dev/command/2004/10\" "
        + "xmlns:dev=\"http://schemas.microsoft.com/maml/dev/2004/10\"";

    private const string NameAttributes =
        "required=\"true\" variableLength=\"true\" globbing=\"true\" pipelineInput=\"True (ByPropertyName)\" position=\"0\" "
        + "aliases=\"N, Id\"";

    private const string KindAttributes =
        "required=\"false\" variableLength=\"false\" globbing=\"false\" pipelineInput=\"False\" position=\"1\" aliases=\"none\"";

    private const string ForceAttributes =
        "required=\"false\" variableLength=\"false\" globbing=\"false\" pipelineInput=\"False\" position=\"named\" aliases=\"none\"";

    private const string AllAttributes =
        "required=\"true\" variableLength=\"false\" globbing=\"false\" pipelineInput=\"False\" position=\"named\" aliases=\"none\"";

    [Fact]
    public void A_whole_page_becomes_one_command()
    {
        var file = Assert.Single(Pages.Compile(Pages.Good).Files);

        Assert.Equal("Some.dll-Help.xml", file.Name);
        Assert.Equal(
            $$"""
            <?xml version="1.0" encoding="utf-8"?>
            <helpItems schema="maml" xmlns="http://msh">
              <command:command {{Namespaces}}>
                <command:details>
                  <command:name>Get-Thing</command:name>
                  <command:verb>Get</command:verb>
                  <command:noun>Thing</command:noun>
                  <maml:description>
                    <maml:para>Gets things.</maml:para>
                  </maml:description>
                </command:details>
                <maml:description>
                  <maml:para>Gets the things there are.</maml:para>
                </maml:description>
                <command:syntax>
                  <command:syntaxItem>
                    <maml:name>Get-Thing</maml:name>
                    <command:parameter {{NameAttributes}}>
                      <maml:name>Name</maml:name>
                      <command:parameterValue required="true" variableLength="true">String[]</command:parameterValue>
                    </command:parameter>
                    <command:parameter {{KindAttributes}}>
                      <maml:name>Kind</maml:name>
                      <command:parameterValueGroup>
                        <command:parameterValue required="false" variableLength="false">Small</command:parameterValue>
                        <command:parameterValue required="false" variableLength="false">Large</command:parameterValue>
                      </command:parameterValueGroup>
                      <command:parameterValue required="true" variableLength="false">Kind</command:parameterValue>
                    </command:parameter>
                    <command:parameter {{ForceAttributes}}>
                      <maml:name>Force</maml:name>
                    </command:parameter>
                  </command:syntaxItem>
                  <command:syntaxItem>
                    <maml:name>Get-Thing</maml:name>
                    <command:parameter {{KindAttributes}}>
                      <maml:name>Kind</maml:name>
                      <command:parameterValueGroup>
                        <command:parameterValue required="false" variableLength="false">Small</command:parameterValue>
                        <command:parameterValue required="false" variableLength="false">Large</command:parameterValue>
                      </command:parameterValueGroup>
                      <command:parameterValue required="true" variableLength="false">Kind</command:parameterValue>
                    </command:parameter>
                    <command:parameter {{AllAttributes}}>
                      <maml:name>All</maml:name>
                    </command:parameter>
                    <command:parameter {{ForceAttributes}}>
                      <maml:name>Force</maml:name>
                    </command:parameter>
                  </command:syntaxItem>
                </command:syntax>
                <command:parameters>
                  <command:parameter {{NameAttributes}}>
                    <maml:name>Name</maml:name>
                    <maml:description>
                      <maml:para>The names.</maml:para>
                    </maml:description>
                    <command:parameterValue required="true" variableLength="true">String[]</command:parameterValue>
                    <dev:type>
                      <maml:name>String[]</maml:name>
                      <maml:uri />
                    </dev:type>
                    <dev:defaultValue>None</dev:defaultValue>
                  </command:parameter>
                  <command:parameter {{KindAttributes}}>
                    <maml:name>Kind</maml:name>
                    <maml:description>
                      <maml:para>The kind.</maml:para>
                    </maml:description>
                    <command:parameterValue required="true" variableLength="false">Kind</command:parameterValue>
                    <dev:type>
                      <maml:name>Kind</maml:name>
                      <maml:uri />
                    </dev:type>
                    <dev:defaultValue>Small</dev:defaultValue>
                  </command:parameter>
                  <command:parameter {{AllAttributes}}>
                    <maml:name>All</maml:name>
                    <maml:description>
                      <maml:para>All of them.</maml:para>
                    </maml:description>
                    <command:parameterValue required="false" variableLength="false">SwitchParameter</command:parameterValue>
                    <dev:type>
                      <maml:name>SwitchParameter</maml:name>
                      <maml:uri />
                    </dev:type>
                    <dev:defaultValue>False</dev:defaultValue>
                  </command:parameter>
                  <command:parameter {{ForceAttributes}}>
                    <maml:name>Force</maml:name>
                    <maml:description>
                      <maml:para>Hidden ones too.</maml:para>
                    </maml:description>
                    <command:parameterValue required="false" variableLength="false">SwitchParameter</command:parameterValue>
                    <dev:type>
                      <maml:name>SwitchParameter</maml:name>
                      <maml:uri />
                    </dev:type>
                    <dev:defaultValue>False</dev:defaultValue>
                  </command:parameter>
                </command:parameters>
                <command:inputTypes>
                  <command:inputType>
                    <dev:type>
                      <maml:name>None</maml:name>
                    </dev:type>
                  </command:inputType>
                </command:inputTypes>
                <command:returnValues>
                  <command:returnValue>
                    <dev:type>
                      <maml:name>Some.Thing</maml:name>
                    </dev:type>
                    <maml:description>
                      <maml:para>A thing.</maml:para>
                    </maml:description>
                  </command:returnValue>
                </command:returnValues>
                <command:examples>
                  <command:example>
                    <maml:title>--------------------- Example 1: One thing ---------------------</maml:title>
                    <dev:code>Get-Thing one</dev:code>
                    <dev:remarks />
                  </command:example>
                </command:examples>
                <command:relatedLinks>
                  <maml:navigationLink>
                    <maml:linkText>Set-Thing</maml:linkText>
                    <maml:uri></maml:uri>
                  </maml:navigationLink>
                </command:relatedLinks>
              </command:command>
            </helpItems>

            """,
            file.Content,
            ignoreLineEndingDifferences: true);
    }

    [Theory]
    [InlineData("One\nparagraph in **two** _lines_.", "<maml:para>One paragraph in two lines.</maml:para>")]
    [InlineData("A hard\\\nbreak.", "<maml:para>A hard\nbreak.</maml:para>")]
    [InlineData("Code `a < b && c` stays.", "<maml:para>Code `a &lt; b &amp;&amp; c` stays.</maml:para>")]
    [InlineData("Code ``a ` b`` stays.", "<maml:para>Code ``a ` b`` stays.</maml:para>")]
    [InlineData("\\<NAME\\> &lt;b&gt; &amp; 1 < 2 \"q\"", "<maml:para>&lt;NAME&gt; &lt;b&gt; &amp; 1 &lt; 2 \"q\"</maml:para>")]
    [InlineData("See [Set-Thing](Set-Thing.md).", "<maml:para>See Set-Thing.</maml:para>")]
    [InlineData("See [the rules](https://semver.org).", "<maml:para>See the rules (https://semver.org).</maml:para>")]
    [InlineData("See <https://semver.org>.", "<maml:para>See https://semver.org.</maml:para>")]
    [InlineData("See [the rules][1].\n\n[1]: https://semver.org", "<maml:para>See the rules (https://semver.org).</maml:para>")]
    [InlineData("Seen. <!-- unseen -->\n\n<!-- nor this -->", "<maml:para>Seen.</maml:para>")]
    [InlineData("So:\n\n```powershell\n  a\n\nb | c\n```", "<maml:para>So:\n\n      a\n\n    b | c</maml:para>")]
    [InlineData(
        "So:\n\n| A | Bee |\n| --- | --- |\n| `one` | 2 |\n| 3 | four |",
        "<maml:para>So:\n\nA      Bee\n-----  ----\n`one`  2\n3      four</maml:para>")]
    [InlineData(
        "1. a\n2. b\n",
        "<maml:list class=\"ordered\"><maml:listItem><maml:para>a</maml:para></maml:listItem>"
        + "<maml:listItem><maml:para>b</maml:para></maml:listItem></maml:list>")]
    [InlineData(
        "- a\n\n  more\n\n  ```\n  code\n  ```\n",
        "<maml:list class=\"bullet\"><maml:listItem><maml:para>a\nmore\n    code</maml:para></maml:listItem></maml:list>")]
    public void Text_becomes_what_the_reader_knows(string markdown, string maml)
    {
        var description = Command(Pages.With("Gets the things there are.\n", markdown + "\n")).Element(MamlNames.Maml + "description")!;

        Assert.Equal(maml, Inner(description));
    }

    // The reader leaves out the empty line after the n-th paragraph, empty ones counted, where n is the number of non-empty ones.
    [Theory]
    [InlineData("a\n\nb", "a|b")]
    [InlineData("a\n\n- x", "a||list")]
    [InlineData("- x\n\nb", "list||b")]
    [InlineData("a\n\n- x\n\nb", "a|list||b")]
    [InlineData("- x\n\nb\n\n- y\n\nc", "list||b||list||c")]
    public void Empty_paragraphs_stand_where_the_reader_would_leave_out_an_empty_line(string markdown, string blocks)
    {
        var description = Command(Pages.With("Gets the things there are.\n", markdown + "\n")).Element(MamlNames.Maml + "description")!;

        var found = description.Elements().Select(block => block.Name.LocalName == "list" ? "list" : block.Value);
        Assert.Equal(blocks, string.Join('|', found));
        Assert.Equal(string.Join("\n\n", blocks.Split('|').Where(block => block.Length > 0)), Render(description).TrimEnd('\n'));
    }

    [Fact]
    public void Where_the_view_shows_no_lists_they_become_lines()
    {
        var notes = Command(Pages.With("## NOTES\n", "## NOTES\nThese:\n\n- a\n- b\n\n1. c\n2. d\n")).Element(MamlNames.Maml + "alertSet")!;

        Assert.Equal(["These:", "- a\n- b", "1. c\n2. d"], notes.Descendants(MamlNames.Maml + "para").Select(para => para.Value));
    }

    [Fact]
    public void An_example_has_its_introduction_code_with_output_and_remarks()
    {
        const string Rest = "\n```output\n  Name\n```\n\nAfter.\n\n### Example 2: Again\n```\nx\n```\n";
        var page = Pages.With("### Example 1: One thing\n", "### Example 1: One thing\nBefore.\n\nAnd more.\n\n")
            .Replace("Get-Thing one\n```\n", "Get-Thing one\n```\n" + Rest, StringComparison.Ordinal);

        var examples = Command(page).Descendants(MamlNames.Command + "example").ToList();

        Assert.Equal("Before.\n\nAnd more.\n\n", examples[0].Element(MamlNames.Maml + "introduction")!.Value);
        Assert.Equal("Get-Thing one\n\n  Name", examples[0].Element(MamlNames.Dev + "code")!.Value);
        Assert.Equal("<maml:para>After.</maml:para><maml:para></maml:para>", Inner(examples[0].Element(MamlNames.Dev + "remarks")!));
        Assert.Null(examples[1].Element(MamlNames.Maml + "introduction"));
    }

    [Fact]
    public void The_online_version_is_the_first_link_once()
    {
        const string Address = "https://example.com/Get-Thing";
        var page = Pages.With("online version:", "online version: " + Address);

        var links = Command(page).Descendants(MamlNames.Maml + "uri").Where(uri => uri.Parent!.Name.LocalName == "navigationLink");
        var again = Command(page.Replace("(Set-Thing.md)", $"({Address})", StringComparison.Ordinal))
            .Descendants(MamlNames.Maml + "navigationLink");

        Assert.Equal([Address, string.Empty], links.Select(uri => uri.Value));
        Assert.Single(again);
    }

    [Fact]
    public void A_parameter_may_behave_differently_in_another_set()
    {
        const string Rest = "Position: Named\nDefault value: False\nAccept pipeline input: False\nAccept wildcard characters: False\n```\n";
        const string Table = "\n```yaml\nType: SwitchParameter\nParameter Sets: All\nAliases:\nRequired: True\n" + Rest;
        var page = Pages.With("[[-Kind] <Kind>] -All [-Force]", "[[-Kind] <Kind>] -All -Force");
        var at = page.IndexOf("### -Force", StringComparison.Ordinal);
        page = page[..at] + page[at..].Replace("(All)", "ByName", StringComparison.Ordinal)
            .Replace(Rest, Rest + Table, StringComparison.Ordinal);

        var force = Command(page).Descendants(MamlNames.Command + "syntaxItem")
            .Select(item => item.Elements(MamlNames.Command + "parameter").Last());

        Assert.Equal(["false", "true"], force.Select(parameter => parameter.Attribute("required")!.Value));
    }

    [Fact]
    public void A_cmdlet_with_one_parameter_set_needs_no_heading_for_it()
    {
        var page = Pages.With("### ByName (Default)\n", string.Empty);
        var from = page.IndexOf("### All\n", StringComparison.Ordinal);
        page = page.Remove(from, page.IndexOf("## DESCRIPTION", StringComparison.Ordinal) - from);
        from = page.IndexOf("### -All", StringComparison.Ordinal);
        page = page.Remove(from, page.IndexOf("### -Force", StringComparison.Ordinal) - from)
            .Replace("Parameter Sets: ByName", "Parameter Sets: (All)", StringComparison.Ordinal);

        Assert.Single(Command(page).Descendants(MamlNames.Command + "syntaxItem"));
    }

    [Fact]
    public void The_same_pages_give_the_same_bytes_in_whatever_order_they_come()
    {
        var first = new PageSource("Get-Thing.md", Pages.Good);
        var second = new PageSource("Set-Thing.md", Pages.Good.Replace("Get-Thing", "Set-Thing", StringComparison.Ordinal));

        var file = Assert.Single(HelpCompiler.Compile([second, first]).Files);

        Assert.Equal(Assert.Single(HelpCompiler.Compile([first, second]).Files), file);
        Assert.True(
            file.Content.IndexOf(">Get-Thing<", StringComparison.Ordinal) < file.Content.IndexOf(">Set-Thing<", StringComparison.Ordinal));
        Assert.DoesNotContain('\r', file.Content);
    }

    private static XElement Command(string page)
    {
        var compilation = Pages.Compile(page);
        Assert.Empty(compilation.Errors);
        return XElement.Parse(Assert.Single(compilation.Files).Content, LoadOptions.None).Elements().Single();
    }

    private static string Inner(XElement element) =>
        string.Concat(element.Elements().Select(child => child.ToString(SaveOptions.DisableFormatting)))
            .Replace(" xmlns:maml=\"http://schemas.microsoft.com/maml/2004/10\"", string.Empty, StringComparison.Ordinal);

    // What MamlNode.GetMamlFormattingPSObjects and the view of a description do.
    private static string Render(XElement description)
    {
        var count = description.Elements().Count(child => child.Name.LocalName == "para" && child.Value.Length > 0);
        var position = 0;
        var text = string.Empty;
        foreach (var child in description.Elements())
        {
            var isList = child.Name.LocalName == "list";
            var hasLine = !isList && ++position != count && child.Value.Length > 0;
            text += (isList ? "list" : child.Value) + "\n" + (hasLine ? "\n" : string.Empty);
        }

        return text;
    }
}
