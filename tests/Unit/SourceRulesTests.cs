using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Pro.DockerVersioning.Tests;

/// <summary>What stands in files that no compiler reads, and somebody could take out without a test that fails.</summary>
public sealed partial class SourceRulesTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "../.."));

    [Fact]
    public void Known_faults_of_packages_fail_the_build()
    {
        var properties = XDocument.Load(Path.Combine(Root, "Directory.Build.props")).Descendants()
            .ToLookup(one => one.Name.LocalName, one => one.Value);
        Assert.Equal(["true"], properties["NuGetAudit"]);
        Assert.Equal(["all"], properties["NuGetAuditMode"]);
        Assert.Equal(["true"], properties["TreatWarningsAsErrors"]);

        // NU1900 and NU1905: a source can't be asked. NU1901 to NU1904 are the faults.
        var projects = new[] { "src", "tests", "tools", "build" }.Select(folder => Path.Combine(Root, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.*proj", SearchOption.AllDirectories));
        Assert.All(
            projects.Append(Path.Combine(Root, "Directory.Build.props")),
            file => Assert.DoesNotMatch("NU190[1-4]|<NuGetAudit>false|NuGetAuditLevel|NuGetAuditSuppress", File.ReadAllText(file)));
    }

    [Theory]
    [InlineData("Build-ProImage.md")]
    [InlineData("about_ProDockerVersioning.md")]
    public void The_pages_say_that_git_is_never_in_the_context(string page) =>
        Assert.Contains("The folder `.git` is never in the context", Page(page), StringComparison.Ordinal);

    [Theory]
    [InlineData("Deploy-ProService.md", "PodmanCannotDeploy")]
    [InlineData("Invoke-ProRollback.md", "PodmanCannotDeploy")]
    [InlineData("Repair-ProService.md", "PodmanCannotDeploy")]
    [InlineData("Clear-ProBuildCache.md", "PodmanHasNoBuildCache")]
    public void What_Podman_refuses_is_in_the_tables_of_errors(string page, string id) => Assert.Contains(id, Ids(page));

    [Fact]
    public void Each_error_in_a_table_is_one_of_the_source()
    {
        var source = string.Concat(Directory.EnumerateFiles(Path.Combine(Root, "src", "Pro.DockerVersioning"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText));
        var unknown = from file in Directory.EnumerateFiles(Path.Combine(Root, "docs", "en-US"), "*.md")
                      from id in Ids(Path.GetFileName(file))
                      where !source.Contains($"\"{id}\"", StringComparison.Ordinal)
                      select $"{Path.GetFileName(file)}: {id}";
        Assert.Empty(unknown);
    }

    private static string Page(string name) =>
        Include().Replace(File.ReadAllText(Path.Combine(Root, "docs", "en-US", name)), shared => Page(shared.Groups[1].Value));

    private static IEnumerable<string> Ids(string page) =>
        from Match table in Tables().Matches(Page(page))
        from row in table.Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        from id in row.Split('|')[1].Split(',', StringSplitOptions.TrimEntries)
        select id;

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

    [GeneratedRegex(@"\[!INCLUDE \[[^\]]*\]\(([^)]+)\)\]")]
    private static partial Regex Include();

    [GeneratedRegex(@"^\| Id \| Meaning \|\r?\n\| --- \| --- \|\r?\n((?:\|.*\n)+)", RegexOptions.Multiline)]
    private static partial Regex Tables();
}
