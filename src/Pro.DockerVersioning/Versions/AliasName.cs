using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Versions;

/// <summary>A tag that moves: <c>latest</c>, <c>v1</c> or <c>v1.2</c>. No version reads like one.</summary>
/// <param name="Major">The line's first number; null for <c>latest</c>.</param>
/// <param name="Minor">The line's second number; null for <c>latest</c> and <c>v1</c>.</param>
internal sealed partial record AliasName(BigInteger? Major, BigInteger? Minor)
{
    /// <summary><c>latest</c>.</summary>
    public static AliasName Latest { get; } = new(null, null);

    /// <summary>Reads an alias.</summary>
    public static bool TryParse(string? tag, [NotNullWhen(true)] out AliasName? alias)
    {
        Match match = Line().Match(tag ?? string.Empty);
        alias = tag == "latest"
            ? Latest
            : match.Success ? new AliasName(Number(match.Groups["major"]), Number(match.Groups["minor"])) : null;
        return alias is not null;
    }

    /// <summary>Whether the release (or a description's base) is of this line.</summary>
    public bool Covers(ProVersion version) =>
        (Major is null || Major == version.Major) && (Minor is null || Minor == version.Minor);

    /// <inheritdoc/>
    public override string ToString() => (Major, Minor) switch
    {
        (null, _) => "latest",
        (_, null) => string.Create(CultureInfo.InvariantCulture, $"v{Major}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"v{Major}.{Minor}"),
    };

    private static BigInteger? Number(Group group) =>
        group.Success ? BigInteger.Parse(group.Value, NumberStyles.None, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(
        @"\Av(?<major>0|[1-9][0-9]*)(\.(?<minor>0|[1-9][0-9]*))?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Line();
}
