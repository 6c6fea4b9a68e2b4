using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// The previous versions of all targets of a repository: what Invoke-ProRollback would take (<see cref="PreviousVersionRule"/>), and more
/// than that if it is in doubt. Pure.
/// </summary>
internal sealed class PreviousVersionKeepRule
{
    private readonly ImageInventory _inventory;
    private readonly ImageReference _repository;
    private readonly List<(TargetNow Now, PreviousChoice? Choice)> _targets = [];
    private readonly Dictionary<ProVersion, string> _last;
    private readonly Dictionary<string, string> _gone;

    /// <summary>Looks at what runs, and at what the history says has run.</summary>
    /// <param name="inventory">What is on the engine.</param>
    /// <param name="services">The services; they have one repository.</param>
    public PreviousVersionKeepRule(ImageInventory inventory, IReadOnlyList<CleaningService> services)
    {
        _inventory = inventory;
        _repository = services[0].Repository;
        _gone = services.SelectMany(service => service.Past).Where(past => past.GoneUntil is not null).DistinctBy(past => past.TargetId)
            .ToDictionary(
                past => past.TargetId,
                past => FormattableString.Invariant($" (its target is gone: kept until {past.GoneUntil:yyyy-MM-dd})"),
                StringComparer.Ordinal);
        _last = services.SelectMany(service => service.Past)
            .OrderBy(past => past.GoneUntil ?? DateTimeOffset.MinValue).DistinctBy(past => past.Last)
            .ToDictionary(past => past.Last, past => "was deployed last, by the history" + _gone.GetValueOrDefault(past.TargetId));
        var found = services
            .SelectMany(service => ContainerTargets.Find(inventory, service.Name, _repository))
            .DistinctBy(target => target.TargetId, StringComparer.Ordinal)
            .ToDictionary(target => target.TargetId, Now, StringComparer.Ordinal);
        var pasts = services.SelectMany(service => service.Past).ToLookup(past => past.TargetId, StringComparer.Ordinal);
        foreach (var past in pasts.SelectMany(place => place))
        {
            // One that isn't here ought to run what was verified there last: a swarm runs it elsewhere, or it comes back.
            _ = found.TryAdd(past.TargetId, new TargetNow(past.TargetId, past.Last, new HashSet<string>()));
        }

        List<ProVersion> here = [.. inventory.TaggedVersionsOf(_repository)];
        foreach (var now in found.Values)
        {
            // Two services of one repository may both know the target.
            foreach (var (steps, verified) in pasts[now.TargetId].Select(past => (past.Steps, past.Verified)).DefaultIfEmpty(([], [])))
            {
                _targets.Add((now, PreviousVersionRule.Find(inventory, _repository, here, now, steps, verified)));
            }
        }
    }

    /// <summary>Why a version stays that the history or the engine names; null if they don't.</summary>
    public string? Reason(ProImageVersion version)
    {
        if (_last.TryGetValue(version.Version, out var last))
        {
            return last;
        }

        return Reason(version.ImageId)
            ?? (_targets.FirstOrDefault(one => version.Version.Equals(one.Choice?.Version)) is ({ } now, { } choice)
                ? (choice.IsGuess ? $"the previous version of {now.Current}" : Source(choice)) + _gone.GetValueOrDefault(now.TargetId)
                : null);
    }

    /// <summary>Why an image stays, by whatever name, or none; null if it is not a verified previous version.</summary>
    public string? Reason(string imageId) =>
        _targets.FirstOrDefault(one => one.Choice?.ImageId == imageId) is ({ } now, { } choice)
            ? Source(choice) + _gone.GetValueOrDefault(now.TargetId)
            : null;

    /// <summary>
    /// Where neither the engine nor the history says the previous version, or it isn't here, it is guessed from what runs: the next lower
    /// release, the stable one, and a pre-release between the two. From a commit it is the newest stable release, and the commit before it.
    /// </summary>
    /// <param name="versions">The repository's versions.</param>
    /// <returns>By reference, the version from which it is the previous version.</returns>
    public IReadOnlyDictionary<string, ProVersion> Guesses(IReadOnlyList<ProImageVersion> versions)
    {
        var tagged = versions.Where(version => version.Tag is not null).ToList();
        var guesses = new Dictionary<string, ProVersion>(StringComparer.Ordinal);
        foreach (var current in versions.Where(version => version.IsCurrent && !IsSure(version.ImageId)))
        {
            var isRelease = current.Version.Kind == ProVersionKind.Release;
            Add(current, one => one.Version.IsStable && (!isRelease || one.Version.CompareTo(current.Version) < 0));
            Add(current, isRelease
                ? one => one.Version.Kind == ProVersionKind.Release && one.Version.CompareTo(current.Version) < 0
                : one => one.Version.Kind != ProVersionKind.Release && Nullable.Compare(one.Version.Time, current.Version.Time) < 0,
                isRelease ? null : static one => one.Version.Time);
        }

        return guesses;

        void Add(ProImageVersion current, Func<ProImageVersion, bool> isLower, Func<ProImageVersion, DateTimeOffset?>? by = null)
        {
            var lower = tagged.Where(one => one.ImageId != current.ImageId && isLower(one));
            if ((by is null ? lower.MaxBy(one => one.Version) : lower.OrderBy(one => one.Version).MaxBy(by)) is { } way)
            {
                _ = guesses.TryAdd(way.Reference, current.Version);
            }
        }
    }

    private static TargetNow Now(ServiceTarget target) => TargetNow.Of(
        target,
        target.CurrentVersions.Max()
            ?? target.Containers.Select(container => container.Version).FirstOrDefault(version => version is not null));

    // "this engine: verified here on …", "the history: verified here on ...": without what comes after the colon.
    private static string Source(PreviousChoice choice) => "the previous version, by " + choice.Why.Split(':', 2)[0];

    /// <summary>Whether all targets that run an image have a previous version that is known and here.</summary>
    private bool IsSure(string imageId)
    {
        var running = _targets.Where(one => one.Now.Running.Contains(imageId)).ToList();
        return running.Count > 0 && running.TrueForAll(one => one.Choice is { IsGuess: false } choice && IsHere(choice));
    }

    private bool IsHere(PreviousChoice choice) =>
        (choice.ImageId is { } id && _inventory.FindById(id) is not null)
        || _inventory.Find(_repository.WithTag(choice.Version.ImageTag)) is not null;
}
