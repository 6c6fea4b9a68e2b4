using Pro.DockerVersioning.HelpBuilder;
using Xunit;

namespace Pro.DockerVersioning.Tests.Help;

/// <summary>A page that breaks the schema is an error that names the file and the line, and no help comes out.</summary>
public sealed class SchemaTests
{
    [Fact]
    public void A_page_that_is_right_compiles_without_errors() => Assert.Empty(Pages.Compile(Pages.Good).Errors);

    [Theory]
    [InlineData("## NOTES", "## REMARKS", "## REMARKS", "not a section of the schema")]
    [InlineData("## NOTES\n", "", "# Get-Thing", "lacks '## NOTES'")]
    [InlineData("## NOTES", "## INPUTS", "## INPUTS", "a second time")]
    [InlineData("## NOTES\n", "## NOTES\n\n### Sub\n", "### Sub", "a heading is not allowed here")]
    [InlineData("# Get-Thing\n", "# Get-Things\n", "# Get-Things", "the name of its file")]
    [InlineData("Gets things.", "Gets.\n\nThings.", "## SYNOPSIS", "one paragraph")]
    [InlineData("schema: 2.0.0", "schema: 1.0.0", "schema: 1.0.0", "must be 2.0.0")]
    [InlineData("Module Name: Some\n", "", "---\nexternal", "lacks 'Module Name'")]
    [InlineData("Some.dll-Help.xml", "", "external help file:", "'external help file' in the front matter is empty")]
    [InlineData("online version:", "online version", "online version", "not a 'key: value'")]
    [InlineData("### Example 1: One", "### Example 2: One", "### Example 2", "'### Example 1: …'")]
    [InlineData("```powershell\nGet-Thing one\n```", "No code.", "### Example 1", "shows no code")]
    [InlineData("### None\n", "", "## INPUTS", "names no type")]
    [InlineData("A thing.\n", "", "### Some.Thing", "is empty")]
    [InlineData("[Set-Thing](Set-Thing.md)", "See [Set-Thing](Set-Thing.md)", "See [Set-Thing]", "links and nothing else")]
    [InlineData("Gets the things there are.\n", "Gets <b>things</b>.\n", "Gets <b>", "'<b>' is HTML")]
    [InlineData("Gets the things there are.\n", "Gets\nthe <NAME> of it.\n", "the <NAME>", "'<NAME>' is HTML")]
    [InlineData("Gets the things there are.\n", "Gets:\n\n![A picture](a.png)\n", "![A picture]", "no form in plain text")]
    [InlineData("Gets the things there are.\n", "> Gets.\n", "> Gets.", "no form in plain text")]
    [InlineData("Gets the things there are.\n", "Gets:\n\n    code\n", "    code", "```")]
    [InlineData("Gets the things there are.\n", "```\ncode\n```\n", "```\ncode", "need a paragraph before them")]
    [InlineData("Gets the things there are.\n", "- a\n  - b\n", "  - b", "paragraphs and code only")]
    public void A_page_that_breaks_the_schema_is_an_error_with_its_line(string old, string replacement, string line, string message)
    {
        var page = Pages.With(old, replacement);

        var compilation = Pages.Compile(page);

        Assert.Empty(compilation.Files);
        Assert.Contains(compilation.Errors, error => error.Message.Contains(message, StringComparison.Ordinal));
        var first = compilation.Errors.First(error => error.Message.Contains(message, StringComparison.Ordinal));
        Assert.Equal(LastLineOf(page, line), first.Line);
        Assert.Equal($"docs/Get-Thing.md({first.Line}): error HELP0001: {first.Message}", first.ToString());
    }

    [Theory]
    [InlineData("### -Force\n", "### Force\n", "### Force", "after a hyphen")]
    [InlineData("Hidden ones too.\n", "", "### -Force", "not described")]
    [InlineData("### CommonParameters", "### Common", "## PARAMETERS", "must end with '### CommonParameters'")]
    [InlineData("Aliases: N, Id\n", "", "```yaml", "lacks 'Aliases'")]
    [InlineData("Aliases: N, Id", "Alias: N", "Alias: N", "'Alias' is not a key")]
    [InlineData("Aliases: N, Id", "Aliases: N\nAliases: Id", "Aliases: Id", "'Aliases' is here twice")]
    [InlineData("Default value: None", "Default value:", "Default value:", "'' is not a value of 'Default value'")]
    [InlineData("True (ByPropertyName)", "true", "Accept pipeline input: true", "'true' is not a value of 'Accept pipeline input'")]
    [InlineData("Position: 0", "Position: first", "```yaml", "'Position' is a number or Named")]
    [InlineData("### -Force\n", "### -All\n", "### -All\nHidden", "-All is described twice")]
    public void A_parameter_that_breaks_the_schema_is_an_error_with_its_line(string old, string replacement, string line, string message)
    {
        var page = Pages.With(old, replacement);

        var error = Assert.Single(Pages.Compile(page).Errors, error => error.Message.Contains(message, StringComparison.Ordinal));

        Assert.Equal(page[..page.IndexOf(line, StringComparison.Ordinal)].Count(c => c == '\n') + 1, error.Line);
    }

