using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;
using Xunit;

namespace Pro.DockerVersioning.Tests.Configuration;

public sealed class ComposeInterpolationTests
{
    private static readonly Dictionary<string, string> Variables =
        new() { ["SET"] = "value", ["EMPTY"] = "", ["_x1"] = "under", ["OTHER"] = "o" };

    private static string Expand(string text, List<string>? missing = null) =>
        ComposeInterpolation.Expand(
            text, new FilePosition("compose.yaml", 7, 3), Variables.GetValueOrDefault, missing is null ? null : missing.Add);

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("$SET", "value")]
    [InlineData("${SET}", "value")]
    [InlineData("a$SET-b${SET}c", "avalue-bvaluec")]
    [InlineData("$_x1", "under")]
    [InlineData("$SET.x", "value.x")]
    [InlineData("$UNSET|${UNSET}|", "||")]
    [InlineData("${UNSET-d}", "d")]
    [InlineData("${EMPTY-d}", "")]
    [InlineData("${SET-d}", "value")]
    [InlineData("${UNSET:-d}", "d")]
    [InlineData("${EMPTY:-d}", "d")]
    [InlineData("${SET:-d}", "value")]
    [InlineData("${UNSET:-}", "")]
    [InlineData("${UNSET:-a:-b}", "a:-b")]
    [InlineData("${UNSET-a?b+c}", "a?b+c")]
    [InlineData("${UNSET:-http://h:80/?q=1}", "http://h:80/?q=1")]
    [InlineData("${SET:?why}", "value")]
    [InlineData("${EMPTY?why}", "")]
    [InlineData("${SET:+x}", "x")]
    [InlineData("${EMPTY:+x}", "")]
    [InlineData("${EMPTY+x}", "x")]
    [InlineData("${UNSET+x}", "")]
    [InlineData("${UNSET:-${OTHER}}", "o")]
    [InlineData("${UNSET:-${ALSO:-deep}}-tail", "deep-tail")]
    [InlineData("${UNSET:-a${SET}b}${OTHER}", "avaluebo")]
    [InlineData("${SET:+<$OTHER>}", "<o>")]
    [InlineData("$$SET", "$SET")]
    [InlineData("$$$SET", "$value")]
    [InlineData("${UNSET:-$$x}", "$x")]
    [InlineData("cost: 5$", "cost: 5$")]
    [InlineData("^a$|b", "^a$|b")]
    [InlineData("$1", "$1")]
    public void The_grammar_is_composes(string text, string expected) => Assert.Equal(expected, Expand(text));

    [Theory]
    [InlineData("${SET")]
    [InlineData("${}")]
    [InlineData("${1A}")]
    [InlineData("${SET!x}")]
    [InlineData("${SET:x}")]
    [InlineData("${SET:}")]
    [InlineData("${SET :-x}")]
    [InlineData("${UNSET:-${OTHER}")]
    public void A_broken_use_names_its_place(string text)
    {
        var error = Assert.Throws<ProException>(() => Expand(text));
        Assert.Equal("ComposeInterpolationInvalid", error.Id);
        Assert.StartsWith("compose.yaml, line 7, column 3:", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("${UNSET:?tell $SET}")]
    [InlineData("${UNSET?tell $SET}")]
    [InlineData("${EMPTY:?tell $SET}")]
    public void A_required_variable_says_its_message(string text)
    {
        var error = Assert.Throws<ProException>(() => Expand(text));
        Assert.Equal("ComposeVariableRequired", error.Id);
        Assert.EndsWith("must be set: tell value.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nesting_without_end_is_an_error_not_a_crash()
    {
        var text = string.Concat(Enumerable.Repeat("${U:-", 20_000)) + new string('}', 20_000);
        Assert.Equal("ComposeInterpolationInvalid", Assert.Throws<ProException>(() => Expand(text)).Id);
    }

    [Fact]
    public void Only_a_variable_without_default_is_told_to_be_missing()
    {
        var missing = new List<string>();
        Expand("$A ${B} ${C-} ${D:+x} ${SET} ${E:-$F} ${SET:-$G}", missing);
        Assert.Equal(["A", "B", "F"], missing);
    }
}
