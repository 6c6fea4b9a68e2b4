using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>What the history says about an engine, as far as cleaning needs it; read once.</summary>
internal sealed class CleaningHistory
{
    private readonly LastUses _uses = new();
    private readonly Dictionary<(string Service, string? Target), List<ProVersion>> _proven = [];

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

    /// <summary>Of each target the version that was proven last, and the one before it.</summary>
    public IReadOnlyList<ProvenVersion> ProvenOf(string service) =>
        [.. _proven
            .Where(place => place.Key.Service == service)
            .SelectMany(place => place.Value.Select((version, index) => new ProvenVersion(version, index == 0)))];

    /// <summary>Counts an entry in; they come newest first.</summary>
    internal void Add(ProHistoryEntry entry)
    {
        _uses.Add(entry);
        if (entry is not { IsVerified: true, Version: { } version } || entry.Kind == ProHistoryKind.Drill)
        {
            return;
        }

        if (!_proven.TryGetValue((entry.Service, entry.Target), out var versions))
        {
            _proven[(entry.Service, entry.Target)] = versions = [];
        }

        if (versions.Count < 2 && !versions.Contains(version))
        {
            versions.Add(version);
        }
    }
}
