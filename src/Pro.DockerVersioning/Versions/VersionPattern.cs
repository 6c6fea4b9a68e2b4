using System.Text.RegularExpressions;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Versions;

/// <summary>PowerShell's wildcards on a version's text, without regard to case: <c>v1.2.*</c>.</summary>
internal sealed class VersionPattern
{
    private readonly Regex regex;
    private readonly string text;

    private VersionPattern(string text, Regex regex)
    {
        this.text = text;
        this.regex = regex;
    }

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="ProException">A bracket isn't closed, or holds nothing or a range the wrong way round.</exception>
    public static VersionPattern Parse(string text) => NamePattern.TryCompile(text, out var regex, out var why)
        ? new VersionPattern(text, regex)
        : throw VersionErrors.InvalidPattern(text, why);

    /// <summary>Whether the text matches as a whole.</summary>
    public bool IsMatch(string candidate) => regex.IsMatch(candidate);

    /// <summary>Whether the version's text or its image tag, which people see in Docker's own lists, matches as a whole.</summary>
    public bool IsMatch(ProVersion version) =>
        IsMatch(version.ToString()) || (version.BuildMetadata is not null && IsMatch(version.ImageTag));

    /// <summary>The pattern as it was typed.</summary>
    public override string ToString() => text;
}
