using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>Finds the version before the current one (<see cref="TargetWayBack"/>), and keeps it on the engine.</summary>
internal sealed class WayBack(EngineConnection engine, HistoryLog history, IProgress<Report> reports)
{
    /// <summary>Finds it; null where there is none.</summary>
    public async Task<PreviousChoice?> FindAsync(
        DeploymentRequest request, DeploymentWorld world, ServiceTarget target, CancellationToken cancellationToken)
    {
        var entries = await EntriesAsync(PlaceOf(request, target), cancellationToken).ConfigureAwait(false);
        return TargetWayBack.Find(
            world.Inventory,
            request.Repository,
            [.. world.Inventory.TaggedVersionsOf(request.Repository)],
            TargetNow.Of(target, world.VersionOf(target)),
            [.. entries.Select(ProvenStep.Of).OfType<ProvenStep>()]);
    }

    /// <summary>The image that was proven under a version here last; null where none was.</summary>
    public async Task<string?> VerifiedImageAsync(
        DeploymentRequest request, ServiceTarget target, ProVersion version, CancellationToken cancellationToken) =>
        (await EntriesAsync(PlaceOf(request, target), cancellationToken).ConfigureAwait(false))
            .Select(ProvenStep.Of).FirstOrDefault(step => step?.Version.Equals(version) == true)?.ImageId;

    /// <summary>How long the verified starts of a target took, newest first.</summary>
    public async Task<IReadOnlyList<TimeSpan>> VerifiedStartsAsync(
        DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken) =>
        [
            .. (await EntriesAsync(PlaceOf(request, target), cancellationToken).ConfigureAwait(false))
                .Where(entry => entry is { IsVerified: true, Kind: ProHistoryKind.Deploy or ProHistoryKind.Rollback })
                .Select(entry => entry.HealthyAfter ?? (entry.Order == "stop-first" ? entry.Downtime : null))
                .OfType<TimeSpan>(),
        ];

    /// <summary>The digest that was last recorded for a reference, wherever; null where none was.</summary>
    public async Task<string?> RecordedDigestAsync(string service, ImageReference reference, CancellationToken cancellationToken)
    {
        var entries = await ReadAsync(service, _ => true, cancellationToken).ConfigureAwait(false);
        return entries.FirstOrDefault(entry => entry.Digest is not null
            && ImageReference.TryParse(entry.Reference, out var one) && one.Equals(reference))?.Digest;
    }

    /// <summary>Keeps the way back on the engine, after a version has been proven.</summary>
    /// <param name="request">Whose service it is.</param>
    /// <param name="target">What runs it.</param>
    /// <param name="done">What was done.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task KeepAsync(DeploymentRequest request, ServiceTarget target, OperationNote done, CancellationToken cancellationToken)
    {
        // A rollback leaves a version: it is no way back from where it goes. What was the way back stays so, unless it runs now. Nor is
        // another image of the same version one: the way back is another version, and the tag may hold it.
        if (done.OldImageId is not { } old || !done.WasWell || done.Version.Equals(done.From)
            || ProvenStep.Leaves(done.Kind, done.From, done.Version))
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
