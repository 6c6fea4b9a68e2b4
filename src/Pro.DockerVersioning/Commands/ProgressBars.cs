using System.Management.Automation;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Commands;

/// <summary>The live progress bars of one cmdlet: keys become activity ids, and none stays behind.</summary>
internal sealed class ProgressBars(Cmdlet cmdlet)
{
    private readonly Dictionary<string, Bar> _bars = [];
    private int _lastId;

    /// <summary>Shows, moves or completes one bar.</summary>
    public void Show(ProgressReport report)
    {
        if (report.Completed)
        {
            Complete(report.Key);
            return;
        }

        var bar = BarOf(report);
        Write(bar, report.Status, ProgressRecordType.Processing, report.PercentComplete is { } percent ? Math.Clamp(percent, 0, 100) : -1);
    }

    /// <summary>Takes away every bar that is still there.</summary>
    public void CompleteAll()
    {
        foreach (var key in _bars.Keys.Reverse().ToList())
        {
            Complete(key);
        }
    }

    private Bar BarOf(ProgressReport report)
    {
        if (_bars.TryGetValue(report.Key, out var bar))
        {
            return bar;
        }

        var parent = report.ParentKey is { } key && _bars.TryGetValue(key, out var parentBar) ? parentBar.Id : -1;
        bar = new Bar(++_lastId, report.Activity, parent);
        _bars.Add(report.Key, bar);
        return bar;
    }

    private void Complete(string key)
    {
        if (_bars.Remove(key, out var bar))
        {
            Write(bar, "", ProgressRecordType.Completed, -1);
        }
    }

    /// <summary>A record each time: a job keeps the records, and shows them when they are no longer what they were.</summary>
    private void Write(Bar bar, string status, ProgressRecordType type, int percent) =>
        cmdlet.WriteProgress(new ProgressRecord(bar.Id, bar.Activity, status.Length == 0 ? " " : status)
        {
            ParentActivityId = bar.Parent,
            PercentComplete = percent,
            RecordType = type,
        });

    private sealed record Bar(int Id, string Activity, int Parent);
}
