using System.Globalization;

namespace Pro.DockerVersioning.Versions;

/// <summary>How many versions of a service stay, counted apart: stable releases, pre-releases, and whatever is not a release.</summary>
/// <param name="Releases">How many stable releases.</param>
/// <param name="Prereleases">How many pre-releases.</param>
/// <param name="Commits">How many commits, those that git describe names and those with a dirty working tree among them.</param>
internal sealed record RetentionPolicy(int Releases, int Prereleases, int Commits)
{
    /// <summary>
    /// Says of each version whether it is among the newest of its kind, and why. Nobody else has a say here: versions that something else
    /// keeps count as well, so that it is always the oldest that go.
    /// </summary>
    public IReadOnlyDictionary<ProVersion, RetentionVerdict> Judge(IEnumerable<ProVersion> versions)
    {
        var verdicts = new Dictionary<ProVersion, RetentionVerdict>();
        foreach (var kind in versions.Distinct().GroupBy(KindOf))
        {
            var (keep, noun) = Limit(kind.Key);
            var place = 0;
            foreach (var version in kind.OrderDescending(OrderOf(kind.Key)))
            {
                verdicts[version] = place++ < keep
                    ? new RetentionVerdict(true, Newest("among ", keep, noun))
                    : new RetentionVerdict(
                        false, keep == 0 ? $"{noun}s are not kept ({ParameterOf(kind.Key)} 0)" : Newest("older than ", keep, noun));
            }
        }

        return verdicts;
    }

    private static RetentionKind KindOf(ProVersion version) =>
        version.IsStable ? RetentionKind.Release : version is { IsPrerelease: true, IsDirty: false } ? RetentionKind.Prerelease
            : RetentionKind.Commit;

    /// <summary>
    /// Commits go by their time: a description of an old release can be younger than a bare commit, whose place among the versions is
    /// before all releases.
    /// </summary>
    private static Comparer<ProVersion> OrderOf(RetentionKind kind) => kind == RetentionKind.Commit
        ? Comparer<ProVersion>.Create(static (left, right) =>
            Nullable.Compare(left.Time, right.Time) is var order and not 0 ? order : left.CompareTo(right))
        : Comparer<ProVersion>.Default;

    private (int Keep, string Noun) Limit(RetentionKind kind) => kind switch
    {
        RetentionKind.Release => (Releases, "release"),
        RetentionKind.Prerelease => (Prereleases, "pre-release"),
        _ => (Commits, "commit build"),
    };

    private static string ParameterOf(RetentionKind kind) => kind switch
    {
        RetentionKind.Release => "-Keep",
        RetentionKind.Prerelease => "-KeepPrerelease",
        _ => "-KeepCommit",
    };

    private static string Newest(string how, int keep, string noun) => keep == 1
        ? $"{(how == "among " ? "" : how)}the newest {noun}"
        : string.Create(CultureInfo.InvariantCulture, $"{how}the newest {keep} {noun}s");

    private enum RetentionKind
    {
        Release,
        Prerelease,
        Commit,
    }
}

/// <summary>What the counts say of a version.</summary>
/// <param name="Stays">True if it is among the newest.</param>
/// <param name="Rule">Why: "older than the newest 5 releases", "among the newest 5 releases".</param>
internal sealed record RetentionVerdict(bool Stays, string Rule);
