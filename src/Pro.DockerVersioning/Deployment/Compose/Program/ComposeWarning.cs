using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Deployment.Compose.Program;

/// <summary>Finds compose's own warnings among its lines: they are the user's warnings.</summary>
internal static partial class ComposeWarning
{
    /// <summary>
    /// What a line of its standard error warns of; null for any other line. That the attribute <c>version</c> is obsolete is left out: it
    /// changes nothing that runs, and most files of former years have it.
    /// </summary>
    public static string? Parse(string line) =>
        Later().Match(line) is { Success: true } later ? Known(Escaped().Replace(later.Groups["text"].Value, Unescape))
        : First().Match(line) is { Success: true } first ? Known(first.Groups["text"].Value)
        : null;

    private static string? Known(string text) =>
        text.Contains("attribute `version` is obsolete", StringComparison.Ordinal) ? null : text.Trim();

    private static string Unescape(Match match) => match.Groups["letter"].Value switch
    {
        "n" => "\n",
        "t" => "\t",
        var other => other,
    };

    // time="2025-11-29T23:34:05Z" level=warning msg="The \"A\" variable is not set. Defaulting to a blank string."
    [GeneratedRegex(@"\Atime=\S+ level=warning msg=(?:""(?<text>(?:[^""\\]|\\.)*)""|(?<text>\S+))", RegexOptions.ExplicitCapture)]
    private static partial Regex Later();

    // 1.x: WARNING: The A variable is not set. Defaulting to a blank string.
    [GeneratedRegex(@"\AWARNING: (?<text>.+)", RegexOptions.ExplicitCapture)]
    private static partial Regex First();

    [GeneratedRegex(@"\\(?<letter>.)", RegexOptions.ExplicitCapture)]
    private static partial Regex Escaped();
}
