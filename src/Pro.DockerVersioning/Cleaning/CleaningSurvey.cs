using System.Collections.Concurrent;
using System.Diagnostics;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services;
using Pro.DockerVersioning.Services.Deployment;
using Pro.DockerVersioning.Services.Swarm;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// Asks the engine and the history what the planner needs: three requests for all images, containers and volumes of ours, whatever their
/// number, and one for a swarm's services where there is a swarm; one or two small ones for each image that may go, and one about what has
/// just come.
/// </summary>
internal sealed class CleaningSurvey(EngineConnection engine, HistoryLog history, IProgress<Report> reports)
{
    private const int AtOnce = 8;

    /// <summary>What there is.</summary>
    /// <param name="services">The services and their repositories.</param>
    /// <param name="state">What the engine says of itself.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<CleaningWorld> LoadAsync(
        IReadOnlyList<(string Name, ImageReference Repository)> services, Task<EngineState> state, CancellationToken cancellationToken)
    {
        var age = Stopwatch.StartNew();
        var loading = ImageInventory.LoadAsync(engine, cancellationToken);
        var volumes = ServiceVolumes.LoadAsync(engine, cancellationToken);
        var swarm = SwarmAsync(state, cancellationToken);
        var past = CleaningHistory.ReadAsync(history, engine.Endpoint.ToString(), reports, cancellationToken);
        await Task.WhenAll(loading, volumes, swarm, past).ConfigureAwait(false);
        var inventory = await loading.ConfigureAwait(false);
        var known = await past.ConfigureAwait(false);
        var standing = await volumes.ConfigureAwait(false);
        var use = new EngineUse(
            age,
            standing,
            await swarm.ConfigureAwait(false),
            image => inventory.ContainersOf(image) is [var user, ..] ? user.Name : null);
        var ahead = (await state.ConfigureAwait(false)).ClockAhead;
        var surveyed = new List<CleaningService>();
        foreach (var service in services)
        {
            surveyed.Add(new CleaningService(service.Name, service.Repository)
            {
                LockedBy = ServiceLocks.Find(use.Locks, service.Name, service.Repository) is { } locked
                    ? await ServiceLocks.DescribeAsync(engine, locked, service.Name, cancellationToken).ConfigureAwait(false)
                    : null,
                Past = TargetPast.With(known.PastOf(service.Name), standing.Verified, service.Repository),
            });
        }

        return new CleaningWorld(inventory, surveyed)
        {
            Held = use.Held,
            Use = use,
            IsPreviousTag = PreviousTag.IsPreviousTag,
            ClockAhead = ahead,

            // The history's lines are dated by the machines that wrote them.
            LastUse = reference => known.LastUse(reference) + ahead,
        };
    }

    /// <summary>Plans: the first half, the questions, the second half.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<CleaningPlan> PlanAsync(CleaningWorld world, CleaningPolicy policy, CancellationToken cancellationToken)
    {
        var draft = CleaningPlanner.Draft(world, policy);
        var ids = draft.Candidates.Count == 0 ? [] : draft.CandidateIds.Concat(draft.WitnessIds).Distinct(StringComparer.Ordinal).ToList();
        var young = policy.OlderThan > policy.GracePeriod ? policy.OlderThan.Value : policy.GracePeriod;
        var arriving = ids.Count > 0 && young > TimeSpan.Zero
            ? RecentImages.AskAsync(engine, young, DateTimeOffset.UtcNow + world.ClockAhead, cancellationToken)
            : null;
        var facts = await AskAsync(ids, cancellationToken).ConfigureAwait(false);
        if (arriving is not null)
        {
            AddArrivals(draft, facts, await arriving.ConfigureAwait(false));
        }

        return CleaningPlanner.Finish(draft, facts, DateTimeOffset.UtcNow + world.ClockAhead);
    }

    private async Task<IReadOnlyList<SwarmServiceState>> SwarmAsync(Task<EngineState> state, CancellationToken cancellationToken) =>
        await EngineUse.ServicesAsync(engine, (await state.ConfigureAwait(false)).IsSwarmManager, cancellationToken).ConfigureAwait(false);

    /// <summary>Being pulled or loaded counts like being tagged.</summary>
    private static void AddArrivals(CleaningDraft draft, ConcurrentDictionary<string, ImageFacts> facts, RecentImages recent)
    {
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
            (id, token) => ImageDescription.AskStepsAsync(engine, id, token),
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
