using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Errors;

/// <summary>
/// Text of others (logs, answers of engines and registries) as it may stand on a terminal and in a file: no escape sequences, no other
/// control characters, no change of direction. What a build or container prints must not move the cursor, or hide what is said about it.
/// </summary>
internal static partial class PlainText
{
    /// <summary>One line.</summary>
    public static string Line(string line) => Unprintable().Replace(EscapeSequence().Replace(line, ""), "");

    /// <summary>Several lines; their ends stay.</summary>
    public static string Of(string text) =>
        !Suspicious().IsMatch(text) ? text : string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(Line));

    // CSI, OSC (ended by BEL or ST) and the two-character sequences of ECMA-48.
    [GeneratedRegex(@"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)?|\x1b[ -/]*[0-~]")]
    private static partial Regex EscapeSequence();

    // Control characters, lone surrogates, and the marks that turn the direction of the text around them.
    [GeneratedRegex(@"[\p{Cc}-[\t]]|[\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")]
    private static partial Regex Unprintable();

    [GeneratedRegex(@"[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029-[\r\n\t]]|\r(?!\n)")]
    private static partial Regex Suspicious();
}
