using System.Management.Automation;

namespace ProShell;

/// <summary>One line at the bottom for whatever moved last. Drawn on a terminal only.</summary>
internal sealed class ProgressLine
{
    // Builds report hundreds of times a second; the eye sees ten.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private bool _isShown;
    private long _lastDrawn;

    /// <summary>Draws the record, or takes the line away when it is completed.</summary>
    public void Show(long sourceId, ProgressRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (Console.IsOutputRedirected)
        {
            return;
        }

        if (record.RecordType == ProgressRecordType.Completed)
        {
            Clear();
            return;
        }

        lock (_gate)
        {
            if (_isShown && TimeProvider.System.GetElapsedTime(_lastDrawn) < Pause)
            {
                return;
            }

            var percent = record.PercentComplete >= 0 ? $" {record.PercentComplete} %" : string.Empty;
            var text = $"{record.Activity}: {record.StatusDescription}{percent}";
            var width = Math.Max(1, ConsoleRawUserInterface.Width - 1);
            Console.Out.Write("\r\e[K" + (text.Length > width ? text[..width] : text));
            _isShown = true;
            _lastDrawn = TimeProvider.System.GetTimestamp();
        }
    }

    /// <summary>Takes the line away; text that follows starts at its place.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            if (_isShown)
            {
                Console.Out.Write("\r\e[K");
                _isShown = false;
            }
        }
    }
}
