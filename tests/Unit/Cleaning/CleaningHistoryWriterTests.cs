using System.Collections.Concurrent;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

/// <summary>The history's lines of a clean-up, many at once.</summary>
public sealed class CleaningHistoryWriterTests : IProgress<Report>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pro-journal-").FullName;
    private readonly ConcurrentBag<Report> _reports = [];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    void IProgress<Report>.Report(Report value) => _reports.Add(value);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Each_of_many_lines_is_on_the_disk_when_its_record_is_done()
    {
        var history = HistoryLog.At(_folder);
        var journal = new CleaningHistoryWriter(history, "unix:///engine", this);
        await Parallel.ForEachAsync(Enumerable.Range(0, 300), Cancel, async (number, _) =>
        {
            await journal.RecordAsync(Result(number));
            Assert.Contains($"\"{Reference(number)}\"", Written(), StringComparison.Ordinal);
        });
        var read = new List<string?>();
        await foreach (var entry in history.ReadAsync(new HistoryFilter(), this, Cancel))
        {
            Assert.Equal((ProHistoryKind.Clean, "Removed", "unix:///engine"), (entry.Kind, entry.Outcome, entry.Engine));
            read.Add(entry.Reference);
        }

        Assert.Equal(Enumerable.Range(0, 300).Select(Reference).Order(), read.Order());
        Assert.Empty(_reports);
    }

    [Fact]
    public async Task A_history_that_cannot_be_written_warns_of_each_line_and_fails_none()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "", Cancel);
        var journal = new CleaningHistoryWriter(HistoryLog.At(file), "unix:///engine", this);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(number => journal.RecordAsync(Result(number))));
        Assert.Equal(20, _reports.OfType<WarningReport>().Count());
    }

    private static string Reference(int number) => $"registry/api:v1.0.{number}";

    private static ProCleanupResult Result(int number) => new()
    {
        Service = "api",
        Reference = Reference(number),
        ImageId = "sha256:1",
        Action = ProCleanupAction.Removed,
        Reason = "asked for by name",
    };

    private string Written()
    {
        using var file = new FileStream(
            Directory.EnumerateFiles(_folder, "*.jsonl").Single(), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
