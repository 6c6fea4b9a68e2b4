using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>What the history says about an engine, as far as cleaning needs it; read once.</summary>
internal sealed class CleaningHistory
{
    /// <summary>The outcome of the line with which a clean-up notes that a target is gone.</summary>
    public const string TargetGone = nameof(TargetGone);

    /// <summary>The outcome of the line with which a clean-up notes that a target which was gone is there again.</summary>
    public const string TargetFound = nameof(TargetFound);

    private readonly LastUses _uses = new();

    // By service, repository and target: two repositories may both have a service of that name, and a target "container.api".
    private readonly Dictionary<(string Service, string? Repository, string Target), Place> _places = [];

    /// <summary>Reads the history. Where it can't be read, nothing is known, and a warning says so.</summary>
    public static async Task<CleaningHistory> ReadAsync(
        HistoryLog log, string engine, IProgress<Report> reports, CancellationToken cancellationToken)
    {
        var history = new CleaningHistory();
        await log.VisitEngineAsync(engine, ProOperator.Host, history.Add, reports, cancellationToken).ConfigureAwait(false);
        return history;
    }

    /// <summary>When a version was last used; null if the history doesn't know it.</summary>
    public DateTimeOffset? LastUse(ImageReference reference) => _uses.Of(reference);

    /// <summary>
    /// What was verified of a service, of each target. Lines that don't say their repository count for each service of that name.
    /// </summary>
    public IReadOnlyList<TargetPast> PastOf(string service, ImageReference repository) =>
        [.. _places
            .Where(place => place.Key.Service == service && (place.Key.Repository is not { } of || of == repository.NormalizedName))
            .Where(place => place.Value.Last is not null)
            .Select(place => new TargetPast(place.Key.Target, place.Value.Last!, place.Value.Steps) { GoneSince = place.Value.GoneSince })];

    /// <summary>Counts an entry in; they come newest first.</summary>
    internal void Add(ProHistoryEntry entry)
    {
        _uses.Add(entry);
        var isMark = entry is { Kind: ProHistoryKind.Clean, Target: not null };
        if (entry.Kind is ProHistoryKind.Clean or ProHistoryKind.Drill && !isMark)
        {
            return;
        }

        var repository = ImageReference.TryParse(entry.Reference, out var reference) ? reference.NormalizedName : null;
        var key = (entry.Service, repository, entry.Target ?? "");
        if (!_places.TryGetValue(key, out var place))
        {
            _places[key] = place = new Place();
        }

        if (isMark && entry.Outcome == TargetGone)
        {
            place.GoneSince = place.IsSettled ? place.GoneSince : entry.Time;
            return;
        }

        // Whatever else was done there shows that it was there then.
        place.IsSettled = true;
        if (!isMark && entry is { IsVerified: true, Version: { } version })
        {
            place.Last ??= version;
            if (VerifiedDeployment.Of(entry) is { } step)
            {
                place.Steps.Add(step);
            }
        }
    }

    private sealed class Place
    {
        public ProVersion? Last { get; set; }

        public List<VerifiedDeployment> Steps { get; } = [];

        public DateTimeOffset? GoneSince { get; set; }

        public bool IsSettled { get; set; }
    }
}
