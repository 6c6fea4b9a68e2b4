namespace Pro.DockerVersioning.History;

/// <summary>Which entries are asked for; what is null or empty asks for all.</summary>
internal sealed record HistoryFilter
{
    /// <summary>Tests of the service's name; one that agrees is enough.</summary>
    public IReadOnlyList<Func<string, bool>> Services { get; init; } = [];

    /// <summary>What was done.</summary>
    public IReadOnlyCollection<ProHistoryKind> Kinds { get; init; } = [];

    /// <summary>Tests of the outcome; one that agrees is enough.</summary>
    public IReadOnlyList<Func<string, bool>> Outcomes { get; init; } = [];

    /// <summary>Only what ended at this time or later.</summary>
    public DateTimeOffset? After { get; init; }

    /// <summary>Only what ended before this time.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Whether an entry is asked for.</summary>
    public bool Matches(ProHistoryEntry entry) =>
        (After is null || entry.Time >= After)
        && (Before is null || entry.Time < Before)
        && (Kinds.Count == 0 || Kinds.Contains(entry.Kind))
        && (Services.Count == 0 || Services.Any(test => test(entry.Service)))
        && (Outcomes.Count == 0 || Outcomes.Any(test => test(entry.Outcome)));
}
