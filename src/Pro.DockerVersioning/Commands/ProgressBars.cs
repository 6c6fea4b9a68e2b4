using System.Management.Automation;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Commands;

/// <summary>The live progress bars of one cmdlet: keys become activity ids, and none stays behind.</summary>
internal sealed class ProgressBars(Cmdlet cmdlet)
{
    private readonly Dictionary<string, ProgressRecord> _bars = [];
    private int _lastId;

    /// <summary>Shows, moves or completes one bar.</summary>
    public void Show(ProgressReport report)
    {
        if (report.Completed)
        {
            Complete(report.Key);
            return;
        }

        var bar = Bar(report);
        bar.StatusDescription = report.Status.Length == 0 ? " " : report.Status;
        bar.PercentComplete = report.PercentComplete is { } percent ? Math.Clamp(percent, 0, 100) : -1;
        cmdlet.WriteProgress(bar);
    }

    /// <summary>Takes away every bar that is still there.</summary>
    public void CompleteAll()
    {
        foreach (var key in _bars.Keys.Reverse().ToList())
        {
            Complete(key);
        }
    }

    private ProgressRecord Bar(ProgressReport report)
    {
        if (_bars.TryGetValue(report.Key, out var bar))
        {
            return bar;
        }

        bar = new ProgressRecord(++_lastId, report.Activity, " ");
        if (report.ParentKey is { } parent && _bars.TryGetValue(parent, out var parentBar))
        {
            bar.ParentActivityId = parentBar.ActivityId;
        }

        _bars.Add(report.Key, bar);
        return bar;
    }

    private void Complete(string key)
    {
        if (_bars.Remove(key, out var bar))
        {
            bar.RecordType = ProgressRecordType.Completed;
            cmdlet.WriteProgress(bar);
        }
    }
}
