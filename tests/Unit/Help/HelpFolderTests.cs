using Pro.DockerVersioning.HelpBuilder;
using Xunit;

namespace Pro.DockerVersioning.Tests.Help;

/// <summary>The folder of compiled help holds what the pages make, and nothing of pages that are gone.</summary>
public sealed class HelpFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("help-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Help_of_a_page_that_is_gone_goes_away()
    {
        HelpFolder.Write(_folder.FullName, [new HelpFile("about_Old.help.txt", "old"), new HelpFile("Some.dll-Help.xml", "1")]);
        HelpFolder.Write(_folder.FullName, [new HelpFile("Some.dll-Help.xml", "2")]);

        var file = Assert.Single(_folder.GetFiles());
        Assert.Equal("2"u8.ToArray(), File.ReadAllBytes(file.FullName));
    }

    [Fact]
    public void A_page_with_carriage_returns_is_the_same_page()
    {
        var path = Path.Combine(_folder.FullName, "Get-Thing.md");
        File.WriteAllText(path, Pages.Good.ReplaceLineEndings("\r\n"));

        Assert.Equal(HelpCompiler.Compile([new PageSource(path, Pages.Good)]).Files, HelpCompiler.Compile([PageSource.Read(path)]).Files);
    }
}
