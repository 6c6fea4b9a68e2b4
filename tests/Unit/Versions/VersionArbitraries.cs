using FsCheck;
using FsCheck.Fluent;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Tests.Versions;

/// <summary>Random versions from a small world, so that equal bases, ties and near misses are frequent.</summary>
public static class VersionArbitraries
{
    private static readonly string[] Prereleases =
        ["", "", "", "-rc.1", "-rc.2", "-rc.10", "-alpha", "-4-gabc1234", "-dirty.0123456789ab", "-0A", "-x-y.0"];

    private static readonly string[] Builds = ["", "", "", "+1", "+10", "+a", "+a.b-c", "+a-4-gabc1234", "+007"];
    private static readonly string[] Hashes = ["abcdef012345", "000000000000", "012345678901", "ffffffffffff"];
    private static readonly string[] Suffixes = ["", "", "", "-dirty.abcdef012345", "-dirty.000000000001", "-dirty"];

    private static readonly Gen<string> Release =
        from major in Gen.Choose(0, 2)
        from minor in Gen.Choose(0, 2)
        from patch in Gen.Elements("0", "1", "10", "99999999999999999999999")
        from pre in Gen.Elements(Prereleases)
        from build in Gen.Elements(Builds)
        select $"v{major}.{minor}.{patch}{pre}{build}";

    private static readonly Gen<string> Describe =
        from release in Release
        from count in Gen.Choose(0, 11)
        from hash in Gen.Elements(Hashes)
        from length in Gen.Elements(7, 12)
        select $"{release}-{count}-g{hash[..length]}";

    private static readonly Gen<string> Commit =
        from hash in Gen.Elements(Hashes)
        select hash;

    public static Arbitrary<ProVersion> Versions() =>
        (from text in Gen.OneOf(Release, Describe, Commit)
         from suffix in Gen.Elements(Suffixes)
         from time in Gen.Choose(0, 4)
         from exact in Gen.Choose(0, 1)
         let version = exact == 1 && ProVersion.TryParseTag(text + suffix, out ProVersion? tag) ? tag : ProVersion.Parse(text + suffix)
         let timed = time == 0 ? version : version.WithTime(DateTimeOffset.UnixEpoch.AddHours(time))
         from place in Gen.OneOf(Gen.Constant(""), Release, Describe)
         from isCounted in Gen.Elements(true, false)
         select place.Length == 0 || version.Kind != ProVersionKind.Commit
             ? timed
             : timed.At(VersionPlace.Of(ProVersion.Parse(place))! with { Count = isCounted ? 3 : null })).ToArbitrary();
}
