using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>A service whose versions may go.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Repository">Where its images are: <c>registry/service</c>.</param>
internal sealed record CleaningService(string Name, ImageReference Repository)
{
    /// <summary>Why the service is left alone: the operation that holds its lock, or has left it behind; null if none has.</summary>
    public string? LockedBy { get; init; }

    /// <summary>What the engine and the history know of each target that runs the service, or has run it.</summary>
    public IReadOnlyList<TargetPast> Past { get; init; } = [];

    /// <summary>Tags by which targets kept their previous version that have been gone for too long: they keep nothing any more.</summary>
    public IReadOnlySet<string> GoneTags { get; init; } = new HashSet<string>();
}

/// <summary>What is known of a target's past.</summary>
/// <param name="TargetId">The target.</param>
/// <param name="Last">The version that was verified last, which is what ought to run.</param>
/// <param name="Steps">What the history knows to have been verified there, newest first.</param>
internal sealed record TargetPast(string TargetId, ProVersion Last, IReadOnlyList<VerifiedDeployment> Steps)
{
    /// <summary>
    /// Since when the engine has no such target, by the first clean-up that saw it; null if it is there, or nobody has looked.
    /// </summary>
    public DateTimeOffset? GoneSince { get; init; }

    /// <summary>Until when a target that is gone keeps its versions; null if it is there.</summary>
    public DateTimeOffset? GoneUntil { get; init; }

    /// <summary>What stands on the engine of it, newest first: it goes before the history.</summary>
    public IReadOnlyList<VerifiedDeployment> Verified { get; init; } = [];

    /// <summary>What the history knows, with what stands on the engine, whoever's deployments it tells of.</summary>
    public static IReadOnlyList<TargetPast> With(
        IReadOnlyList<TargetPast> history, IEnumerable<VerifiedDeployment> verified, ImageReference repository)
    {
        var targets = verified
            .Where(step => ImageReference.TryParse(step.Repository, out var of) && of.SameRepository(repository))
            .GroupBy(step => step.Target, StringComparer.Ordinal)
            .ToDictionary(target => target.Key, target => target.ToList(), StringComparer.Ordinal);
        return
        [
            .. history.Where(past => !targets.ContainsKey(past.TargetId)),
            .. targets.Select(target => new TargetPast(
                target.Key,
                target.Value[0].Version,
                history.FirstOrDefault(past => past.TargetId == target.Key)?.Steps ?? [])
            {
                Verified = target.Value,
                GoneSince = history.FirstOrDefault(past => past.TargetId == target.Key)?.GoneSince,
            }),
        ];
    }
}

/// <summary>All that the planner knows before it asks about single images.</summary>
/// <param name="Inventory">The engine's images and containers.</param>
/// <param name="Services">The services that were asked for.</param>
internal sealed record CleaningInput(ImageInventory Inventory, IReadOnlyList<CleaningService> Services)
{
    /// <summary>Whether a tag is one by which a deployment keeps its previous version.</summary>
    public Func<string, bool> IsPreviousTag { get; init; } = static _ => false;

    /// <summary>Images that are needed although no container is made of them.</summary>
    public ImagesInUse Held { get; init; } = ImagesInUse.None;

    /// <summary>Who used what when it was looked at; null: nobody looked.</summary>
    public EngineUse? Use { get; init; }

    /// <summary>How far the engine's clock, in which it dates its images, is before this machine's.</summary>
    public TimeSpan ClockAhead { get; init; }

    /// <summary>Whether git knows a commit by the first digits of its hash.</summary>
    public Func<string, bool>? IsCommit { get; init; }

    /// <summary>What the plan says of targets that are gone.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What the history is told of targets: that one is gone, or there again. Only when the clean-up is carried out.</summary>
    public IReadOnlyList<ProHistoryEntry> Marks { get; init; } = [];

    /// <summary>When a version was last used, by the history; told in the engine's time.</summary>
    public Func<ImageReference, DateTimeOffset?> LastUse { get; init; } = static _ => null;
}

/// <summary>What only an image's own description says; asked for candidates alone.</summary>
/// <param name="LastTagTime">When a name was last given to it here; null if the engine doesn't know.</param>
/// <param name="Layers">Its layers.</param>
internal sealed record ImageFacts(DateTimeOffset? LastTagTime, ImageLayers Layers)
{
    /// <summary>When an image with these facts was built or last tagged, whichever is later.</summary>
    public DateTimeOffset Since(EngineImage image) => LastTagTime > image.Created ? LastTagTime.Value : image.Created;
}
