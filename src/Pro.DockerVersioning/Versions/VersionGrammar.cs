using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;
using Semver;

namespace Pro.DockerVersioning.Versions;

/// <summary>How strictly a text is read.</summary>
internal enum VersionReading
{
    /// <summary>A name that someone typed or that we are about to give: hashes of 12 digits or more, cut to 12.</summary>
    Name,

    /// <summary>A tag found on an image, perhaps made by another tool: hashes of 7 digits or more, kept as they stand.</summary>
    ImageTag,

    /// <summary>A tag that git holds under exactly this name: SemVer and nothing else.</summary>
    GitTag,
}

/// <summary>Reads a version's text into its parts.</summary>
internal static partial class VersionGrammar
{
    /// <summary>What follows the version of an image built from a changed working tree.</summary>
    public const string DirtySuffix = "-dirty";

    /// <summary>How many digits of a commit's hash make its name: the same in every clone, however large.</summary>
    public const int HashLength = 12;

    /// <summary>The longest image tag (distribution's grammar), and so the longest version.</summary>
    public const int MaxLength = 128;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The parts of the text, or null if it is not a version.</summary>
    public static VersionParts? Read(string text, VersionReading reading)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        if (reading == VersionReading.GitTag)
        {
            return ReadRelease(text);
        }

        // Taken off before SemVer sees it: a hash of digits only that starts with 0 would be no SemVer identifier.
        Match dirty = Dirty().Match(text);
        return dirty.Success
            ? ReadClean(dirty.Groups["base"].Value, reading) is { } parts
                ? parts with { IsDirty = true, DirtyHash = dirty.Groups["hash"] is { Success: true, Value: var hash } ? hash : null }
                : null
            : ReadClean(text, reading);
    }

    /// <summary>Whether it is a hash in lower case of at least so many digits, and at most the 40 of SHA-1.</summary>
    public static bool IsHash(string text, int least) =>
        text.Length >= least && text.Length <= 40 && !text.AsSpan().ContainsAnyExcept(HexDigits);

    /// <summary>Whether it is SemVer after its <c>v</c>, and only too long for an image tag.</summary>
    public static bool IsTooLong(string text) =>
        text.Length > MaxLength && text.StartsWith('v') && SemVersion.TryParse(text[1..], SemVersionStyles.Strict, out _, text.Length);

    private static VersionParts? ReadClean(string text, VersionReading reading) =>
        ReadCommit(text, reading) ?? ReadDescribe(text, reading) ?? ReadRelease(text);

    private static VersionParts? ReadCommit(string text, VersionReading reading) =>
        IsHash(text, reading == VersionReading.ImageTag ? 7 : HashLength)
            ? new VersionParts(ProVersionKind.Commit, reading == VersionReading.ImageTag ? text : text[..HashLength]) { CommitHash = text }
            : null;

    private static VersionParts? ReadDescribe(string text, VersionReading reading)
    {
        Match match = Describe().Match(text);
        if (!match.Success || ReadRelease(match.Groups["base"].Value) is not { } release)
        {
            return null;
        }

        string hash = match.Groups["hash"].Value;
        string shown = reading == VersionReading.ImageTag || hash.Length < HashLength ? hash : hash[..HashLength];
        string count = match.Groups["count"].Value;
        return new VersionParts(ProVersionKind.Describe, $"{release.BaseText}-{count}-g{shown}")
        {
            SemVer = release.SemVer,
            CommitCount = int.Parse(count, NumberStyles.None, CultureInfo.InvariantCulture),
            CommitHash = hash,
        };
    }

    private static VersionParts? ReadRelease(string text) =>
        text.StartsWith('v') && SemVersion.TryParse(text[1..], SemVersionStyles.Strict, out SemVersion? version, MaxLength)
            ? new VersionParts(ProVersionKind.Release, text) { SemVer = version }
            : null;

    [GeneratedRegex(@"\A(?<base>.+)-dirty(\.(?<hash>[0-9a-f]{12}))?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Dirty();

    // The last -N-g<hash> counts: a tag may itself look like a description.
    [GeneratedRegex(
        @"\A(?<base>v.+)-(?<count>0|[1-9][0-9]{0,8})-g(?<hash>[0-9a-f]{4,40})\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Describe();
}
