using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

public sealed class DotEnvEditorTests
{
    [Theory]
    [InlineData("", "V=v2\n")]
    [InlineData("A=1\n", "A=1\nV=v2\n")]
    [InlineData("A=1", "A=1\nV=v2")]
    [InlineData("A=1\r\nB=2\r\n", "A=1\r\nB=2\r\nV=v2\r\n")]
    [InlineData("A=1\r\nV=v1\r\nB=2", "A=1\r\nV=v2\r\nB=2")]
    [InlineData("V=v1", "V=v2")]
    [InlineData("V=\r\n", "V=v2\r\n")]
    [InlineData("# V=v0\n V = v1   # why\nVV=v1\n", "# V=v0\n V = v2   # why\nVV=v1\n")]
    [InlineData("export V=\"v1\" # x\n", "export V=\"v2\" # x\n")]
    [InlineData("V='v1'\nA=1\n", "V='v2'\nA=1\n")]
    [InlineData("V=v0\nA=1\nV=v1\n", "V=v0\nA=1\nV=v2\n")]
    [InlineData("A=\"first\nV=inside\"\nV=v1\n", "A=\"first\nV=inside\"\nV=v2\n")]
    [InlineData("A=\"say \\\"\nV=no\"\n", "A=\"say \\\"\nV=no\"\nV=v2\n")]
    [InlineData("V\nA=1\n", "V=v2\nA=1\n")]
    [InlineData("V\r\nA=1\r\n", "V=v2\r\nA=1\r\n")]
    [InlineData("\u00EF\u00BB\u00BFV=v1\n", "\u00EF\u00BB\u00BFV=v2\n")]
    [InlineData("V: v1\n", "V: v2\n")]
    [InlineData("# caf\u00E9\nV=v1\n", "# caf\u00E9\nV=v2\n")]
    public void Only_the_value_changes(string before, string after)
    {
        var edited = DotEnvEditor.Set(before, "V", "v2");

        Assert.Equal(after, edited);
        Assert.Equal("v2", DotEnvFile.Parse(edited.TrimStart('\u00EF', '\u00BB', '\u00BF'), ".env", _ => null)["V"]);
    }
}
