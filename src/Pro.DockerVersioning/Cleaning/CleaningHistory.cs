using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Deployment;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>What the history says about an engine, as far as cleaning needs it; read once.</summary>
internal sealed class CleaningHistory
{
    private readonly LastUses _uses = new();
    private readonly Dictionary<(string Service, string Target), (ProVersion Last, List<VerifiedDeployment> Steps)> _past = [];

    /// <summary>Reads the history. Where it can't be read, nothing is known, and a warning says so.</summary>
    public static async Task<CleaningHistory> ReadAsync(
        HistoryLog log, string engine, IProgress<Report> reports, CancellationToken cancellationToken)
    {
        var history = new CleaningHistory();
        await log.VisitEngineAsync(engine, ProOperator.Host, history.Add, reports, cancellationToken).ConfigureAwait(false);
        return history;
    }

    /// <summary>When a version was last of use; null where the history doesn't know it.</summary>
    public DateTimeOffset? LastUse(ImageReference reference) => _uses.Of(reference);

    /// <summary>What was proven of a service, of each target.</summary>
    public IReadOnlyList<TargetPast> PastOf(string service) =>
        [.. _past
            .Where(place => place.Key.Service == service)
            .Select(place => new TargetPast(place.Key.Target, place.Value.Last, place.Value.Steps))];

    /// <summary>Counts an entry in; they come newest first.</summary>
    internal void Add(ProHistoryEntry entry)
    {
        _uses.Add(entry);
        if (entry is not { IsVerified: true, Version: { } version } || entry.Kind == ProHistoryKind.Drill)
        {
            return;
        }

        var place = (entry.Service, entry.Target ?? "");
        if (!_past.TryGetValue(place, out var past))
        {
            _past[place] = past = (version, []);
        }

        if (VerifiedDeployment.Of(entry) is { } step)
        {
            past.Steps.Add(step);
        }
    }
}
