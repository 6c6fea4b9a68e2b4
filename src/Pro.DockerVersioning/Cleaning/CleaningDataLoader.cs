using System.Collections.Concurrent;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// Asks the engine and the history what the planner needs: three requests for all images, containers and volumes of ours, whatever their
/// number, and one for a swarm's services if there is a swarm; one or two small ones for each image that may go, and one about what has
/// just come.
/// </summary>
internal sealed class CleaningDataLoader(EngineConnection engine, HistoryLog history, IProgress<Report> reports)
{
    private const int AtOnce = 8;

    /// <summary>Whether git knows a commit by the first digits of its hash.</summary>
    internal Func<string, bool>? IsCommit { get; init; }

    /// <summary>For how long targets protect that are gone.</summary>
    internal TimeSpan GoneTargets { get; init; } = ProSettings.DefaultGoneTargets;

    /// <summary>Whether the services of other repositories count as well: those that an image's label names.</summary>
    internal bool AnyRepository { get; init; }

    private static async Task<bool> IsManagerAsync(Task<EngineState> state) => (await state.ConfigureAwait(false)).IsSwarmManager;

    /// <summary>What there is.</summary>
    /// <param name="services">The services and their repositories.</param>
    /// <param name="state">What the engine says of itself.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<CleaningInput> LoadAsync(
        IReadOnlyList<(string Name, ImageReference Repository)> services, Task<EngineState> state, CancellationToken cancellationToken)
    {
        var age = Clock.Start();
        var loading = ImageInventory.LoadAsync(engine, cancellationToken);
        var volumes = ServiceVolumes.LoadAsync(engine, IsManagerAsync(state), cancellationToken);
        var swarm = SwarmAsync(state, cancellationToken);
        var past = CleaningHistory.ReadAsync(history, engine.Endpoint.ToString(), reports, cancellationToken);
        await Task.WhenAll(loading, volumes, swarm, past).ConfigureAwait(false);
        var inventory = await loading.ConfigureAwait(false);
        var known = await past.ConfigureAwait(false);
        var running = await swarm.ConfigureAwait(false);
        var standing = await volumes.ConfigureAwait(false);
        var use = new EngineUse(
            age,
            standing,
            running,
            image => inventory.ContainersOf(image) is [var user, ..] ? user.Name : null);
        var ahead = (await state.ConfigureAwait(false)).ClockAhead;
        var targets = ContainerTargets.IdsOf(inventory.Containers);
        var isManager = (await state.ConfigureAwait(false)).IsSwarmManager;
        var gone = new GoneTargets(IsHere, GoneTargets, Clock.Now);
        var surveyed = new List<CleaningService>();
        foreach (var service in AnyRepository ? WithLabelled(services, inventory) : services)
        {
            surveyed.Add(gone.Apply(new CleaningService(service.Name, service.Repository)
            {
                LockedBy = ServiceLocks.Find(use.Locks, service.Name, service.Repository) is { } locked
                    ? ServiceLocks.Describe(locked, service.Name) : null,
                Past = TargetPast.With(known.PastOf(service.Name, service.Repository), standing.Verified, service.Repository),
            }));
        }

        return new CleaningInput(inventory, surveyed)
        {
            Held = use.Held,
            Use = use,
            IsPreviousTag = PreviousTag.IsPreviousTag,
            ClockAhead = ahead,
            IsCommit = IsCommit,
            Notes = gone.Notes,
            Marks = [.. gone.Marks.Select(mark => mark with { Engine = engine.Endpoint.ToString() })],

            // The history's lines are dated by the machines that wrote them.
            LastUse = reference => known.LastUse(reference) + ahead,
        };

        // A swarm's tasks may all be on other nodes; who isn't its manager can't tell.
        bool IsHere(string target) => target.Length == 0 || targets.Contains(target)
            || (target.StartsWith("swarm.", StringComparison.Ordinal)
            && (!isManager || running.Any(service => "swarm." + service.Name == target)));
    }

    /// <summary>The history's marks, once the clean-up is carried out.</summary>
    public Task RecordMarksAsync(CleaningInput world) =>
        world.Marks.Count == 0 ? Task.CompletedTask : history.AppendAsync(world.Marks, reports);

    /// <summary>Plans: the first half, the questions, the second half.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<CleaningPlan> PlanAsync(CleaningInput world, CleaningPolicy policy, CancellationToken cancellationToken)
    {
        var draft = CleaningPlanner.Draft(world, policy);
        var ids = draft.CandidateIds
            .Concat(policy.MaxSize is not null ? draft.ServiceImageIds : draft.Candidates.Count > 0 ? draft.WitnessIds : [])
            .Distinct(StringComparer.Ordinal).ToList();
        var young = policy.OlderThan > policy.GracePeriod ? policy.OlderThan.Value : policy.GracePeriod;
        var arriving = ids.Count > 0 && young > TimeSpan.Zero
            ? RecentImages.AskAsync(engine, young, Clock.Now + world.ClockAhead, cancellationToken)
            : null;
        var facts = await AskAsync(ids, cancellationToken).ConfigureAwait(false);
        if (arriving is not null)
        {
            AddArrivals(draft, facts, await arriving.ConfigureAwait(false));
        }

        return CleaningPlanner.Finish(draft, facts, Clock.Now + world.ClockAhead);
    }

    private static List<(string Name, ImageReference Repository)> WithLabelled(
        IReadOnlyList<(string Name, ImageReference Repository)> services, ImageInventory inventory)
    {
        var labelled =
            from image in inventory.Images
            let name = image.Label(ImageLabels.Service)
            let repository = ImageReference.TryParse(image.Label(ImageLabels.Repository), out var parsed) ? parsed.WithoutTag() : null
            where name is not null && repository is not null && !services.Any(one => one.Repository.SameRepository(repository))
            select (name, repository);
        return [.. services, .. labelled.DistinctBy(one => one.repository.NormalizedName)];
    }

    private async Task<IReadOnlyList<SwarmServiceState>> SwarmAsync(Task<EngineState> state, CancellationToken cancellationToken) =>
        await EngineUse.ServicesAsync(engine, (await state.ConfigureAwait(false)).IsSwarmManager, cancellationToken).ConfigureAwait(false);

    /// <summary>Being pulled or loaded counts like being tagged.</summary>
    private static void AddArrivals(CleaningCandidates draft, ConcurrentDictionary<string, ImageFacts> facts, RecentImages recent)
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
