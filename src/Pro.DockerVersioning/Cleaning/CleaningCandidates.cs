using Pro.DockerVersioning.Images;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// The first half of a plan: what stays in any case, and what may go. Only about the latter the engine has to be asked more
/// (<see cref="ImageFacts"/>), one image at a time.
/// </summary>
internal sealed record CleaningCandidates(CleaningInput World, CleaningPolicy Policy)
{
    /// <summary>What stays, decided.</summary>
    public required IReadOnlyList<CleaningPlanItem> Decided { get; init; }

    /// <summary>What may go, in the order in which it would.</summary>
    public required IReadOnlyList<CleaningCandidate> Candidates { get; init; }

    /// <summary>The images to ask about.</summary>
    public IReadOnlyCollection<string> CandidateIds =>
        [.. Candidates.Select(candidate => candidate.Image.Id).Distinct(StringComparer.Ordinal)];

    /// <summary>All images of the services; only asked about if their size decides.</summary>
    public IReadOnlyCollection<string> ServiceImageIds =>
        [.. World.Inventory.Images
            .Where(image => World.Services.Any(service => image.BelongsTo(service.Name, service.Repository)))
            .Select(image => image.Id)];

    /// <summary>
    /// One image of each service that stays: the layers that it shares with those that go won't come free. The newest one is the most
    /// alike.
    /// </summary>
    public IReadOnlyCollection<string> WitnessIds =>
        [.. Decided
            .Where(line => line.Version is not null)
            .GroupBy(line => line.Service, StringComparer.Ordinal)
            .Select(service => service.MaxBy(line => line.Version)!.ImageId)
            .Distinct(StringComparer.Ordinal)];
}

/// <summary>What may go.</summary>
/// <param name="Line">The line, as it stands if nothing speaks against it.</param>
/// <param name="Image">The image.</param>
/// <param name="LastUse">When the history saw it last; null if it doesn't know it.</param>
internal sealed record CleaningCandidate(CleaningPlanItem Line, EngineImage Image, DateTimeOffset? LastUse);

/// <summary>The whole list: -WhatIf shows it, the prompt shows it, the run carries it out.</summary>
/// <param name="Lines">What goes, in that order, and then what stays.</param>
internal sealed record CleaningPlan(IReadOnlyList<CleaningPlanItem> Lines)
{
    /// <summary>What else there is to say before it is carried out.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>How many bytes the services' versions take afterwards; null if nobody asked.</summary>
    public long? SizeAfter { get; init; }

    /// <summary>What goes, in that order.</summary>
    public IEnumerable<CleaningPlanItem> Going => Lines.Where(line => line.Goes);

    /// <summary>The sizes of the layers of what goes, by chain id.</summary>
    public IReadOnlyDictionary<string, long> LayerSizes { get; init; } = new Dictionary<string, long>();

    /// <summary>How many bytes come free at most.</summary>
    public long Bytes => Lines.Sum(line => line.Bytes);
}