    [Theory]
    [InlineData("[-Name] <String[]>", "[-Name] <String>", "says 'String' for type")]
    [InlineData("Get-Thing [-Name] <String[]>", "Get-Thing [[-Name] <String[]>]", "says 'False' for Required")]
    [InlineData("Get-Thing [-Name] <String[]>", "Get-Thing -Name <String[]>", "says 'False' for having a position")]
    [InlineData("Get-Thing [[-Kind] <Kind>] -All", "Get-Thing -All", "-Kind is missing in the syntax 'All'")]
    [InlineData("Get-Thing [[-Kind] <Kind>] -All", "Get-Thing [[-Kind] <Kind>] -All -More", "-More has no description")]
    [InlineData("-All [-Force]", "-All [-Force] -Name <String[]>", "-Name has no description for the parameter set 'All'")]
    [InlineData("Parameter Sets: ByName", "Parameter Sets: ByNumber", "has no parameter set 'ByNumber'")]
    [InlineData("Get-Thing [[-Kind] <Kind>] -All", "Get-Thing [-Kind <Kind] -All", "not a syntax: '[-Kind <Kind] -All [-Force]'")]
    [InlineData("-All [-Force] [<CommonParameters>]", "-All [-Force]", "end with '[<CommonParameters>]'")]
    [InlineData("Get-Thing [[-Kind] <Kind>] -All", "Get-Things [[-Kind] <Kind>] -All", "must begin with 'Get-Thing'")]
    public void Syntax_and_parameters_must_say_the_same(string old, string replacement, string message) =>
        Assert.Contains(
            Pages.Compile(Pages.With(old, replacement)).Errors, error => error.Message.Contains(message, StringComparison.Ordinal));

    [Theory]
    [InlineData("Get-Thing one\n```", 75)]
    [InlineData("Gets the things there are.", 67)]
    public void Code_that_a_console_would_break_is_an_error_with_its_line(string place, int width)
    {
        var inExample = place.EndsWith('`');
        var code = "short\n" + new string('x', width) + "\n" + new string('y', width + 1) + "\n```";
        var page = Pages.With(place, inExample ? code : "So:\n\n```\n" + code);

        var error = Assert.Single(Pages.Compile(page).Errors);

        Assert.Equal(Pages.LineOf(page, "yyy"), error.Line);
        Assert.Contains($"{width} fit", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sections_out_of_order_are_an_error()
    {
        var page = Pages.With("## NOTES\n\n## RELATED LINKS\n\n[Set-Thing](Set-Thing.md)\n", "## RELATED LINKS\n\n## NOTES\n");

        var error = Assert.Single(Pages.Compile(page).Errors);

        Assert.Equal(Pages.LineOf(page, "## NOTES"), error.Line);
        Assert.Contains("belongs before '## RELATED LINKS'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_with_all_pages_is_told_at_once()
    {
        var page = Pages.With("Default value: None", "Default value:").Replace("### Example 1", "### Sample 1", StringComparison.Ordinal);

        var errors = HelpCompiler.Compile(
            [new PageSource("Get-Thing.md", page), new PageSource("about_Thing.md", "# about_Things\n")]).Errors;

        Assert.Equal(["Get-Thing.md", "Get-Thing.md", "about_Thing.md"], errors.Select(error => error.Path));
        Assert.True(errors[0].Line < errors[1].Line);
    }

    [Fact]
    public void A_page_without_front_matter_is_an_error() =>
        Assert.Contains(
            Pages.Compile("# Get-Thing\n").Errors,
            error => error.Line == 1 && error.Message.Contains("front matter", StringComparison.Ordinal));

    private static int LastLineOf(string page, string text) =>
        page[..page.LastIndexOf(text, StringComparison.Ordinal)].Count(c => c == '\n') + 1;
}
