using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>A version that was proven to work at a target: what the way back is chosen from.</summary>
/// <param name="Kind">Deploy or Rollback, by the command's name.</param>
/// <param name="Version">The version.</param>
/// <param name="From">The one that ran before; null where none did.</param>
/// <param name="ImageId">The image; null where nothing says it.</param>
/// <param name="Time">When.</param>
internal sealed record ProvenStep(ProHistoryKind Kind, ProVersion Version, ProVersion? From, string? ImageId, DateTimeOffset Time)
{
    /// <summary>The step that an entry of the history tells of; null where it proves nothing.</summary>
    public static ProvenStep? Of(ProHistoryEntry entry) =>
        entry is { IsVerified: true, Version: { } version, Kind: ProHistoryKind.Deploy or ProHistoryKind.Rollback }
            ? new ProvenStep(entry.Kind, version, entry.From, entry.ImageId, entry.Time)
            : null;

    /// <summary>
    /// Whether an operation leaves the version that ran: it is no way back any more. An upgrade, or the same version again, by
    /// Invoke-ProRollback leaves nothing: it is a deployment by another name. Commits have no order without their times, which the
    /// history doesn't have: of two the one that was rolled back to counts as the lower.
    /// </summary>
    public static bool Leaves(ProHistoryKind kind, ProVersion? from, ProVersion to) =>
        kind == ProHistoryKind.Rollback
        && from is not null
        && !to.Equals(from)
        && (from.Kind == ProVersionKind.Commit || to.Kind == ProVersionKind.Commit || to.CompareTo(from) < 0);

    /// <summary>The versions that were left and not deployed again since. Pure; steps come newest first.</summary>
    public static HashSet<ProVersion> LeftBehind(IEnumerable<ProvenStep> steps)
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
}
