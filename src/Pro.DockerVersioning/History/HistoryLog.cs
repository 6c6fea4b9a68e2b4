using System.Runtime.CompilerServices;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.History;

/// <summary>
/// The history: one line of JSON for each operation. Writing it never fails an operation; what could not be written is said in a warning.
/// </summary>
internal sealed class HistoryLog
{
    private readonly string? _folder;

    private HistoryLog(string? folder) => _folder = folder;

    /// <summary>The folder; null if the user has no home and pro.json names none.</summary>
    public string? Folder => _folder;

    /// <summary>Finds the history; nothing is read or written yet.</summary>
    public static HistoryLog Open(ProSettings settings) => new(HistoryFolder.Resolve(settings));

    /// <summary>The history in a folder.</summary>
    internal static HistoryLog At(string folder) => new(folder);

    /// <summary>
    /// Appends an entry. There is no token: what was done is recorded, also after Ctrl+C. Never throws for what the disk says.
    /// </summary>
    public Task AppendAsync(ProHistoryEntry entry, IProgress<Report> reports) => AppendAsync([entry], reports);

    /// <summary>The same for several, which wait for the disk once.</summary>
    public async Task AppendAsync(IReadOnlyList<ProHistoryEntry> entries, IProgress<Report> reports)
    {
        if (_folder is null)
        {
            Warn(entries, HistoryErrors.NoFolder);
            return;
        }

        foreach (var month in entries.GroupBy(entry => HistoryFolder.FileFor(_folder, entry.Time), StringComparer.Ordinal))
        {
            try
            {
                await HistoryFile.AppendAsync(month.Key, [.. month.SelectMany(HistoryLine.Write)]).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or NotSupportedException or ProException)
            {
                Warn(month, entry => HistoryErrors.NotWritten(entry, month.Key, fault));
            }
        }

        void Warn(IEnumerable<ProHistoryEntry> lost, Func<string, ProException> error)
        {
            foreach (var message in lost.Select(entry => error(entry.ToString())))
            {
                reports.Report(new WarningReport($"{message.Message} {message.RecommendedAction}"));
            }
        }
    }

    /// <summary>
    /// The entries that are asked for, newest first, as they are read. Lines that are none are skipped, counted, and told in verbose.
    /// </summary>
    /// <exception cref="ProException">The folder or a file can't be read. A folder that isn't there is an empty history.</exception>
    public async IAsyncEnumerable<ProHistoryEntry> ReadAsync(
        HistoryFilter filter, IProgress<Report> reports, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var path in Files(filter))
        {
            var skipped = 0;
            var lines = HistoryFile.ReadAsync(path, cancellationToken).GetAsyncEnumerator(cancellationToken);
            await using (lines.ConfigureAwait(false))
            {
                while (await NextAsync(lines, path).ConfigureAwait(false))
                {
                    if (!HistoryLine.TryRead(lines.Current.Span, out var entry))
                    {
                        skipped++;
                    }
                    else if (filter.Matches(entry))
                    {
                        yield return entry;
                    }
                }
            }

            if (skipped > 0)
            {
                reports.Report(new VerboseReport($"{path}: {CountText.Text(skipped, "line")} could not be understood."));
            }
        }
    }

    /// <summary>
    /// Shows all entries about an engine, newest first. Where the history can't be read there are no more, and a warning says so.
    /// </summary>
    public async Task VisitEngineAsync(
        string engine, string host, Action<ProHistoryEntry> visit, IProgress<Report> reports, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var entry in ReadAsync(new HistoryFilter(), reports, cancellationToken).ConfigureAwait(false))
            {
                if (HistoryPlace.IsSameEngine(entry, engine, host))
                {
                    visit(entry);
                }
            }
        }
        catch (ProException unreadable)
        {
            reports.Report(new WarningReport($"{unreadable.Message} {unreadable.RecommendedAction}"));
        }
    }

    private IReadOnlyList<string> Files(HistoryFilter filter)
    {
        if (_folder is null)
        {
            return [];
        }

        try
        {
            return HistoryFolder.Files(_folder, filter.After, filter.Before);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw HistoryErrors.Unreadable(_folder, fault);
        }
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<ReadOnlyMemory<byte>> lines, string path)
    {
        try
        {
            return await lines.MoveNextAsync().ConfigureAwait(false);
        }
        catch (FileNotFoundException)
        {
            // Put away meanwhile.
            return false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or ProException)
        {
            throw HistoryErrors.Unreadable(path, fault);
        }
    }
}
