using System.Collections.Concurrent;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

/// <summary>Keeps the reports, and lets a test wait for one.</summary>
internal sealed class Heard : IProgress<Report>
{
    private readonly ConcurrentQueue<Report> _reports = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _awaited = new();

    public IEnumerable<string> Lines => _reports.OfType<VerboseReport>().Select(report => report.Message);

    public IEnumerable<string> Warnings => _reports.OfType<WarningReport>().Select(report => report.Message);

    public IEnumerable<ProgressReport> Bars => _reports.OfType<ProgressReport>();

    /// <summary>Ends when a line with this text was reported, before or from now on.</summary>
    public Task AwaitAsync(string text)
    {
        var source = _awaited.GetOrAdd(text, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        Release();
        return source.Task.WaitAsync(TimeSpan.FromSeconds(30), Xunit.TestContext.Current.CancellationToken);
    }

    public void Report(Report value)
    {
        _reports.Enqueue(value);
        Release();
    }

    private void Release()
    {
        foreach (var (text, source) in _awaited)
        {
            if (_reports.Any(report => report.ToString().Contains(text, StringComparison.Ordinal)))
            {
                source.TrySetResult();
            }
        }
    }
}
