using System.Globalization;

namespace Pro.DockerVersioning.Errors;

/// <summary>Errors about the names of versions, images and services, and about ranges and patterns of versions.</summary>
internal static class VersionErrors
{
    /// <summary>A text that is not a version.</summary>
    /// <param name="text">The text.</param>
    /// <param name="reason">Why it is none.</param>
    /// <param name="suggestion">The version that was probably meant, or null.</param>
    /// <param name="isGuess">True if the suggestion has numbers that the text lacks.</param>
    public static ProException InvalidVersion(string text, string reason, string? suggestion, bool isGuess = false) => new(
        "InvalidVersion",
        ProErrorCategory.InvalidArgument,
        $"'{text}' is not a version: {reason}.",
        suggestion is null
            ? "Name a git tag such as v1.2.3 or v1.2.3-rc.1, a commit by 12 or more digits of its hash, or what "
                + "'git describe --tags --abbrev=12' prints."
            : isGuess ? $"Name the release with all three numbers, such as '{suggestion}'."
            : $"Use '{suggestion}'.",
        text);

    /// <summary>A git tag that looks like a version and is none.</summary>
    /// <param name="tag">The tag.</param>
    /// <param name="reason">Why it is not a version.</param>
    /// <param name="suggestion">The version that was probably meant.</param>
    /// <param name="here">The newest version that is a tag of the same commit; null if there is none.</param>
    /// <param name="isTaken">True if the suggestion is a tag already.</param>
    /// <param name="commit">The commit's hash.</param>
    /// <param name="isRelease">True if the suggestion is a release: a tag of any other name would say something wrong later.</param>
    public static ProException TagIsNoVersion(
        string tag, string reason, string suggestion, string? here, bool isTaken, string commit, bool isRelease) => new(
        "InvalidVersion",
        ProErrorCategory.InvalidArgument,
        $"'{tag}' is not a version: {reason}.",
        here is not null ? $"Use '{here}': the tag '{tag}' is the same commit."
            : isTaken ? $"'{suggestion}' is another commit. Give this commit a version that no other has, or build it by its hash: {commit}"
            : isRelease ? RightTag(tag, suggestion) : $"Use '{suggestion}'.",
        tag);

    /// <summary>A commit's hash that is too short to be a name.</summary>
    public static ProException CommitTooShort(string text, int digits) => new(
        "CommitTooShort",
        ProErrorCategory.InvalidArgument,
        string.Create(
            CultureInfo.InvariantCulture,
            $"'{text}' is too short to name a commit in every clone: {digits} digits of the hash are needed."),
        string.Create(CultureInfo.InvariantCulture, $"Use what this prints: git rev-parse --short={digits} {text}"),
        text);

    /// <summary>An alias where a version is needed.</summary>
    public static ProException AliasIsNoVersion(string alias) => new(
        "AliasIsNoVersion",
        ProErrorCategory.InvalidArgument,
        $"'{alias}' is an alias, not a version: it names another image tomorrow.",
        "Name the version that it points at; Get-ProImageVersion shows it.",
        alias);

    /// <summary>A version that is longer than an image tag may be.</summary>
    public static ProException VersionTooLong(string text, int max) => new(
        "VersionTooLong",
        ProErrorCategory.InvalidArgument,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The version '{text}' has {text.Length} characters; an image tag holds at most {max}."),
        "Use a git tag with a shorter pre-release or build part.",
        text);

    /// <summary>A hash that is none.</summary>
    public static ProException InvalidHash(string text) => new(
        "InvalidHash",
        ProErrorCategory.InvalidArgument,
        $"'{text}' is not a hash: 12 or more hexadecimal digits in lower case are needed.",
        "Give the first 12 digits of a SHA-1 or SHA-256 hash.",
        text);

    /// <summary>An image reference outside the grammar.</summary>
    public static ProException InvalidReference(string text, string reason, string? suggestion) => new(
        "InvalidImageReference",
        ProErrorCategory.InvalidArgument,
        $"'{text}' is not an image reference: {reason}.",
        suggestion is null
            ? "Write it as [registry[:port]/]repository[:tag][@digest], for example registry.example.com/pro/api:v1.2.3."
            : $"Did you mean '{suggestion}'?",
        text);

    /// <summary>A registry prefix that can't stand before a repository's name.</summary>
    public static ProException InvalidRegistry(string text, string reason, string? suggestion) => new(
        "InvalidRegistry",
        ProErrorCategory.InvalidArgument,
        $"The registry '{text}' can't be used: {reason}.",
        suggestion is null
            ? "Set REGISTRY, or 'registry' in pro.json, to a host and a path such as registry.example.com/pro."
            : $"Set REGISTRY, or 'registry' in pro.json, to '{suggestion}'.",
        text);

    /// <summary>A service's name that can't be an image's name.</summary>
    public static ProException InvalidServiceName(string text, string reason, string? suggestion) => new(
        "InvalidServiceName",
        ProErrorCategory.InvalidArgument,
        $"The service name '{text}' can't be an image's name: {reason}.",
        suggestion is null
            ? "Name the service in pro.json with small letters and digits, separated by '-', '.' or '_'."
            : $"Name the service '{suggestion}' in pro.json, and let its 'context' point at the folder.",
        text);

    /// <summary>A range of versions that can't be read.</summary>
    public static ProException InvalidRange(string text, Exception? inner) => new(
        "InvalidVersionRange",
        ProErrorCategory.InvalidArgument,
        $"'{text}' is not a range of versions.",
        "Write it as npm does: '>=1.2 <2', '^1.2', '~1.2', '1.2.*', '1.2 - 1.4', '<1 || >=2'.",
        text,
        inner);

    /// <summary>A wildcard pattern that can't be read.</summary>
    public static ProException InvalidPattern(string text, string reason) => new(
        "InvalidVersionPattern",
        ProErrorCategory.InvalidArgument,
        $"'{text}' is not a pattern: {reason}.",
        "Use * for any characters, ? for one, [a-c] for one of several, and a backtick before a character that stands for itself.",
        text);

    /// <summary>
    /// How to tag the same commit rightly; only for names that a shell takes as they stand, and never for a description: a tag of its name
    /// would say something wrong after the next commit.
    /// </summary>
    private static string RightTag(string text, string suggestion) =>
        char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or '+')
            ? $"Give the same commit the right tag: git tag -a {suggestion} -m 'Release {suggestion}' '{text}^{{}}'"
            : $"Use '{suggestion}'.";
}
