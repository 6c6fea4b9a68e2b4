using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Versions;

/// <summary>
/// The grammar of image references (github.com/distribution/reference), with the reason where a text is outside of it.
/// </summary>
internal static partial class ReferenceGrammar
{
    /// <summary>What a tag must be.</summary>
    public const string TagReason = "a tag has 1 to 128 letters, digits, '_', '.' and '-', and starts with none of the last two";

    /// <summary>What a digest must be.</summary>
    public const string DigestReason = "a digest is sha256:, sha384: or sha512: and all its hexadecimal digits in lower case";

    /// <summary>What a name's path must be.</summary>
    public const string PathReason =
        "a repository's name has small letters and digits, with single '.', '_', '__' or '-' between them, and '/' between its parts";

    private const int MaxNameLength = 255;

    /// <summary>Whether the text is a tag.</summary>
    public static bool IsTag(string text) => TagPattern().IsMatch(text);

    /// <summary>Whether the text is a digest.</summary>
    public static bool IsDigest(string text) => DigestPattern().IsMatch(text);

    /// <summary>Whether the text is one part of a repository's path.</summary>
    public static bool IsPathComponent(string text) => ComponentPattern().IsMatch(text);

    /// <summary>Whether the text is a registry's host, perhaps with a port.</summary>
    public static bool IsHost(string text) => HostPattern().IsMatch(text);

    /// <summary>Takes a reference apart.</summary>
    /// <returns>Null if it is one, else the reason why it isn't.</returns>
    public static string? Split(string text, out Pieces pieces)
    {
        (string name, string? tag, string? digest) = Cut(text);
        (string? registry, string path) = SplitRegistry(name);
        pieces = new Pieces(name, registry, path, tag, digest);
        return Check(pieces);
    }

    /// <summary>Cuts tag and digest off a text, whatever they are.</summary>
    public static (string Name, string? Tag, string? Digest) Cut(string text)
    {
        (string rest, string? digest) = Cut(text, text.IndexOf('@', StringComparison.Ordinal));

        // Before the last slash a colon belongs to a port.
        int colon = rest.LastIndexOf(':');
        (string name, string? tag) = Cut(rest, colon > rest.LastIndexOf('/') ? colon : -1);
        return (name, tag, digest);
    }

    private static string? Check(Pieces pieces) => pieces switch
    {
        { Name: "" } => "it has no name",
        { Name: var name } when name.Contains("://", StringComparison.Ordinal) => "a reference has no scheme",
        { Digest: { } digest } when !IsDigest(digest) => DigestReason,
        { Tag: { } tag } when !IsTag(tag) => TagReason,
        { Registry: { } registry } when !IsHost(registry) => $"'{registry}' is not a host name with an optional port",
        { Path: var path } when path.Any(char.IsAsciiLetterUpper) => "a repository's name has no capital letters",
        { Path: var path } when !path.Split('/').All(IsPathComponent) => PathReason,
        { Name.Length: > MaxNameLength } => "its name is longer than 255 characters",

        // Docker takes such a name for an image's id.
        { Registry: null, Path: { Length: 64 } path } when path.All(char.IsAsciiHexDigitLower) =>
            "64 hexadecimal digits name an image's id",
        _ => null,
    };

    /// <summary>Docker's rule: the first part is a registry if it has a dot, a colon or a capital, or is localhost.</summary>
    private static (string? Registry, string Path) SplitRegistry(string name)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        string first = slash < 0 ? string.Empty : name[..slash];
        return first == "localhost" || first.Any(c => c is '.' or ':' || char.IsAsciiLetterUpper(c))
            ? (first, name[(slash + 1)..])
            : (null, name);
    }

    private static (string Before, string? After) Cut(string text, int at) => at < 0 ? (text, null) : (text[..at], text[(at + 1)..]);

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"\A(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})\z", RegexOptions.CultureInvariant)]
    private static partial Regex DigestPattern();

    [GeneratedRegex(@"\A[a-z0-9]+((\.|__?|-+)[a-z0-9]+)*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex ComponentPattern();

    [GeneratedRegex(
        @"\A(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*)(:[0-9]+)?\z",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex HostPattern();

    /// <summary>The pieces of a reference, as typed.</summary>
    internal readonly record struct Pieces(string Name, string? Registry, string Path, string? Tag, string? Digest);
}
