using System.Text.RegularExpressions;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Versions;

/// <summary>Says why a text is not a version, and what was probably meant.</summary>
internal static partial class VersionSuggestion
{
    /// <summary>The error for a text that is not a version.</summary>
    public static ProException Explain(string? text) => text switch
    {
        null or "" => VersionErrors.InvalidVersion(string.Empty, "it is empty", null),
        { Length: > VersionGrammar.MaxLength } => VersionErrors.VersionTooLong(text, VersionGrammar.MaxLength),
        "latest" => VersionErrors.AliasIsNoVersion(text),
        _ when text.Length >= 4 && text.Length < VersionGrammar.HashLength && VersionGrammar.IsHash(text, 4)
            => VersionErrors.CommitTooShort(text, VersionGrammar.HashLength),
        _ => VersionErrors.InvalidVersion(text, Reason(text), Suggest(text), IsGuess(text)),
    };

    /// <summary>The error for a git tag that is not a version: what else its commit is called counts.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="commit">Its commit's hash.</param>
    /// <param name="others">All tags of the same commit.</param>
    /// <param name="all">All tags.</param>
    public static ProException ExplainTag(string tag, string commit, IEnumerable<string> others, IEnumerable<string> all)
    {
        if (Suggest(tag) is not { } suggestion)
        {
            return Explain(tag);
        }

        // A release before its candidates, as a description of the commit has it.
        var here = others.Select(other => ProVersion.TryParseTag(other, out var version) ? version : null)
            .OfType<ProVersion>()
            .OrderByDescending(version => version.IsStable)
            .ThenByDescending(version => version)
            .FirstOrDefault()?.ToString();
        var isTaken = all.Contains(suggestion, StringComparer.Ordinal);
        var isRelease = ProVersion.TryParse(suggestion, out var right) && right.Kind == ProVersionKind.Release;
        return VersionErrors.TagIsNoVersion(tag, Reason(tag), suggestion, here, isTaken, commit[..VersionGrammar.HashLength], isRelease);
    }

    /// <summary>Whether a text that is not a version was meant as one: there is one like it, or it is SemVer and only too long.</summary>
    public static bool IsMeant(string text) => VersionGrammar.IsTooLong(text) || Suggest(text) is not null;

    /// <summary>The version that was probably meant, or null. Whatever it gives is a version.</summary>
    public static string? Suggest(string text)
    {
        string trimmed = text.Trim();
        string lower = trimmed.ToLowerInvariant();
        Match match = Loose().Match(trimmed);
        string suggestion = match.Success && !IsDate(match) && !VersionGrammar.IsHash(lower, VersionGrammar.HashLength)
            ? Release(match)
            : lower;
        return suggestion != text && ProVersion.TryParse(suggestion, out ProVersion? version) ? version.ToString() : null;
    }

    private static string Reason(string text) => text switch
    {
        _ when text.Trim() != text => "it has white space around it",
        _ when Numbers().Match(text) is { Success: true, Groups: var groups } && !groups["patch"].Success =>
            "it lacks one of its three numbers",
        _ when char.IsAsciiDigit(text[0]) => "it lacks the prefix 'v'",
        _ when text[0] == 'V' => "its prefix is a capital 'V'",
        _ when LeadingZero().IsMatch(text) => "one of its numbers has a leading zero",
        _ when Loose().IsMatch(text) && !(text[0] == 'v' && char.IsAsciiDigit(text.ElementAtOrDefault(1))) => "its prefix is not 'v' alone",
        _ => "it is not 'v' and a semantic version",
    };

    // It lacks a number, for which the suggestion has 0.
    private static bool IsGuess(string text) => Loose().Match(text.Trim()) is { Success: true } match && !match.Groups["patch"].Success;

    // Three numbers of a day make no version, although SemVer would take what remains as a pre-release.
    private static bool IsDate(Match match) => !match.Groups["minor"].Success && DayAfterYear().IsMatch(match.Groups["rest"].Value);

    private static string Release(Match match)
    {
        string core = $"v{Number(match, "major")}.{Number(match, "minor")}.{Number(match, "patch")}";
        string rest = Unusable().Replace(match.Groups["rest"].Value.TrimEnd('.', '-', '_', '+'), "-");
        return core + rest switch
        {
            "" => string.Empty,
            ['-', ..] => PrereleaseZero().Replace(rest, "$1"),
            ['+', ..] => rest,
            ['_', .. var tail] => (KnownPrerelease().IsMatch(tail) ? "-" : "+") + tail.Replace('_', '-'),
            ['.', .. var tail] => (char.IsAsciiDigit(tail[0]) ? "+" : "-") + tail,
            _ => "-" + rest,
        };
    }

    private static string Number(Match match, string name) =>
        match.Groups[name].Value.TrimStart('0') is { Length: > 0 } number ? number : "0";

    [GeneratedRegex(
        @"\A(refs/tags/)?((version|release|ver|rel|v)[-_./ ]*)*(?<major>[0-9]+)([._](?<minor>[0-9]+))?([._](?<patch>[0-9]+))?(?<rest>.*)\z",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Loose();

    [GeneratedRegex(@"\A[vV]?[0-9]+(\.[0-9]+(?<patch>\.[0-9]+)?)?(?![0-9.])", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Numbers();

    [GeneratedRegex(@"(^v|[.-])0[0-9]+(?![0-9A-Za-z-])", RegexOptions.CultureInvariant)]
    private static partial Regex LeadingZero();

    [GeneratedRegex(@"(?<=\A-|\.)0+([0-9]+)(?=[.+]|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex PrereleaseZero();

    [GeneratedRegex(@"\A-[0-9]+(-|\z)", RegexOptions.CultureInvariant)]
    private static partial Regex DayAfterYear();

    [GeneratedRegex(@"\A(alpha|beta|rc|pre|preview|dev|snapshot)", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex KnownPrerelease();

    [GeneratedRegex(@"[^0-9A-Za-z.+_-]", RegexOptions.CultureInvariant)]
    private static partial Regex Unusable();
}
