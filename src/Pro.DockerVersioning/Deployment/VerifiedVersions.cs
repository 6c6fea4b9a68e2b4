using System.Globalization;
using System.Net;
using Docker.DotNet;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment;

/// <summary>
/// The last verified versions of each target: a volume on its engine for each, or a config of the swarm, whose labels say it. Whoever asks
/// gets the same answer, by whatever manager, and of two who write at once neither loses what the other wrote.
/// </summary>
internal static class VerifiedVersions
{
    public const string NamePrefix = "pro-verified-";

    private const string Label = "pro.dockerversioning.verified";
    private const char Comma = ',';

    private static readonly string[] Prefixes = [NamePrefix];

    /// <summary>All of an engine and its swarm, newest first.</summary>
    public static async Task<IReadOnlyList<VerifiedDeployment>> LoadAsync(EngineConnection engine, CancellationToken cancellationToken) =>
        From(
            await ListAsync(new VolumeLabels(engine), cancellationToken).ConfigureAwait(false),
            await ListAsync(new SwarmConfigs(engine), cancellationToken).ConfigureAwait(false));

    /// <summary>The same for a build: a swarm without a leader doesn't say what it knows, and keeps nobody from building.</summary>
    public static async Task<IReadOnlyList<VerifiedDeployment>> LoadReachableAsync(
        EngineConnection engine, CancellationToken cancellationToken)
    {
        try
        {
            return await LoadAsync(engine, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException refused) when (refused.InnerException is DockerApiException { StatusCode: HttpStatusCode.InternalServerError })
        {
            return From(await ListAsync(new VolumeLabels(engine), cancellationToken).ConfigureAwait(false), []);
        }
    }

    /// <summary>Those of a target, newest first. The swarm is asked only about its own services.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses; or the swarm has no leader, and nobody knows.</exception>
    public static async Task<IReadOnlyList<VerifiedDeployment>> OfAsync(
        EngineConnection engine, string target, CancellationToken cancellationToken) =>
        [.. (await FindAsync(engine, target, cancellationToken).ConfigureAwait(false)).Select(one => one.Step)];

    /// <summary>Those among volumes and a swarm's configs, newest first. Pure.</summary>
    public static IReadOnlyList<VerifiedDeployment> From(IEnumerable<LabelledObject> volumes, IEnumerable<LabelledObject> configs) =>
        [.. Read(volumes, configs).Select(one => one.Step)];

    /// <summary>
    /// The tags that name what is deployed at a target that is still there, as <c>registry/repository:tag</c>, each with the target.
    /// </summary>
    public static async Task<IReadOnlyDictionary<string, string>> DeployedAliasesAsync(
        EngineConnection engine, CancellationToken cancellationToken)
    {
        var aliases = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var last in (await LoadReachableAsync(engine, cancellationToken).ConfigureAwait(false)).DistinctBy(step => step.Target))
        {
            if (last.Aliases is { Count: > 0 } names
                && !await ContainerTargets.IsGoneAsync(engine, last.Target, cancellationToken).ConfigureAwait(false))
            {
                foreach (var name in names.Select(ImageReference.Parse))
                {
                    _ = aliases.TryAdd($"{name.NormalizedName}:{name.Tag}", last.Target);
                }
            }
        }

        return aliases;
    }

    /// <summary>
    /// Adds one to a target's, and forgets the oldest. Its number is given here. If it has no aliases or start time, those of the step
    /// before stay. Gives what is remembered of the target now, newest first.
    /// </summary>
    public static async Task<IReadOnlyList<VerifiedDeployment>> AddAsync(
        EngineConnection engine, VerifiedDeployment step, CancellationToken cancellationToken)
    {
        var isOfSwarm = LockNames.IsOfSwarm(step.Target);
        ILabelStore store = isOfSwarm ? new SwarmConfigs(engine) : new VolumeLabels(engine);
        var before = (await FindAsync(engine, step.Target, cancellationToken).ConfigureAwait(false))
            .Where(one => ImageReference.TryParse(step.Repository, out var repository) && one.Step.IsOf(repository)).ToList();
        var added = step with
        {
            Number = before.Select(one => one.Step.Number).DefaultIfEmpty(0).Max() + 1,
            Aliases = step.Aliases ?? before.Select(one => one.Step.Aliases).FirstOrDefault(),
            StartTime = step.StartTime ?? before.Select(one => one.Step).FirstOrDefault(one => one.Version.Equals(step.Version))?.StartTime,
        };
        await CreateAsync(store, added).ConfigureAwait(false);
        var remembered = VerifiedDeployment.Remember([added, .. before.Select(one => one.Step)]);
        foreach (var (name, old, isInSwarm) in before)
        {
            var isElsewhere = isOfSwarm && !isInSwarm;
            if (isElsewhere && remembered.Contains(old))
            {
                // An older version of this module has left it to one manager alone. What the swarm knows is newer.
                var oldest = before.Where(one => one.IsInSwarm).Select(one => one.Step.Number).DefaultIfEmpty(added.Number).Min();
                await CreateAsync(store, old with { Number = oldest + old.Number - added.Number }).ConfigureAwait(false);
            }

            if (isElsewhere || !remembered.Contains(old))
            {
                await RemoveAsync(isInSwarm ? store : new VolumeLabels(engine), name).ConfigureAwait(false);
            }
        }

        return remembered;
    }

