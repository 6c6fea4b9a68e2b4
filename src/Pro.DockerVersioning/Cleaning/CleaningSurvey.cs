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
/// one or two small ones for each image that may go, and one about what has just come.
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
        var surveyed = new List<CleaningService>();
        foreach (var service in services)
        {
            surveyed.Add(new CleaningService(service.Name, service.Repository)
            {
                LockedBy = ServiceLocks.Find(held, service.Name, service.Repository) is { } locked
                    ? await ServiceLocks.DescribeAsync(engine, locked, service.Name, cancellationToken).ConfigureAwait(false)
                    : null,
                Past = known.PastOf(service.Name),
            });
        }

        return new CleaningWorld(await inventory.ConfigureAwait(false), surveyed)
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
        var ids = draft.Candidates.Count == 0 ? [] : draft.CandidateIds.Concat(draft.WitnessIds).Distinct(StringComparer.Ordinal).ToList();
        var facts = await AskAsync(ids, cancellationToken).ConfigureAwait(false);
        var young = policy.OlderThan > policy.GracePeriod ? policy.OlderThan.Value : policy.GracePeriod;
        if (ids.Count > 0 && young > TimeSpan.Zero)
        {
            await AddArrivalsAsync(draft, facts, young, cancellationToken).ConfigureAwait(false);
        }

        return CleaningPlanner.Finish(draft, facts, DateTimeOffset.UtcNow);
    }

    /// <summary>Being pulled or loaded counts like being tagged.</summary>
    private async Task AddArrivalsAsync(
        CleaningDraft draft, ConcurrentDictionary<string, ImageFacts> facts, TimeSpan young, CancellationToken cancellationToken)
    {
        var recent = await RecentImages.AskAsync(engine, young, cancellationToken).ConfigureAwait(false);
        foreach (var image in draft.Candidates.Select(candidate => candidate.Image).DistinctBy(image => image.Id))
        {
            if (recent.TimeOf(image) is { } came && facts.TryGetValue(image.Id, out var known) && !(known.LastTagTime > came))
            {
                facts[image.Id] = known with { LastTagTime = came };
            }
        }
    }

    /// <summary>What images say of themselves, by their ids; those that are gone are missing.</summary>
    private async Task<ConcurrentDictionary<string, ImageFacts>> AskAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var descriptions = await EachAsync(
            ids, (id, token) => ImageDescription.AskAsync(engine, id, token), cancellationToken).ConfigureAwait(false);

        // Images of the same layers have the same sizes: one of them is asked.
        var alike = descriptions.ToLookup(one => string.Join(' ', one.Value.Contents), one => one.Key, StringComparer.Ordinal);
        var sizes = await EachAsync(
            [.. alike.Select(same => same.First())],
            (id, token) => ImageDescription.AskSizesAsync(engine, id, token),
            cancellationToken).ConfigureAwait(false);
        return new ConcurrentDictionary<string, ImageFacts>(
            from same in alike
            where sizes.ContainsKey(same.First())
            let layers = ImageLayers.From(descriptions[same.First()].Contents, sizes[same.First()])
            from id in same
            select KeyValuePair.Create(id, new ImageFacts(descriptions[id].LastTagTime, layers)),
            StringComparer.Ordinal);
    }

    /// <summary>The answers, by what was asked about; what is gone is missing.</summary>
    private static async Task<ConcurrentDictionary<string, T>> EachAsync<T>(
        IReadOnlyList<string> ids, Func<string, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        var answers = new ConcurrentDictionary<string, T>(StringComparer.Ordinal);
        await Parallel.ForEachAsync(
            ids,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (id, token) =>
            {
                try
                {
                    answers[id] = await ask(id, token).ConfigureAwait(false);
                }
                catch (ProException gone) when (gone.Category == ProErrorCategory.ObjectNotFound)
                {
                    // The planner says so of its line.
                }
            }).ConfigureAwait(false);
        return answers;
    }
}
