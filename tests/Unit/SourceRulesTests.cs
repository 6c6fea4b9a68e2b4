using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace Pro.DockerVersioning.Tests;

/// <summary>What stands in files that no compiler reads, and somebody could take out without a test that fails.</summary>
public sealed partial class SourceRulesTests
{
    private const int MaxLine = 140;

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
        var source = string.Concat(CSharpFiles(Path.Combine("src", "Pro.DockerVersioning")).Select(File.ReadAllText));
        var unknown = from file in Directory.EnumerateFiles(Path.Combine(Root, "docs", "en-US"), "*.md")
                      from id in Ids(Path.GetFileName(file))
                      where !source.Contains($"\"{id}\"", StringComparison.Ordinal)
                      select $"{Path.GetFileName(file)}: {id}";
        Assert.Empty(unknown);
    }

    [Fact]
    public void No_line_is_longer_than_140_characters()
    {
        var tooLong = from file in CSharpFiles("src").Concat(CSharpFiles("tests"))
                      from number in LongLines(File.ReadAllLines(file))
                      select $"{Path.GetRelativePath(Root, file)}:{number}";
        Assert.Empty(tooLong.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Only_a_raw_literal_of_several_lines_may_have_longer_ones()
    {
        var longer = new string('x', 141);
        Assert.Equal([1], LongLines([longer, new string('x', 140)]));
        Assert.Equal([5], LongLines(["var text = $$\"\"\"", longer, "    \"\"\"", "    .Trim();", longer]));
        Assert.Equal([2], LongLines(["var one = \"\"\"a\"\"\";", longer]));
        Assert.Equal([3], LongLines(["const string Text = \"\"\"a\"\"\"", "    + \"\"\"b\"\"\"", longer]));
    }

    // A raw literal's bytes may matter, so its lines pass. It begins at the end of one line, and ends at the start of another.
    private static IEnumerable<int> LongLines(string[] lines)
    {
        var isRaw = false;
        for (var index = 0; index < lines.Length; index++)
        {
            var line = lines[index].Trim();
            var closes = isRaw && line.StartsWith("\"\"\"", StringComparison.Ordinal);
            if (isRaw && !closes)
            {
                continue;
            }

            if (lines[index].Length > MaxLine)
            {
                yield return index + 1;
            }

            var opened = RawQuotes().Count(line) - (closes ? 1 : 0);
            isRaw = opened % 2 == 1 && line.EndsWith("\"\"\"", StringComparison.Ordinal);
        }
    }

    private static IEnumerable<string> CSharpFiles(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "obj" or "bin"));

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

    [GeneratedRegex("\"{3,}")]
    private static partial Regex RawQuotes();

    [GeneratedRegex(@"^\| Id \| Meaning \|\r?\n\| --- \| --- \|\r?\n((?:\|.*\n)+)", RegexOptions.Multiline)]
    private static partial Regex Tables();
}