    private static Task<IReadOnlyList<LabelledObject>> ListAsync(ILabelStore store, CancellationToken cancellationToken) =>
        store.ListAsync(Prefixes, cancellationToken);

    private static async Task<List<(string Name, VerifiedDeployment Step, bool IsInSwarm)>> FindAsync(
        EngineConnection engine, string target, CancellationToken cancellationToken) =>
        [.. Read(
                await ListAsync(new VolumeLabels(engine), cancellationToken).ConfigureAwait(false),
                LockNames.IsOfSwarm(target) ? await ListAsync(new SwarmConfigs(engine), cancellationToken).ConfigureAwait(false) : [])
            .Where(one => one.Step.Target == target)];

    private static async Task CreateAsync(ILabelStore store, VerifiedDeployment step) =>
        _ = await store.CreateAsync(NameOf(step.Target), Write(step), CancellationToken.None).ConfigureAwait(false);

    private static async Task RemoveAsync(ILabelStore store, string name)
    {
        try
        {
            await store.RemoveAsync(name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProException used) when (used.InnerException is DockerApiException { StatusCode: HttpStatusCode.Conflict })
        {
            // Somebody has mounted it: it is old, and does no harm.
        }
    }

    private static string NameOf(string target)
    {
        var unique = "." + Guid.NewGuid().ToString("N")[..12];
        var name = LockNames.Lock(target).Replace(LockNames.LockPrefix, NamePrefix, StringComparison.Ordinal);
        var longest = SwarmConfigs.LongestName - unique.Length;
        return (LockNames.IsOfSwarm(target) && name.Length > longest ? name[..longest] : name) + unique;
    }

    private static Dictionary<string, string> Write(VerifiedDeployment step)
    {
        var labels = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            [Label] = step.Target,
            [Label + ".repository"] = step.Repository,
            [Label + ".number"] = step.Number.ToString(CultureInfo.InvariantCulture),
            [Label + ".kind"] = step.Kind.ToString(),
            [Label + ".version"] = step.Version.ToString(),
            [Label + ".from"] = step.From?.ToString(),
            [Label + ".image"] = step.ImageId,
            [Label + ".digest"] = step.Digest,
            [Label + ".time"] = step.Time.ToString("O", CultureInfo.InvariantCulture),
            [Label + ".start"] = step.StartTime?.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture),
            [Label + ".aliases"] = step.Aliases is { Count: > 0 } aliases ? string.Join(Comma, aliases) : null,
        };
        return labels.Where(one => one.Value is not null).ToDictionary(one => one.Key, one => one.Value!, StringComparer.Ordinal);
    }

    // What the swarm knows goes first: volumes about its services are older.
    private static IEnumerable<(string Name, VerifiedDeployment Step, bool IsInSwarm)> Read(
        IEnumerable<LabelledObject> volumes, IEnumerable<LabelledObject> configs) =>
        from isOfSwarm in (bool[])[true, false]
        from one in isOfSwarm ? configs : volumes
        let step = Read(one.Labels)
        where step is not null
        orderby isOfSwarm descending, step.Number descending, step.Time descending
        select (one.Name, step, isOfSwarm);

    /// <summary>Reads labels; null if they aren't ours, or a later version of this module writes them in another way.</summary>
    private static VerifiedDeployment? Read(IReadOnlyDictionary<string, string> labels)
    {
        if (!labels.TryGetValue(Label, out var target)
            || !Enum.TryParse<ProHistoryKind>(Get("kind"), out var kind)
            || ToVersion(Get("version")) is not { } version
            || Get("repository") is not { } repository)
        {
            return null;
        }

        _ = DateTimeOffset.TryParse(Get("time"), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time);
        return new VerifiedDeployment(kind, version, ToVersion(Get("from")), Get("image"), time)
        {
            Target = target,
            Repository = repository,
            Digest = Get("digest"),
            Number = int.TryParse(Get("number"), CultureInfo.InvariantCulture, out var number) ? number : 0,
            StartTime = double.TryParse(Get("start"), CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0 and < 1e6
                ? TimeSpan.FromSeconds(seconds) : null,
            Aliases = Get("aliases") is { Length: > 0 } aliases ? aliases.Split(Comma) : [],
        };

        string? Get(string name) => labels.TryGetValue($"{Label}.{name}", out var value) ? value : null;
    }

    /// <summary>As the history reads one.</summary>
    private static ProVersion? ToVersion(string? text) =>
        ProVersion.TryFromImageTag(text?.Replace('+', '_'), out var version) ? version : null;
}
