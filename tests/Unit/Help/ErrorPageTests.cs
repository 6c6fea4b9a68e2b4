using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Help;

/// <summary>docs/errors.md names each error once, and nothing else.</summary>
public sealed partial class ErrorPageTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "../../.."));

    [Fact]
    public void The_page_names_each_error_once()
    {
        var page = File.ReadAllText(Path.Combine(Root, "docs", "errors.md"));
        var named = Row().Matches(page).Select(row => row.Groups[1].Value).Where(id => id != "error").ToList();
        Assert.Equal(Ids().Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Ids()
    {
        var folder = Path.Combine(Root, "src", "Pro.DockerVersioning");
        return Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(path =>
            {
                var source = File.ReadAllText(path);
                var inErrors = Path.GetFileName(Path.GetDirectoryName(path)) == "Errors";
                return WithCategory().Matches(source).Concat(Constant().Matches(source))
                    .Concat(inErrors ? FirstArgument().Matches(source).Concat(Chosen().Matches(source)) : [])
                    .Select(match => match.Groups[1].Value);
            })
            .Distinct(StringComparer.Ordinal);
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [GeneratedRegex(@"^\| (\w+) \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"""([A-Z]\w+)"",\s*ProErrorCategory\.")]
    private static partial Regex WithCategory();

    [GeneratedRegex(@"const string \w*Id = ""([A-Z]\w+)""")]
    private static partial Regex Constant();

    [GeneratedRegex(@"new(?: ProException)?\(\s*""([A-Z]\w+)"",\s")]
    private static partial Regex FirstArgument();

    [GeneratedRegex(@"_? => ""((?:Engine|Registry)[A-Z]\w+)"",")]
    private static partial Regex Chosen();
}
