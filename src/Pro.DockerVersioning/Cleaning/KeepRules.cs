using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>Says what an image is needed for: whatever these say stays, in every mode. Pure.</summary>
internal sealed class KeepRules
{
    private readonly CleaningInput _world;
    private readonly CleaningPolicy _policy;
    private readonly Lazy<Dictionary<string, PreviousVersionKeepRule>> _ways;

    public KeepRules(CleaningInput world, CleaningPolicy policy)
    {
        _world = world;
        _policy = policy;
        _ways = new(() => world.Services
            .GroupBy(service => service.Repository.NormalizedName, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => new PreviousVersionKeepRule(world.Inventory, [.. group]), StringComparer.Ordinal));
    }

    /// <summary>
    /// Why each version of a service stays, by its reference; those that nothing needs are missing. Not yet by age, which is asked later.
    /// </summary>
    public IReadOnlyDictionary<string, string> Of(CleaningService service, IReadOnlyList<ProImageVersion> versions)
    {
        var ways = _ways.Value[service.Repository.NormalizedName];
        var guesses = ways.Guesses(versions);
        var guards = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var version in versions)
        {
            var image = _world.Inventory.FindById(version.ImageId)!;
            var reason = InUse(image) ?? Held(image) ?? Previous(image) ?? ways.Reason(version) ?? LatestOf(version)
                ?? Protected(version.Version)
                ?? (guesses.TryGetValue(version.Reference, out var from) ? $"the previous version of {from}" : null);
            if (reason is not null)
            {
                guards[version.Reference] = reason;
            }
        }

        return guards;
    }

    /// <summary>Why an image that no name points at stays; null if nothing needs it.</summary>
    public string? OfUnnamed(EngineImage image) =>
        InUse(image) ?? Held(image) ?? _ways.Value.Values.Select(ways => ways.Reason(image.Id)).FirstOrDefault(reason => reason is not null)
        ?? (ProVersion.TryParse(image.Label(ImageLabels.Version), out var version) ? Protected(version) : null);

    /// <summary>Why a name stays that is not a version's, of whatever repository; null if nothing needs it.</summary>
    public string? OfOther(EngineImage image) => OfUnnamed(image) ?? Previous(image)
        ?? (image.References.Any(reference => reference.Tag == AliasName.Latest.ToString()
            && _world.Services.Any(service => service.Repository.SameRepository(reference)))
                ? "latest points at it"
                : null);

    /// <summary>Why an image is too young to go; null if it is old enough.</summary>
    public string? Young(EngineImage image, ImageFacts facts, DateTimeOffset? lastUse, DateTimeOffset now)
    {
        var born = facts.Since(image);
        var (what, last) = lastUse > born ? ("last used", lastUse.Value) : ("built or tagged", born);
        return now - last < _policy.GracePeriod
            ? $"{what} {DurationText.Text(now - last)} ago (within the grace period of {DurationText.Text(_policy.GracePeriod)})" : null;
    }

    /// <summary>Why -OlderThan leaves an image alone; null if it lets it go.</summary>
    public string? NotOld(EngineImage image, ImageFacts facts, DateTimeOffset? lastUse, DateTimeOffset now)
    {
        var born = facts.Since(image);
        var last = lastUse > born ? lastUse.Value : born;
        return _policy.OlderThan is { } age && now - last < age
            ? $"last used {DurationText.Text(now - last)} ago, not more than {DurationText.Text(age)} (-OlderThan)" : null;
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

    private string? Held(EngineImage image) => _world.Held.ReasonFor(image.Id, image.References.Concat(image.Digests));

    private string? Previous(EngineImage image) =>
        image.References.FirstOrDefault(reference =>
            reference.Tag is { } tag && _world.IsPreviousTag(tag) && !IsOfGoneTarget(reference)) is { } way
            ? $"{way.Tag} holds it as the previous version"
            : null;

    private bool IsOfGoneTarget(ImageReference reference) =>
        _world.Services.Any(service => service.GoneTags.Contains(reference.Tag!) && service.Repository.SameRepository(reference));

    /// <summary>The other aliases follow their version: they keep nothing that the counts let go.</summary>
    private static string? LatestOf(ProImageVersion version) =>
        version.Aliases.Contains(AliasName.Latest.ToString(), StringComparer.Ordinal) ? "latest points at it" : null;

    private string? Protected(ProVersion version) =>
        _policy.Protect.FirstOrDefault(pattern => pattern.IsMatch(version)) is { } pattern ? $"protected by '{pattern}'" : null;
}
