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
        var entries = await EntriesAsync(PlaceOf(request, target), cancellationToken).ConfigureAwait(false);
        return PreviousVersionRule.Find(
            world.Inventory,
            request.Repository,
            [.. world.Inventory.TaggedVersionsOf(request.Repository)],
            TargetNow.Of(target, world.VersionOf(target)),
            [.. entries.Select(VerifiedDeployment.Of).OfType<VerifiedDeployment>()],
            verified);
    }

    /// <summary>What stands on the engine of a target, newest first.</summary>
    /// <exception cref="ProException">The engine can't be asked.</exception>
    public async Task<IReadOnlyList<VerifiedDeployment>> VerifiedAsync(
        DeploymentRequest request, string targetId, CancellationToken cancellationToken) =>
        [.. (await VerifiedVersions.OfAsync(engine, targetId, cancellationToken).ConfigureAwait(false))
            .Where(step => IsOf(request.Repository, step))];

    /// <summary>How long the verified starts of a target took, newest first: those that the engine knows, else those of the history.</summary>
    /// <exception cref="ProException">The engine can't be asked.</exception>
    public async Task<IReadOnlyList<TimeSpan>> VerifiedStartsAsync(
        DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken)
    {
        TimeSpan[] known =
        [
            .. (await VerifiedAsync(request, target.TargetId, cancellationToken).ConfigureAwait(false))
                .Select(step => step.StartTime).OfType<TimeSpan>(),
        ];
        return known.Length > 0 ? known :
        [
            .. (await EntriesAsync(PlaceOf(request, target), cancellationToken).ConfigureAwait(false))
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
        ?? (await EntriesAsync(PlaceOf(request, target), cancellationToken).ConfigureAwait(false))
            .Select(VerifiedDeployment.Of).FirstOrDefault(step => step?.Version.Equals(version) == true)?.ImageId;

    /// <summary>The digest that was last recorded for a reference, wherever; null if none was.</summary>
    public async Task<string?> RecordedDigestAsync(string service, ImageReference reference, CancellationToken cancellationToken)
    {
        var verified = await VerifiedVersions.LoadAsync(engine, cancellationToken).ConfigureAwait(false);
        if (verified.FirstOrDefault(step => step.Digest is not null && IsOf(reference, step) && step.Version.ImageTag == reference.Tag) is { } known)
        {
            return known.Digest;
        }

        var entries = await ReadAsync(service, _ => true, cancellationToken).ConfigureAwait(false);
        return entries.FirstOrDefault(entry => entry.Digest is not null
            && ImageReference.TryParse(entry.Reference, out var one) && one.Equals(reference))?.Digest;
    }

    /// <summary>Remembers on the engine what an operation has verified: of an interrupted one, whose repair finishes it.</summary>
    public Task KeepAsync(DeploymentRequest request, ServiceTarget target, OperationNote done, CancellationToken cancellationToken) =>
        KeepAsync(request, target, done, startTime: null, aliases: null, cancellationToken);

    /// <summary>Remembers on the engine what an operation has verified.</summary>
    public async Task KeepAsync(
        DeploymentRequest request,
        ServiceTarget target,
        OperationNote done,
        TimeSpan? startTime,
        DeploymentAliases? aliases,
        CancellationToken cancellationToken)
    {
        var step = new VerifiedDeployment(done.Kind, done.Version, done.From, done.ImageId, DateTimeOffset.UtcNow)
        {
            Digest = done.Digest,
            StartTime = startTime,
            Aliases = aliases is null ? null : [.. aliases.OnEngine.Select(alias => alias.ToString())],
        };

        // Before the first verified one only the engine can say what was well. Another image of the same version is not a previous version:
        // the tag may hold it. Nor is what a rollback leaves.
        var old = done.WasWell && !done.Version.Equals(done.From) && !VerifiedDeployment.Leaves(done.Kind, done.From, done.Version)
            ? new VerifiedDeployment(ProHistoryKind.Deploy, done.From ?? done.Version, null, done.OldImageId, step.Time) : null;
        await AddAsync(request, target, step, old, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Remembers on the engine that a version was restored, and verified again.</summary>
    public Task KeepRestoredAsync(
        DeploymentRequest request,
        ServiceTarget target,
        ProVersion version,
        string? imageId,
        ProVersion? failed,
        CancellationToken cancellationToken) =>
        AddAsync(
            request,
            target,
            new VerifiedDeployment(ProHistoryKind.Restore, version, failed, imageId, DateTimeOffset.UtcNow),
            first: null,
            cancellationToken);

    private async Task AddAsync(
        DeploymentRequest request,
        ServiceTarget target,
        VerifiedDeployment step,
        VerifiedDeployment? first,
        CancellationToken cancellationToken)
    {
        try
        {
            // A tag would say it on one engine, and the swarm's other managers would not know it.
            if (first is not null && !first.Version.Equals(step.Version) && LockNames.IsOfSwarm(target.TargetId)
                && (await VerifiedAsync(request, target.TargetId, cancellationToken).ConfigureAwait(false)).Count == 0)
            {
                _ = await VerifiedVersions.AddAsync(
                    engine,
                    first with { Target = target.TargetId, Repository = request.Repository.Name },
                    cancellationToken).ConfigureAwait(false);
            }

            var verified = await VerifiedVersions.AddAsync(
                engine,
                step with { Target = target.TargetId, Repository = request.Repository.Name },
                cancellationToken).ConfigureAwait(false);
            HashSet<string> running = step.ImageId is { } image ? [image] : [];
            var previous = PreviousVersionRule.OnEngine(new TargetNow(target.TargetId, step.Version, running), verified)?.ImageId
                ?? (verified.Count == 1 ? first?.ImageId : null);
            if (previous is not null)
            {
                await PreviousTag.SetAsync(engine, request.Repository, target.TargetId, previous, cancellationToken).ConfigureAwait(false);
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
    }

    private static bool IsOf(ImageReference repository, VerifiedDeployment step) =>
        ImageReference.TryParse(step.Repository, out var one) && one.SameRepository(repository);

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
