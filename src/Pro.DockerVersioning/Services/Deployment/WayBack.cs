using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>A version to go back to, with the image that was proven, where that is known.</summary>
/// <param name="Version">The version.</param>
/// <param name="ImageId">The image that was proven to work here; null where nobody proved it.</param>
/// <param name="Why">Where it is known from, for the verbose stream.</param>
internal sealed record PreviousChoice(ProVersion Version, string? ImageId, string Why);

/// <summary>
/// The version before the current one: what was last proven here before it (the engine's own tag, then the history), and only then the next
/// lower release on this engine. A version that a rollback has left is none: going "back" to it would bring its fault again.
/// </summary>
internal sealed class WayBack(EngineConnection engine, HistoryLog history, IProgress<Report> reports)
{
    /// <summary>Finds it; null where there is none.</summary>
    public async Task<PreviousChoice?> FindAsync(
        DeploymentRequest request, DeploymentWorld world, ServiceTarget target, CancellationToken cancellationToken)
    {
        var current = world.VersionOf(target);
        var running = target.Containers.Where(container => container.IsRunning).Select(container => container.ImageId).ToHashSet();
        var entries = await EntriesAsync(PlaceOf(request, target), cancellationToken).ConfigureAwait(false);
        var left = LeftBehind(entries);
        if (PreviousVersions.Find(world.Inventory, request.Repository, target.TargetId) is { Version: { } tagged } previous
            && !running.Contains(previous.ImageId) && !tagged.Equals(current) && !left.Contains(tagged))
        {
            return new PreviousChoice(tagged, previous.ImageId, $"{previous.Reference.Tag} on this engine");
        }

        if (entries.FirstOrDefault(entry => IsProven(entry) && !entry.Version!.Equals(current) && !left.Contains(entry.Version)) is { } proven)
        {
            return new PreviousChoice(proven.Version!, proven.ImageId, $"the history: proven here on {proven.Time:u}");
        }

        return world.Inventory.TaggedVersionsOf(request.Repository)
            .Where(version => version.IsStable && current is not null && version.CompareTo(current) < 0 && !left.Contains(version))
            .Max() is { } lower
            ? new PreviousChoice(lower, null, "the next lower release on this engine; none was proven here before")
            : null;
    }

    /// <summary>The image that was proven under a version here last; null where none was.</summary>
    public async Task<string?> VerifiedImageAsync(
        DeploymentRequest request, ServiceTarget target, ProVersion version, CancellationToken cancellationToken) =>
        (await EntriesAsync(PlaceOf(request, target), cancellationToken).ConfigureAwait(false))
            .FirstOrDefault(entry => IsProven(entry) && entry.Version!.Equals(version))?.ImageId;

    /// <summary>The digest that was last recorded for a reference, wherever; null where none was.</summary>
    public async Task<string?> RecordedDigestAsync(string service, ImageReference reference, CancellationToken cancellationToken)
    {
        var entries = await ReadAsync(service, _ => true, cancellationToken).ConfigureAwait(false);
        return entries.FirstOrDefault(entry => entry.Digest is not null
            && ImageReference.TryParse(entry.Reference, out var one) && one.Equals(reference))?.Digest;
    }

    /// <summary>Keeps the way back on the engine, after a version has been proven.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="target">The target.</param>
    /// <param name="old">The image that ran before.</param>
    /// <param name="wasWell">Whether it was well.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task KeepAsync(DeploymentRequest request, ServiceTarget target, string? old, bool wasWell, CancellationToken cancellationToken)
    {
        // A rollback leaves a version: it is no way back from where it goes. What was the way back stays so, unless it runs now.
        if (request.Kind != ProHistoryKind.Deploy || old is null || !wasWell)
        {
            return;
        }

        try
        {
            await PreviousVersions.SetAsync(engine, request.Repository, target.TargetId, old, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException failure)
        {
            reports.Report(new WarningReport($"The way back could not be marked on the engine: {failure.Message}"));
        }
    }

    /// <summary>Where a target is, for the history.</summary>
    public HistoryPlace PlaceOf(DeploymentRequest request, ServiceTarget target) =>
        new(engine.Endpoint.ToString(), ProOperator.Host, request.Service.Name, target.TargetId);

    /// <summary>The versions that were rolled back from and not deployed again since. Pure; entries come newest first.</summary>
    internal static HashSet<ProVersion> LeftBehind(IEnumerable<ProHistoryEntry> entries)
    {
        var left = new HashSet<ProVersion>();
        var seen = new HashSet<ProVersion>();
        foreach (var entry in entries)
        {
            if (entry is { Kind: ProHistoryKind.Rollback, IsVerified: true, From: { } from } && !seen.Contains(from))
            {
                _ = left.Add(from);
            }

            if (IsProven(entry))
            {
                _ = seen.Add(entry.Version!);
            }
        }

        return left;
    }

    private static bool IsProven(ProHistoryEntry entry) =>
        entry is { IsVerified: true, Version: not null, Kind: ProHistoryKind.Deploy or ProHistoryKind.Rollback };

    private Task<List<ProHistoryEntry>> EntriesAsync(HistoryPlace place, CancellationToken cancellationToken) =>
        ReadAsync(place.Service, place.Matches, cancellationToken);

    private async Task<List<ProHistoryEntry>> ReadAsync(string service, Func<ProHistoryEntry, bool> accepts, CancellationToken cancellationToken)
    {
        var entries = new List<ProHistoryEntry>();
        try
        {
            var filter = new HistoryFilter { Services = [name => name == service] };
            await foreach (var entry in history.ReadAsync(filter, reports, cancellationToken).ConfigureAwait(false))
            {
                if (accepts(entry))
                {
                    entries.Add(entry);
                }
            }
        }
        catch (ProException unreadable)
        {
            reports.Report(new WarningReport($"{unreadable.Message} {unreadable.RecommendedAction}"));
        }

        return entries;
    }
}
