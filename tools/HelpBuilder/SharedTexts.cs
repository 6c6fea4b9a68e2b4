using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.HelpBuilder;

/// <summary>
/// Texts that several pages have in common. A page takes one in by a line of its own, <c>[!INCLUDE [-Path](shared/Path.md)]</c>, which
/// GitHub shows as a link. The line is replaced with the file's text.
/// </summary>
internal sealed partial class SharedTexts(IEnumerable<PageSource> texts)
{
    public const string Folder = "shared";

    private const string Mark = "[!INCLUDE";

    private readonly Dictionary<string, PageSource> _texts =
        texts.ToDictionary(text => $"{Folder}/{Path.GetFileName(text.Path)}", StringComparer.Ordinal);

    private readonly HashSet<string> _used = [];

    /// <summary>The page with its included texts in it. Each line remembers the file that it was written in.</summary>
    public PageSource Expand(PageSource page, List<PageError> errors)
    {
        var lines = new List<(string Text, LineOrigin Origin)>();
        foreach (var line in LinesOf(page))
        {
            if (!line.Text.Contains(Mark, StringComparison.Ordinal))
            {
                lines.Add(line);
            }
            else if (Find(line.Text, out var problem) is { } text)
            {
                lines.AddRange(LinesOf(text));
            }
            else
            {
                errors.Add(new PageError(line.Origin.Path, line.Origin.Line, problem));
            }
        }

        return page with { Text = string.Join('\n', lines.Select(line => line.Text)), Origins = [.. lines.Select(line => line.Origin)] };
    }

    /// <summary>What is wrong with the shared texts themselves, once all pages are expanded.</summary>
    public IEnumerable<PageError> Check()
    {
        foreach (var (name, text) in _texts)
        {
            if (!_used.Contains(name))
            {
                yield return new PageError(text.Path, 1, "no page includes this text");
            }

            foreach (var nested in LinesOf(text).Where(line => line.Text.Contains(Mark, StringComparison.Ordinal)))
            {
                yield return new PageError(text.Path, nested.Origin.Line, "a shared text can't include another one");
            }
        }
    }

    private static IEnumerable<(string Text, LineOrigin Origin)> LinesOf(PageSource source) =>
        source.Text.TrimEnd('\n').Split('\n').Select((line, i) => (line, new LineOrigin(source.Path, i + 1)));

    private PageSource? Find(string line, out string problem)
    {
        var name = Line().Match(line).Groups["name"].Value;
        problem = name.Length == 0
            ? $"an include is a line of its own: {Mark} [TITLE]({Folder}/NAME.md)]"
            : $"the included file '{name}' does not exist";
        _used.Add(name);
        return _texts.GetValueOrDefault(name);
    }

    [GeneratedRegex(@"^\[!INCLUDE \[[^\]]+\]\((?<name>[^)]+)\)\]$")]
    private static partial Regex Line();
}
