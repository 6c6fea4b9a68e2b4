using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment;

/// <summary>
/// What was verified at each target: on its engine or in its swarm (<see cref="VerifiedVersions"/>), where every operator finds it, and in
/// the history, which only adds. Finds the version before the current one by it (<see cref="PreviousVersionRule"/>).
/// </summary>
internal sealed class PreviousVersionStore(EngineConnection engine, HistoryLog history, IProgress<Report> reports)
{
    /// <summary>Finds the previous version; null if there is none.</summary>
    public async Task<PreviousChoice?> FindAsync(
        DeploymentRequest request, EngineSnapshot world, ServiceTarget target, CancellationToken cancellationToken)
    {
        var verified = await VerifiedAsync(request, target.TargetId, cancellationToken).ConfigureAwait(false);
        var entries = await EntriesAsync(request, target, cancellationToken).ConfigureAwait(false);
        return PreviousVersionRule.Find(
            world.Inventory,
            request.Repository,
            [.. world.Inventory.TaggedVersionsOf(request.Repository)],
            TargetNow.Of(target, world.VersionOf(target)),
            [.. entries.Select(VerifiedDeployment.Of).OfType<VerifiedDeployment>()],
            verified);
    }

    /// <summary>What stands on the engine of a target, newest first.</summary>
    public async Task<IReadOnlyList<VerifiedDeployment>> VerifiedAsync(
        DeploymentRequest request, string targetId, CancellationToken cancellationToken) =>
        [.. (await VerifiedVersions.OfAsync(engine, targetId, cancellationToken).ConfigureAwait(false))
            .Where(step => step.IsOf(request.Repository))];

    /// <summary>
    /// How long the verified starts of a target took, newest first: those that the engine knows, else those of the history.
    /// </summary>
    public async Task<IReadOnlyList<TimeSpan>> VerifiedStartsAsync(
        DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken)
    {
        var verified = await VerifiedAsync(request, target.TargetId, cancellationToken).ConfigureAwait(false);
        TimeSpan[] known = [.. verified.Select(step => step.StartTime).OfType<TimeSpan>()];
        return known.Length > 0 ? known :
        [
            .. (await EntriesAsync(request, target, cancellationToken).ConfigureAwait(false))
                .Where(entry => entry is { IsVerified: true, Kind: ProHistoryKind.Deploy or ProHistoryKind.Rollback })
                .Select(entry => entry.HealthyAfter ?? (entry.Order == "stop-first" ? entry.Downtime : null))
                .OfType<TimeSpan>(),
        ];
    }

    /// <summary>The image that was verified under a version here last; null if none was.</summary>
    public async Task<string?> VerifiedImageAsync(
        DeploymentRequest request, ServiceTarget target, ProVersion version, CancellationToken cancellationToken) =>
        (await VerifiedAsync(request, target.TargetId, cancellationToken).ConfigureAwait(false))
            .FirstOrDefault(step => step.Version.Equals(version))?.ImageId
        ?? (await EntriesAsync(request, target, cancellationToken).ConfigureAwait(false))
            .Select(VerifiedDeployment.Of).FirstOrDefault(step => step?.Version.Equals(version) == true)?.ImageId;

    /// <summary>The digest that was last recorded for a reference, wherever; null if none was.</summary>
    public async Task<string?> RecordedDigestAsync(string service, ImageReference reference, CancellationToken cancellationToken)
    {
        var verified = await VerifiedVersions.LoadAsync(engine, cancellationToken).ConfigureAwait(false);
        if (verified.FirstOrDefault(step => step.HasTag(reference) && step.Digest is not null) is { } known)
        {
            return known.Digest;
        }

        var entries = await ReadAsync(service, _ => true, cancellationToken).ConfigureAwait(false);
        return entries.FirstOrDefault(entry => entry.Digest is not null
            && ImageReference.TryParse(entry.Reference, out var one) && one.Equals(reference))?.Digest;
    }

