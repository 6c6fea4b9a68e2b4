using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment;

/// <summary>
/// A version that was verified at a target by Deploy, Rollback (the command's name) or Restore: what the previous version is chosen from.
/// It comes from the one that ran before, or, of a restore, from the version that failed.
/// </summary>
internal sealed record VerifiedDeployment(ProHistoryKind Kind, ProVersion Version, ProVersion? From, string? ImageId, DateTimeOffset Time)
{
    /// <summary>How many versions of a target are remembered on its engine.</summary>
    public const int Remembered = 5;

    public string Target { get; init; } = "";

    public string Repository { get; init; } = "";

    /// <summary>The digest under which a registry knows the image; null if none does.</summary>
    public string? Digest { get; init; }

    /// <summary>How long the start took to verify; null if nobody measured it.</summary>
    public TimeSpan? StartTime { get; init; }

    /// <summary>The tags that name what is deployed at the target, with their repository; null: those of the step before.</summary>
    public IReadOnlyList<string>? Aliases { get; init; }

    /// <summary>Counts up at a target: hosts have different clocks.</summary>
    public int Number { get; init; }

    /// <summary>
    /// Whether this digest was verified. It tells a swarm's images: its managers may have one image under several ids, of other platforms
    /// or with another image store.
    /// </summary>
    public bool HasDigest(string? digest) => digest is not null && digest == Digest;

    public bool IsOf(ImageReference repository) => ImageReference.TryParse(Repository, out var own) && own.SameRepository(repository);

    public bool HasTag(ImageReference reference) => IsOf(reference) && Version.ImageTag == reference.Tag;

    /// <summary>What an entry of the history verified; null if it verified nothing.</summary>
    public static VerifiedDeployment? Of(ProHistoryEntry entry) =>
        entry is { IsVerified: true, Version: { } version }
        && entry.Kind is ProHistoryKind.Deploy or ProHistoryKind.Rollback or ProHistoryKind.Restore
            ? new(entry.Kind, version, entry.Kind == ProHistoryKind.Restore ? null : entry.From, entry.ImageId, entry.Time)
            {
                Digest = entry.Digest,
            }
            : null;

    /// <summary>
    /// Whether an operation leaves the version that ran, or that failed: it is not a previous version any more. An upgrade, or the same
    /// version again, by Invoke-ProRollback leaves nothing: it is a deployment by another name. Commits have no order without their times,
    /// which the history doesn't have: of two the one that was rolled back to counts as the lower.
    /// </summary>
    public static bool Leaves(ProHistoryKind kind, ProVersion? from, ProVersion to) =>
        from is not null
        && !to.Equals(from)
        && (kind == ProHistoryKind.Restore
            || (kind == ProHistoryKind.Rollback
                && (from.Kind == ProVersionKind.Commit || to.Kind == ProVersionKind.Commit || to.CompareTo(from) < 0)));

    /// <summary>The versions that were left and not verified again since. Pure; steps come newest first.</summary>
    public static HashSet<ProVersion> LeftBehind(IEnumerable<VerifiedDeployment> steps)
    {
        var left = new HashSet<ProVersion>();
        var seen = new HashSet<ProVersion>();
        foreach (var step in steps)
        {
            if (Leaves(step.Kind, step.From, step.Version) && !seen.Contains(step.From!))
            {
                _ = left.Add(step.From!);
            }

            _ = seen.Add(step.Version);
        }

        return left;
    }

    /// <summary>
    /// What has to stay of a target's steps: the last one of each of the last five versions, and the one that left such a version. Pure;
    /// steps come newest first.
    /// </summary>
    public static IReadOnlyList<VerifiedDeployment> Remember(IEnumerable<VerifiedDeployment> steps)
    {
        var all = steps.ToList();
        var versions = all.Select(step => step.Version).Distinct().Take(Remembered).ToHashSet();
        var seen = new HashSet<ProVersion>();
        var told = new HashSet<ProVersion>();
        var kept = new List<VerifiedDeployment>();
        foreach (var step in all)
        {
            var leaves = Leaves(step.Kind, step.From, step.Version) && versions.Contains(step.From!)
                && !seen.Contains(step.From!) && told.Add(step.From!);
            if ((versions.Contains(step.Version) && seen.Add(step.Version)) || leaves)
            {
                kept.Add(step);
            }
        }

        return kept;
    }
}
