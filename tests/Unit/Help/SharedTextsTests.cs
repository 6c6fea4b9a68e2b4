using Pro.DockerVersioning.HelpBuilder;
using Xunit;

namespace Pro.DockerVersioning.Tests.Help;

/// <summary>A text that several pages share is written once, and each page includes it.</summary>
public sealed class SharedTextsTests
{
    private const string Include = "[!INCLUDE [-Force](shared/Force.md)]";

    private const string Table =
        """

        ```yaml
        Type: SwitchParameter
        Parameter Sets: (All)
        Aliases:
        Required: False
        Position: Named
        Default value: False
        Accept pipeline input: False
        Accept wildcard characters: False
        ```

        """;

    [Theory]
    [InlineData("Hidden ones too.\n")]
    [InlineData("Hidden ones too.\n" + Table)]
    public void A_page_with_an_included_text_is_the_page_with_that_text(string text)
    {
        var compilation = Compile(Pages.With(text, Include + "\n"), new PageSource("docs/shared/Force.md", text));

        Assert.Empty(compilation.Errors);
        Assert.Equal(Pages.Compile(Pages.Good).Files, compilation.Files);
    }

    [Theory]
    [InlineData("[!INCLUDE [-Force](shared/Forced.md)]", "the included file 'shared/Forced.md' does not exist")]
    [InlineData("Force: [!INCLUDE [-Force](shared/Force.md)]", "an include is a line of its own")]
    [InlineData("[!INCLUDE shared/Force.md]", "an include is a line of its own")]
    public void An_include_that_finds_nothing_is_an_error_with_its_line(string include, string message)
    {
        var page = Pages.With("Hidden ones too.", include);

        var compilation = Compile(page);

        Assert.Empty(compilation.Files);
        var error = Assert.Single(compilation.Errors, error => error.Message.StartsWith(message, StringComparison.Ordinal));
        Assert.Equal($"docs/Get-Thing.md({Pages.LineOf(page, include)}): error HELP0001: {error.Message}", error.ToString());
    }

    [Fact]
    public void An_error_in_a_shared_text_names_its_file_once_and_later_errors_name_the_page()
    {
        var page = Pages.With("Gets the things there are.\n", Include + "\n").Replace("Hidden ones too.", Include, StringComparison.Ordinal)
            .Replace("[Set-Thing](Set-Thing.md)", "See Set-Thing.", StringComparison.Ordinal);

        var errors = Compile(page, new PageSource("docs/shared/Force.md", "One.\n\nTwo <b>lines</b>.\n")).Errors;

        Assert.All(errors.SkipLast(1), error => Assert.Equal(("docs/shared/Force.md", 3), (error.Path, error.Line)));
        Assert.Equal(errors.Distinct(), errors);
        Assert.Equal(("docs/Get-Thing.md", Pages.LineOf(page, "See Set-Thing.")), (errors[^1].Path, errors[^1].Line));
    }

    [Theory]
    [InlineData("Hidden ones too.", 1, "no page includes this text")]
    [InlineData("Hidden ones too.\n\n" + Include, 3, "a shared text can't include another one")]
    public void A_shared_text_is_included_and_includes_nothing(string text, int line, string message)
    {
        var error = Assert.Single(
            Compile(Pages.Good, new PageSource("docs/shared/Force.md", text)).Errors, error => error.Message == message);

        Assert.Equal(("docs/shared/Force.md", line), (error.Path, error.Line));
    }

    private static HelpCompilation Compile(string page, params IReadOnlyList<PageSource> shared) =>
        HelpCompiler.Compile([new PageSource("docs/Get-Thing.md", page)], shared);
}
