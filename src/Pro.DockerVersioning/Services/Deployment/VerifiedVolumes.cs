using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Locking;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>
/// The last verified versions of each target, on its engine: a volume for each, whose labels say it. Whoever asks gets the same answer, and
/// of two who write at once neither loses what the other wrote.
/// </summary>
internal static class VerifiedVolumes
{
    /// <summary>How the volumes' names begin.</summary>
    public const string NamePrefix = "pro-verified-";

    private const string Label = "pro.dockerversioning.verified";
    private const char Comma = ',';

    /// <summary>All of an engine, newest first.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<IReadOnlyList<VerifiedDeployment>> LoadAsync(EngineConnection engine, CancellationToken cancellationToken) =>
        [.. (await FindAsync(engine, cancellationToken).ConfigureAwait(false)).Select(one => one.Step)];

    /// <summary>Those among volumes, newest first. Pure.</summary>
    public static IReadOnlyList<VerifiedDeployment> From(IEnumerable<VolumeResponse> volumes) => [.. Read(volumes).Select(one => one.Step)];

    /// <summary>The tags that name what is deployed at a target that is still there, as <c>registry/repository:tag</c>, each with the target.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> DeployedAliasesAsync(
        EngineConnection engine, CancellationToken cancellationToken)
    {
        var aliases = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var last in (await LoadAsync(engine, cancellationToken).ConfigureAwait(false)).DistinctBy(step => step.Target))
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

    /// <summary>Adds one to a target's, and forgets the oldest.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="step">What was verified; its number is given here. If no aliases are given, those of the step before stay.</param>
    /// <param name="cancellationToken">Ends it before anything is written.</param>
    /// <returns>What is remembered of the target now, newest first.</returns>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public static async Task<IReadOnlyList<VerifiedDeployment>> AddAsync(
        EngineConnection engine, VerifiedDeployment step, CancellationToken cancellationToken)
    {
        var all = await FindAsync(engine, cancellationToken).ConfigureAwait(false);
        var before = all.Where(one => one.Step.Target == step.Target && IsSameRepository(one.Step.Repository, step.Repository)).ToList();
        var added = step with
        {
            Number = before.Select(one => one.Step.Number).DefaultIfEmpty(0).Max() + 1,
            Aliases = step.Aliases ?? before.Select(one => one.Step.Aliases).FirstOrDefault(),
            StartTime = step.StartTime ?? before.Select(one => one.Step).FirstOrDefault(one => one.Version.Equals(step.Version))?.StartTime,
        };
        var volume = new VolumesCreateParameters { Name = NameOf(step.Target), Labels = Write(added) };
        _ = await engine.CallAsync(client => client.Volumes.CreateAsync(volume, CancellationToken.None)).ConfigureAwait(false);
        var remembered = VerifiedDeployment.Remember([added, .. before.Select(one => one.Step)]);
        foreach (var (name, old) in before)
        {
            if (!remembered.Contains(old))
            {
                await RemoveAsync(engine, name).ConfigureAwait(false);
            }
        }

        return remembered;
    }

    private static async Task<List<(string Name, VerifiedDeployment Step)>> FindAsync(
        EngineConnection engine, CancellationToken cancellationToken)
    {
        var filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [Label] = true } };
        var found = await engine.CallAsync(client => client.Volumes.ListAsync(
            new VolumesListParameters { Filters = filters }, cancellationToken)).ConfigureAwait(false);
        return Read(found.Volumes ?? []);
    }

    private static Task RemoveAsync(EngineConnection engine, string name) => engine.CallAsync(async client =>
    {
        try
        {
            await client.Volumes.RemoveAsync(name, force: false, CancellationToken.None).ConfigureAwait(false);
        }
        catch (DockerApiException gone) when (gone.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict)
        {
            // Somebody else has removed it, or has mounted it: it is old, and does no harm.
        }
    });

    private static bool IsSameRepository(string one, string other) =>
        ImageReference.TryParse(one, out var left) && ImageReference.TryParse(other, out var right) && left.SameRepository(right);

    private static string NameOf(string target) =>
        $"{LockNames.Lock(target).Replace(LockNames.LockPrefix, NamePrefix, StringComparison.Ordinal)}.{Guid.NewGuid().ToString("N")[..12]}";

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
        return labels.Where(label => label.Value is not null).ToDictionary(label => label.Key, label => label.Value!, StringComparer.Ordinal);
    }

    private static List<(string Name, VerifiedDeployment Step)> Read(IEnumerable<VolumeResponse> volumes) =>
        [.. volumes
            .Select(volume => (volume.Name, Step: volume.Labels is { } labels ? Read(labels) : null))
            .Where(one => one.Step is not null)
            .Select(one => (one.Name, one.Step!))
            .OrderByDescending(one => one.Item2.Number)
            .ThenByDescending(one => one.Item2.Time)];

    /// <summary>A volume's labels; null if they aren't ours, or a later version of this module writes them in another way.</summary>
    private static VerifiedDeployment? Read(IDictionary<string, string> labels)
    {
        if (!labels.TryGetValue(Label, out var target)
            || !Enum.TryParse<ProHistoryKind>(Get("kind"), out var kind)
            || ToVersion(Get("version")) is not { } version
            || Get("repository") is not { } repository)
        {
            return null;
        }

        return new VerifiedDeployment(kind, version, ToVersion(Get("from")), Get("image"), TimeOf(Get("time")))
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

    private static DateTimeOffset TimeOf(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var time) ? time : default;

    /// <summary>As the history reads one.</summary>
    private static ProVersion? ToVersion(string? text) =>
        ProVersion.TryFromImageTag(text?.Replace('+', '_'), out var version) ? version : null;
}
