using Pro.DockerVersioning.HelpBuilder;
using Xunit;

namespace Pro.DockerVersioning.Tests.Help;

/// <summary>About topics are text of 80 columns, printed by PowerShell as it is.</summary>
public sealed class AboutTopicTests
{
    private const string Page =
        """
        # about_Thing

        ## Short description

        What things are.

        ## Long description

        A long paragraph that goes on and on, until it is wider than a console is, which is 80
        columns, and `code` with [a link](https://example.com).

        ### A heading

        - An item that is long enough to be wrapped in a console whose width is eighty columns
        - Another

        | Key | Meaning |
        | --- | --- |
        | `one` | A meaning that is long enough to be wrapped in the last column of the table |

        ```powershell
        Get-Thing |
            Set-Thing
        ```

        ## See also

        1. Get-Thing

        """;

    [Fact]
    public void A_topic_is_laid_out_as_PowerShells_own_are()
    {
        var file = Assert.Single(Compile(Page).Files);

        Assert.Equal("about_Thing.help.txt", file.Name);
        Assert.Equal(
            """
            TOPIC
                about_Thing

            SHORT DESCRIPTION
                What things are.

            LONG DESCRIPTION
                A long paragraph that goes on and on, until it is wider than a console is,
                which is 80 columns, and `code` with a link (https://example.com).

              A heading

                - An item that is long enough to be wrapped in a console whose width is
                  eighty columns
                - Another

                Key    Meaning
                -----  ---------------------------------------------------------------------
                `one`  A meaning that is long enough to be wrapped in the last column of the
                       table

                    Get-Thing |
                        Set-Thing

            SEE ALSO
                1. Get-Thing

            """,
            file.Content,
            ignoreLineEndingDifferences: true);
    }

    // Get-Help about_* takes the fifth line of the file as the synopsis.
    [Fact]
    public void The_fifth_line_is_the_synopsis() =>
        Assert.Equal("What things are.", Assert.Single(Compile(Page).Files).Content.Split('\n')[4].Trim());

    [Theory]
    [InlineData("What things are.", "What things are, in a sentence that is longer than the one line of a synopsis.", 5, "at most 76")]
    [InlineData("# about_Thing", "# about_Things", 1, "the name of its file")]
    [InlineData("## Short description", "## Description", 1, "begins with '## Short description'")]
    [InlineData(
        "    Set-Thing", "    Set-Thing one, two, three, four, five, six, seven, eight, nine, ten, eleven, 12", 21, "wider than 80")]
    public void A_topic_that_breaks_the_form_is_an_error_with_its_line(string old, string replacement, int line, string message)
    {
        var compilation = Compile(Page.Replace(old, replacement, StringComparison.Ordinal));

        var error = Assert.Single(compilation.Errors);
        Assert.Equal(line, error.Line);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Empty(compilation.Files);
    }

    [Fact]
    public void A_table_that_does_not_fit_is_an_error()
    {
        var cell = new string('x', 70);

        var error = Assert.Single(Compile(Page.Replace("`one`", cell, StringComparison.Ordinal)).Errors);

        Assert.Contains("does not fit 80 columns", error.Message, StringComparison.Ordinal);
    }

    private static HelpCompilation Compile(string page) => HelpCompiler.Compile([new PageSource("docs/about_Thing.md", page)]);
}
