using System.Text.RegularExpressions;
using Pro.DockerVersioning.Errors;
using Semver;

namespace Pro.DockerVersioning.Versions;

/// <summary>A range of releases, in npm's grammar: <c>&gt;=1.2 &lt;2</c>, <c>^1.2</c>, <c>~1.2</c>, <c>1.2.*</c>.</summary>
internal sealed partial class VersionRange
{
    private readonly SemVersionRange range;
    private readonly bool includePrerelease;
    private readonly string text;

    private VersionRange(string text, SemVersionRange range, bool includePrerelease)
    {
        this.text = text;
        this.range = range;
        this.includePrerelease = includePrerelease;
    }

    /// <summary>Reads a range. A <c>v</c> before a number is taken as one of ours.</summary>
    /// <param name="text">The range.</param>
    /// <param name="includePrerelease">
    /// Every pre-release inside the bounds too, and descriptions and dirty versions by their base. Else, as npm does, a pre-release
    /// only where the range itself names one of the same three numbers.
    /// </param>
    /// <exception cref="ProException">It is not a range.</exception>
    public static VersionRange Parse(string text, bool includePrerelease = false)
    {
        // Empty means everything to npm; to a user it is an unset variable.
        if (string.IsNullOrWhiteSpace(text))
        {
            throw VersionErrors.InvalidRange(text, null);
        }

        try
        {
            return new VersionRange(
                text, SemVersionRange.ParseNpm(Prefix().Replace(text, string.Empty), includePrerelease), includePrerelease);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
        {
            throw VersionErrors.InvalidRange(text, e);
        }
    }

    /// <summary>Whether the version is in the range; a commit is in none.</summary>
    public bool Contains(ProVersion version) =>
        version.SemVer is { } release
        && (includePrerelease || (version.Kind == ProVersionKind.Release && !version.IsDirty))
        && range.Contains(release);

    /// <summary>The range as it was typed.</summary>
    public override string ToString() => text;

    [GeneratedRegex(@"(?<![0-9A-Za-z.+-])[vV](?=[0-9xX*])", RegexOptions.CultureInvariant)]
    private static partial Regex Prefix();
}
