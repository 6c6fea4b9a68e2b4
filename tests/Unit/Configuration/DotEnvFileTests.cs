using Pro.DockerVersioning.Configuration.Compose;
using Xunit;

namespace Pro.DockerVersioning.Tests.Configuration;

public sealed class DotEnvFileTests
{
    private static IReadOnlyDictionary<string, string> Parse(string text) =>
        DotEnvFile.Parse(text, ".env", new Dictionary<string, string> { ["FROM_ENV"] = "e", ["A"] = "environment" }.GetValueOrDefault);

    [Theory]
    [InlineData("X=1", "1")]
    [InlineData("X = 1 ", "1")]
    [InlineData("export X=1", "1")]
    [InlineData("  export\tX=1", "1")]
    [InlineData("X: 1", "1")]
    [InlineData("X=", "")]
    [InlineData("X=a b  c", "a b  c")]
    [InlineData("X=a # comment", "a")]
    [InlineData("X=a#b", "a#b")]
    [InlineData("X=#a", "#a")]
    [InlineData("X='a # b'", "a # b")]
    [InlineData("X='a\\n$FROM_ENV'", "a\\n$FROM_ENV")]
    [InlineData("X='it\\'s'", "it's")]
    [InlineData("X=\"a # b\" # c", "a # b")]
    [InlineData("X=\"a\\nb\\t\\\"c\\\"\"", "a\nb\t\"c\"")]
    [InlineData("X=\"one\ntwo\"\nY=2", "one\ntwo")]
    [InlineData("X=\"\\$FROM_ENV\"", "$FROM_ENV")]
    [InlineData("X=$FROM_ENV", "e")]
    [InlineData("X=\"${FROM_ENV}-${NONE:-d}\"", "e-d")]
    [InlineData("B=b\nX=${B}c", "bc")]
    [InlineData("A=file\nX=$A", "environment")]
    [InlineData("X=a=b", "a=b")]
    [InlineData("# c\n\nX=1\r\nY=2\r\n", "1")]
    [InlineData("X=1\nX=2", "2")]
    [InlineData("X=C:\\new", "C:\\new")]
    public void A_value_is_read_as_compose_reads_it(string text, string expected) => Assert.Equal(expected, Parse(text)["X"]);

    [Fact]
    public void A_name_alone_passes_the_environments_value_on()
    {
        var values = Parse("FROM_ENV\nNOWHERE\nexport A");
        Assert.Equal("e", values["FROM_ENV"]);
        Assert.Equal("environment", values["A"]);
        Assert.False(values.ContainsKey("NOWHERE"));
    }

    [Theory]
    [InlineData("A=1\nB=\"open\nmore", 2)]
    [InlineData("A=1\n\n=2", 3)]
    [InlineData("A=1\nwhat is this", 2)]
    [InlineData("A=\"1\" 2", 1)]
    public void A_broken_line_names_its_number(string text, int line)
    {
        var error = Assert.Throws<ProException>(() => Parse(text));
        Assert.Equal("EnvFileWrong", error.Id);
        Assert.StartsWith($".env, line {line},", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_line_does_not_show_its_value()
    {
        var error = Assert.Throws<ProException>(() => Parse("MY SECRET=hunter2"));
        Assert.DoesNotContain("hunter2", error.Message, StringComparison.Ordinal);
    }
}
