using System.Collections.Concurrent;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services;
using Pro.DockerVersioning.Services.Locking;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// Asks the engine and the history what the planner needs: three requests for all images, containers and locks, whatever their number, and
/// two small ones for each image that may go, and one about what has just come.
/// </summary>
internal sealed class CleaningSurvey(EngineConnection engine, HistoryLog history, IProgress<Report> reports)
{
    private const int AtOnce = 8;

    /// <summary>What there is.</summary>
    /// <param name="services">The services and their repositories.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<CleaningWorld> LoadAsync(
        IReadOnlyList<(string Name, ImageReference Repository)> services, CancellationToken cancellationToken)
    {
        var inventory = ImageInventory.LoadAsync(engine, cancellationToken);
        var locks = TargetLock.ListAsync(engine, cancellationToken);
        var past = CleaningHistory.ReadAsync(history, engine.Endpoint.ToString(), reports, cancellationToken);
        await Task.WhenAll(inventory, locks, past).ConfigureAwait(false);
        var held = await locks.ConfigureAwait(false);
        var known = await past.ConfigureAwait(false);
        return new CleaningWorld(
            await inventory.ConfigureAwait(false),
            [.. services.Select(service => new CleaningService(service.Name, service.Repository)
            {
                LockedBy = ServiceLocks.Find(held, service.Name)?.ToString(),
                Proven = known.ProvenOf(service.Name),
            })])
        {
            IsPreviousTag = PreviousVersions.IsPreviousTag,
            LastUse = known.LastUse,
        };
    }

    /// <summary>Plans: the first half, the questions, the second half.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<CleaningPlan> PlanAsync(CleaningWorld world, CleaningPolicy policy, CancellationToken cancellationToken)
    {
        var draft = CleaningPlanner.Draft(world, policy);
        var facts = new ConcurrentDictionary<string, ImageFacts>(StringComparer.Ordinal);
        var ids = draft.Candidates.Count == 0 ? [] : draft.CandidateIds.Concat(draft.WitnessIds).Distinct(StringComparer.Ordinal).ToList();
        await Parallel.ForEachAsync(
            ids,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (id, token) =>
            {
                if (await AskAsync(id, token).ConfigureAwait(false) is { } answer)
                {
                    facts[id] = answer;
                }
            }).ConfigureAwait(false);
        if (ids.Count > 0 && policy.GracePeriod > TimeSpan.Zero)
        {
            await AddArrivalsAsync(draft, facts, policy.GracePeriod, cancellationToken).ConfigureAwait(false);
        }

        return CleaningPlanner.Finish(draft, facts, DateTimeOffset.UtcNow);
    }

    /// <summary>Being pulled or loaded counts like being tagged.</summary>
    private async Task AddArrivalsAsync(
        CleaningDraft draft, ConcurrentDictionary<string, ImageFacts> facts, TimeSpan grace, CancellationToken cancellationToken)
    {
        var recent = await RecentImages.AskAsync(engine, grace, cancellationToken).ConfigureAwait(false);
        foreach (var image in draft.Candidates.Select(candidate => candidate.Image).DistinctBy(image => image.Id))
        {
            if (recent.TimeOf(image) is { } came && facts.TryGetValue(image.Id, out var known) && !(known.LastTagTime > came))
            {
                facts[image.Id] = known with { LastTagTime = came };
            }
        }
    }

    /// <summary>What an image says of itself; null where it is gone.</summary>
    private async Task<ImageFacts?> AskAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            var image = await engine.CallAsync(client => client.Images.InspectImageAsync(id, cancellationToken)).ConfigureAwait(false);
            var steps = await engine.CallAsync(client => client.Images.GetImageHistoryAsync(id, cancellationToken)).ConfigureAwait(false);
            var layers = ImageLayers.From([.. image.RootFS?.Layers ?? []], [.. steps.Select(step => step.Size)]);
            return new ImageFacts(TagTime(image.Metadata?.LastTagTime), layers);
        }
        catch (ProException gone) when (gone.Category == ProErrorCategory.ObjectNotFound)
        {
            return null;
        }
    }

    /// <summary>Engines write the year 1 for "never".</summary>
    private static DateTimeOffset? TagTime(DateTime? time) =>
        time is { Year: > 1 } known ? new DateTimeOffset(DateTime.SpecifyKind(known.ToUniversalTime(), DateTimeKind.Utc)) : null;
}
