using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>Says what an image is needed for: whatever these say stays, in every mode. Pure.</summary>
internal sealed class CleaningGuards
{
    private readonly CleaningWorld _world;
    private readonly CleaningPolicy _policy;

    public CleaningGuards(CleaningWorld world, CleaningPolicy policy)
    {
        _world = world;
        _policy = policy;
    }

    /// <summary>
    /// Why each version of a service stays, by its reference; those that nothing needs are missing. Not yet by age, which is asked later.
    /// </summary>
    public IReadOnlyDictionary<string, string> Of(CleaningService service, IReadOnlyList<ProImageVersion> versions)
    {
        var wayBack = WayBack(service, versions);
        var guards = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var version in versions)
        {
            var image = _world.Inventory.FindById(version.ImageId)!;
            var reason = InUse(image) ?? Previous(image) ?? Proven(service, version) ?? AliasOf(version) ?? Protected(version.Version)
                ?? (wayBack.TryGetValue(version.Reference, out var from) ? $"the way back from {from}" : null);
            if (reason is not null)
            {
                guards[version.Reference] = reason;
            }
        }

        return guards;
    }

    /// <summary>Why an image that no name points at stays; null where nothing needs it.</summary>
    public string? OfUnnamed(EngineImage image) =>
        InUse(image) ?? (ProVersion.TryParse(image.Label(ImageLabels.Version), out var version) ? Protected(version) : null);

    /// <summary>Why an image is too young to go; null where it is old enough.</summary>
    public string? Young(EngineImage image, ImageFacts facts, DateTimeOffset now)
    {
        var born = facts.Since(image);
        return now - born < _policy.GracePeriod
            ? $"built or tagged {Spans.Text(now - born)} ago, younger than {Spans.Text(_policy.GracePeriod)}" : null;
    }

    /// <summary>Why -OlderThan leaves an image alone; null where it lets it go.</summary>
    public string? NotOld(EngineImage image, ImageFacts facts, DateTimeOffset? lastUse, DateTimeOffset now)
    {
        var born = facts.Since(image);
        var last = lastUse > born ? lastUse.Value : born;
        return _policy.OlderThan is { } age && now - last < age ? $"of use {Spans.Text(now - last)} ago, not older than {Spans.Text(age)}"
            : null;
    }

    private string? InUse(EngineImage image)
    {
        var containers = _world.Inventory.ContainersOf(image.Id);
        return (containers.FirstOrDefault(container => container.IsRunning), containers.Count) switch
        {
            ({ } running, 1) => $"runs in {running}",
            ({ } running, var count) => $"runs in {running} and is used by {count - 1} more",
            (null, 1) => $"the stopped container {containers[0]} uses it",
            (null, > 1) => $"the stopped container {containers[0]} and {containers.Count - 1} more use it",
            _ => null,
        };
    }

    private string? Previous(EngineImage image) =>
        image.References.FirstOrDefault(reference => reference.Tag is { } tag && _world.IsPreviousTag(tag)) is { } way
            ? $"{way.Tag} holds it as the way back"
            : null;

    private static string? Proven(CleaningService service, ProImageVersion version) =>
        service.Proven.FirstOrDefault(one => one.Version.Equals(version.Version)) is { } proven
            ? proven.IsLast ? "was deployed last, by the history" : "the way back, by the history"
            : null;

    private static string? AliasOf(ProImageVersion version) =>
        version.Aliases.Count switch
        {
            0 => null,
            1 => $"{version.Aliases[0]} points at it",
            _ => $"{string.Join(" and ", version.Aliases)} point at it",
        };

    private string? Protected(ProVersion version) =>
        _policy.Protect.FirstOrDefault(pattern => pattern.IsMatch(version)) is { } pattern ? $"protected by '{pattern}'" : null;

    /// <summary>
    /// Where neither a tag nor the history says it, the way back from a running version is the next lower release that is here: the stable
    /// one, and a pre-release between the two. From a commit it is the newest stable release, and the commit before it.
    /// </summary>
    private Dictionary<string, ProVersion> WayBack(CleaningService service, IReadOnlyList<ProImageVersion> versions)
    {
        var ways = new Dictionary<string, ProVersion>(StringComparer.Ordinal);
        if (service.Proven.Any(one => !one.IsLast)
            || versions.Any(version => Previous(_world.Inventory.FindById(version.ImageId)!) is not null))
        {
            return ways;
        }

        var tagged = versions.Where(version => version.Tag is not null).ToList();
        foreach (var current in versions.Where(version => version.IsCurrent))
        {
            var isRelease = current.Version.Kind == ProVersionKind.Release;
            Add(current, one => one.Version.IsStable && (!isRelease || one.Version.CompareTo(current.Version) < 0));
            Add(current, isRelease
                ? one => one.Version.Kind == ProVersionKind.Release && one.Version.CompareTo(current.Version) < 0
                : one => one.Version.Kind != ProVersionKind.Release && Nullable.Compare(one.Version.Time, current.Version.Time) < 0,
                isRelease ? null : static one => one.Version.Time);
        }

        return ways;

        void Add(ProImageVersion current, Func<ProImageVersion, bool> isLower, Func<ProImageVersion, DateTimeOffset?>? by = null)
        {
            var lower = tagged.Where(one => one.ImageId != current.ImageId && isLower(one));
            if ((by is null ? lower.MaxBy(one => one.Version) : lower.OrderBy(one => one.Version).MaxBy(by)) is { } way)
            {
                _ = ways.TryAdd(way.Reference, current.Version);
            }
        }
    }
}
