using Semver;

namespace Pro.DockerVersioning.Versions;

/// <summary>The total order of versions, oldest first.</summary>
internal static class VersionOrder
{
    /// <summary>
    /// A lexicographic comparison, key by key: that is what makes it transitive. 0 is given only to versions of equal text.
    /// </summary>
    public static int Compare(ProVersion left, ProVersion? right)
    {
        if (right is null)
        {
            return 1;
        }

        int order = CompareBase(left, right);

        // Just below the version it was changed from: nobody can build it again, so it must never be the newest of anything.
        order = order != 0 ? order : right.IsDirty.CompareTo(left.IsDirty);
        return order != 0 ? order : string.CompareOrdinal(left.ToString(), right.ToString());
    }

    private static int CompareBase(ProVersion left, ProVersion right) => (ReleaseOf(left), ReleaseOf(right)) switch
    {
        (null, null) => CompareCommits(left, right),
        (null, _) => -1,
        (_, null) => 1,
        var (one, other) => CompareReleases(one, other) is var order and not 0 ? order : CompareDescriptions(left, right),
    };

    private static SemVersion? ReleaseOf(ProVersion version) => version.SemVer ?? version.Place?.Release;

    private static int CompareCommits(ProVersion left, ProVersion right)
    {
        int order = Nullable.Compare(left.Time, right.Time);
        return order != 0 ? order : string.CompareOrdinal(left.BaseText, right.BaseText);
    }

    private static int CompareReleases(SemVersion left, SemVersion right)
    {
        int order = SemVersion.ComparePrecedence(left, right);
        return order != 0 ? order : string.CompareOrdinal(left.Metadata, right.Metadata);
    }

    /// <summary>
    /// Of one base: the release itself, then the commits after it by their count, then those of which only the time is known.
    /// </summary>
    private static int CompareDescriptions(ProVersion left, ProVersion right)
    {
        int count = CountOf(left);
        int order = count.CompareTo(CountOf(right));
        order = order != 0 || count != int.MaxValue ? order : Nullable.Compare(left.Time, right.Time);
        return order != 0 ? order : string.CompareOrdinal(left.BaseText, right.BaseText);
    }

    private static int CountOf(ProVersion version) =>
        version.Place is { } place ? place.Count ?? int.MaxValue : version.CommitCount ?? -1;
}
