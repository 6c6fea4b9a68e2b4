using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// A clean-up's lines of the history. Each is on the disk before its result is told; those that come while the disk is busy go together,
/// since waiting for the disk is what a line costs.
/// </summary>
internal sealed class CleaningHistoryWriter(HistoryLog history, string engine, IProgress<Report> reports)
{
    private readonly object _gate = new();
    private List<ProHistoryEntry> _waiting = [];
    private Task _last = Task.CompletedTask;
    private Task? _next;

    /// <summary>Writes a line; there is no token: what was done is recorded.</summary>
    public Task RecordAsync(ProCleanupResult result)
    {
        lock (_gate)
        {
            _waiting.Add(new ProHistoryEntry
            {
                Kind = ProHistoryKind.Clean,
                Engine = engine,
                Service = result.Service ?? "",
                Version = result.Version,
                Reference = result.Reference,
                ImageId = result.ImageId,
                Outcome = result.Action.ToString(),
                Reason = result.Reason,
            });
            return _next ??= _last = WriteAsync(_last);
        }
    }

    private async Task WriteAsync(Task last)
    {
        // Lines may join until the one before has been written.
        await last.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        List<ProHistoryEntry> lines;
        lock (_gate)
        {
            (lines, _waiting, _next) = (_waiting, [], null);
        }

        await history.AppendAsync(lines, reports).ConfigureAwait(false);
    }
}
