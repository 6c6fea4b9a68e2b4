using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Engine;

/// <summary>Reads the numbers at the head of a program's version: "20.10.24+dfsg1", "v0.14.0-desktop.1".</summary>
internal static partial class ClientVersion
{
    /// <summary>Major and minor; null if the text begins with no version.</summary>
    public static Version? Parse(string? text) =>
        text is not null && Head().Match(text) is { Success: true } match ? Version.Parse(match.Groups["version"].Value) : null;

    [GeneratedRegex(@"\Av?(?<version>[0-9]{1,5}\.[0-9]{1,5})", RegexOptions.ExplicitCapture)]
    private static partial Regex Head();
}