    /// <summary>
    /// Remembers on the engine what an operation has verified. Without a time nobody has measured the start; without aliases those of the
    /// step before stay.
    /// </summary>
    public Task KeepAsync(
        DeploymentRequest request, ServiceTarget target, OperationNote done, TimeSpan? startTime = null, DeploymentAliases? aliases = null)
    {
        var step = new VerifiedDeployment(done.Kind, done.Version, done.From, done.ImageId, Clock.Now)
        {
            Digest = done.Digest,
            StartTime = startTime,
            Aliases = aliases is null ? null : [.. aliases.OnEngine.Select(alias => alias.ToString())],
        };

        // Before the first verified one only the engine can say what was well. Another image of the same version is not a previous version:
        // the tag may hold it. Nor is what a rollback leaves.
        var old = done.WasWell && !done.Version.Equals(done.From) && !VerifiedDeployment.Leaves(done.Kind, done.From, done.Version)
            ? new VerifiedDeployment(ProHistoryKind.Deploy, done.From ?? done.Version, null, done.OldImageId, step.Time) : null;
        return AddAsync(request, target, step, old);
    }

    /// <summary>
    /// Remembers on the engine that a version was restored, and verified again. There is no version that failed if its user stopped it.
    /// </summary>
    public Task KeepRestoredAsync(
        DeploymentRequest request, ServiceTarget target, ProVersion version, string? imageId, ProVersion? failed) =>
        AddAsync(
            request, target, new VerifiedDeployment(ProHistoryKind.Restore, version, failed, imageId, Clock.Now), first: null);

    /// <summary>Whether the history has the line of what an operation has verified.</summary>
    public async Task<bool> IsRecordedAsync(
        DeploymentRequest request, ServiceTarget target, OperationNote note, CancellationToken cancellationToken)
    {
        var place = PlaceOf(request, target);
        var filter = new HistoryFilter { Services = [name => name == place.Service], Kinds = [note.Kind], After = note.Since };
        try
        {
            await foreach (var entry in history.ReadAsync(filter, reports, cancellationToken).ConfigureAwait(false))
            {
                if (place.Matches(entry) && entry.IsVerified && note.Version.Equals(entry.Version))
                {
                    return true;
                }
            }
        }
        catch (ProException unreadable)
        {
            reports.Report(new VerboseReport(unreadable.Message));
        }

        return false;
    }

    private async Task AddAsync(DeploymentRequest request, ServiceTarget target, VerifiedDeployment step, VerifiedDeployment? first)
    {
        try
        {
            // A tag would say it on one engine, and the swarm's other managers would not know it.
            if (first is not null && !first.Version.Equals(step.Version) && LockNames.IsOfSwarm(target.TargetId)
                && (await VerifiedAsync(request, target.TargetId, CancellationToken.None).ConfigureAwait(false)).Count == 0)
            {
                _ = await AddOneAsync(first).ConfigureAwait(false);
            }

            var verified = await AddOneAsync(step).ConfigureAwait(false);
            HashSet<string> running = step.ImageId is { } image ? [image] : [];
            var previous = PreviousVersionRule.OnEngine(new TargetNow(target.TargetId, step.Version, running), verified)?.ImageId
                ?? (verified.Count == 1 ? first?.ImageId : null);
            if (previous is not null)
            {
                await PreviousTag
                    .SetAsync(engine, request.Repository, target.TargetId, previous, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (ProException gone) when (gone.Category == ProErrorCategory.ObjectNotFound)
        {
            reports.Report(new VerboseReport($"The previous version's image is not on this engine any more: {gone.Message}"));
        }
        catch (ProException failure)
        {
            reports.Report(new WarningReport($"What was verified could not be remembered on the engine: {failure.Message}"));
        }

        Task<IReadOnlyList<VerifiedDeployment>> AddOneAsync(VerifiedDeployment one) => VerifiedVersions.AddAsync(
            engine, one with { Target = target.TargetId, Repository = request.Repository.Name }, CancellationToken.None);
    }

    private HistoryPlace PlaceOf(DeploymentRequest request, ServiceTarget target) =>
        new(engine.Endpoint.ToString(), ProOperator.Host, request.Service.Name, target.TargetId);

    private Task<List<ProHistoryEntry>> EntriesAsync(
        DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken) =>
        ReadAsync(request.Service.Name, PlaceOf(request, target).Matches, cancellationToken);

    private async Task<List<ProHistoryEntry>> ReadAsync(
        string service, Func<ProHistoryEntry, bool> accepts, CancellationToken cancellationToken)
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
