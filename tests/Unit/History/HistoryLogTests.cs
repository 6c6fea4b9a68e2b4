using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.History;

public sealed class HistoryLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pro-history-").FullName;
    private readonly Kept _reports = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string File => HistoryFolder.FileFor(_folder, Entries.Noon);

    private HistoryLog Log => HistoryLog.At(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_newest_comes_first_across_months()
    {
        foreach (var (version, month) in new[] { ("v1.0.0", 7), ("v1.1.0", 8), ("v1.2.0", 9), ("v1.3.0", 9) })
        {
            await Log.AppendAsync(Entries.Build("api", version, new DateTimeOffset(2026, month, 1, 0, 0, 0, TimeSpan.Zero)), _reports);
        }

        Assert.Equal(["v1.3.0", "v1.2.0", "v1.1.0", "v1.0.0"], await VersionsAsync(new HistoryFilter()));
        Assert.Equal(["history-2026-07.jsonl", "history-2026-08.jsonl", "history-2026-09.jsonl"], Names());
        Assert.Empty(_reports.Warnings);
    }

    [Fact]
    public async Task Only_the_months_that_are_asked_for_are_opened()
    {
        await Log.AppendAsync(Entries.Build("api", "v1.0.0"), _reports);

        Unreadable(Path.Combine(_folder, "history-2026-08.jsonl"));
        Unreadable(Path.Combine(_folder, "history-2026-10.jsonl"));
        var september = new HistoryFilter
        {
            After = new DateTimeOffset(2026, 9, 1, 0, 0, 0, TimeSpan.Zero),
            Before = new DateTimeOffset(2026, 10, 1, 0, 0, 0, TimeSpan.Zero),
        };

        Assert.Equal(["v1.0.0"], await VersionsAsync(september));
    }

    [Fact]
    public async Task Filters_hold_together()
    {
        await Log.AppendAsync(Entries.Build("api", "v1.0.0", Entries.Noon), _reports);
        await Log.AppendAsync(Entries.Build("api", "v1.1.0", Entries.Noon.AddHours(1)) with { Outcome = "Failed" }, _reports);
        await Log.AppendAsync(Entries.Build("web", "v1.2.0", Entries.Noon.AddHours(2)), _reports);
        await Log.AppendAsync(Entries.Deploy("v1.3.0", null, Entries.Noon.AddHours(3)), _reports);

        Assert.Equal(["v1.3.0", "v1.1.0", "v1.0.0"], await VersionsAsync(new() { Services = [NamePattern.Compile("a*")] }));
        Assert.Equal(["v1.2.0", "v1.1.0", "v1.0.0"], await VersionsAsync(new() { Kinds = [ProHistoryKind.Build] }));
        Assert.Equal(["v1.1.0"], await VersionsAsync(new() { Outcomes = [NamePattern.Compile("fail*")] }));
        Assert.Equal(
            ["v1.2.0", "v1.1.0"], await VersionsAsync(new() { After = Entries.Noon.AddHours(1), Before = Entries.Noon.AddHours(3) }));
    }

    [Fact]
    public async Task A_torn_last_line_is_skipped_and_the_next_one_starts_anew()
    {
        await Log.AppendAsync(Entries.Build("api", "v1.0.0"), _reports);
        await System.IO.File.AppendAllTextAsync(File, """{"time":"2026-09-14T12:0""", Token);
        await Log.AppendAsync(Entries.Build("api", "v1.1.0"), _reports);
        await System.IO.File.AppendAllTextAsync(File, "\0\0\0", Token);

        Assert.Equal(["v1.1.0", "v1.0.0"], await VersionsAsync(new HistoryFilter()));
        Assert.Equal($"{File}: 2 lines could not be understood.", Assert.Single(_reports.Verbose));
        Assert.Empty(_reports.Warnings);
    }

    [Fact]
    public async Task A_history_that_is_not_there_is_empty()
    {
        var log = HistoryLog.At(Path.Combine(_folder, "none"));

        Assert.Empty(await ReadAsync(log, new HistoryFilter()));
        Assert.False(Directory.Exists(log.Folder));
    }

    [Fact]
    public async Task A_folder_that_can_not_be_is_a_warning_that_says_what_is_missing_and_where()
    {
        var file = Path.Combine(_folder, "file");
        await System.IO.File.WriteAllTextAsync(file, "", Token);
        var folder = Path.Combine(file, "history");

        await HistoryLog.At(folder).AppendAsync(Entries.Build("api", "v1.0.0"), _reports);

        var warning = Assert.Single(_reports.Warnings);
        Assert.Contains("'Build api v1.0.0: Built'", warning, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(folder, "history-2026-09.jsonl"), warning, StringComparison.Ordinal);
        Assert.Contains("'history' in pro.json", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_a_warning_and_leaves_no_half_line()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "full")).FullName;
        Assert.SkipUnless(await RunAsync("mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder), "Only root can make a small disk.");
        try
        {
            var log = HistoryLog.At(folder);
            var written = 0;
            while (_reports.Warnings.Count == 0)
            {
                await log.AppendAsync(Entries.Build("api", "v1.0.0") with { Message = new string('m', 1500) }, _reports);
                written++;
            }

            Assert.Contains("No space left", _reports.Warnings[0], StringComparison.Ordinal);
            Assert.Equal(written - 1, (await ReadAsync(log, new HistoryFilter())).Count);
            Assert.Empty(_reports.Verbose);
        }
        finally
        {
            Assert.True(await RunAsync("umount", folder));
        }
    }

    [Fact]
    public async Task A_history_that_can_not_be_read_is_an_error_of_reading_only()
    {
        Unreadable(File);

        var error = await Assert.ThrowsAsync<ProException>(() => VersionsAsync(new HistoryFilter()));
        Assert.Equal("HistoryUnreadable", error.Id);
        await Log.VisitEngineAsync(Place.Engine, Place.Host, _ => Assert.Fail("There is no entry."), _reports, Token);
        Assert.Single(_reports.Warnings);
    }

    [Fact]
    public async Task A_pipe_in_the_history_is_told_and_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such files.");
        Assert.True(await RunAsync("mkfifo", File));

        var error = await Assert.ThrowsAsync<ProException>(
            () => Task.Run(() => VersionsAsync(new HistoryFilter()), Token).WaitAsync(TimeSpan.FromSeconds(20), Token));
        Assert.Equal("HistoryUnreadable", error.Id);
        Assert.Contains("a named pipe", error.Message, StringComparison.Ordinal);
        await Task.Run(() => Log.AppendAsync(Entries.Build("api", "v1.0.0"), _reports), Token).WaitAsync(TimeSpan.FromSeconds(20), Token);
        Assert.Contains("a named pipe", Assert.Single(_reports.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_without_a_home_gets_a_warning()
    {
        var log = HistoryLog.At(null!);

        await log.AppendAsync(Entries.Build("api", "v1.0.0"), _reports);

        Assert.Contains("no home", Assert.Single(_reports.Warnings), StringComparison.Ordinal);
        Assert.Empty(await ReadAsync(log, new HistoryFilter()));
    }

    [Fact]
    [SuppressMessage("Interoperability", "CA1416:Validate platform compatibility", Justification = "Skipped on Windows.")]
    public async Task Where_a_group_may_write_it_may_append_and_the_users_own_folder_is_only_the_users()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Modes are of Unix.");
        System.IO.File.SetUnixFileMode(_folder, (UnixFileMode)0b111_111_101);
        var own = Path.Combine(_folder, "own");

        await Log.AppendAsync(Entries.Build("api", "v1.0.0"), _reports);
        await HistoryLog.At(own).AppendAsync(Entries.Build("api", "v1.0.0"), _reports);

        Assert.All(Directory.GetFiles(_folder), file => Assert.True(System.IO.File.GetUnixFileMode(file).HasFlag(UnixFileMode.GroupWrite)));
        Assert.Equal((UnixFileMode)0b111_000_000, System.IO.File.GetUnixFileMode(own));
        Assert.All(Directory.GetFiles(own), file => Assert.False(System.IO.File.GetUnixFileMode(file).HasFlag(UnixFileMode.GroupWrite)));
    }

    [Fact]
    public async Task Many_tasks_at_once_lose_nothing()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(writer => Task.Run(
            async () =>
            {
                for (var number = 0; number < 20; number++)
                {
                    await Log.AppendAsync(Entries.Build($"s{writer}", $"v0.{number}.0"), _reports);
                }
            },
            Token)));

        AssertComplete(await ReadAsync(Log, new HistoryFilter()), 20, 20);
    }

    [Fact]
    public async Task Twenty_processes_at_once_lose_nothing()
    {
        var children = Enumerable.Range(0, 20).Select(writer => TestChild.Start("history", _folder, $"s{writer}", "50")).ToList();
        try
        {
            foreach (var child in children)
            {
                Assert.Equal("ready", await child.ReadAsync());
            }

            await Task.WhenAll(children.Select(child => child.TellAsync("go")));
            Assert.All(await Task.WhenAll(children.Select(child => child.ReadAsync())), line => Assert.Equal("done", line));
            AssertComplete(await ReadAsync(Log, new HistoryFilter()), 20, 50);
        }
        finally
        {
            children.ForEach(child => child.Dispose());
        }
    }

    [Theory]
    [InlineData("unix:///var/run/docker.sock", false)]
    [InlineData("tcp://127.0.0.1:2375", false)]
    [InlineData("tcp://localhost:2375", false)]
    [InlineData("tcp://engine.example.com:2376", true)]
    public void An_address_of_the_machine_itself_is_another_engine_elsewhere(string engine, bool isSameElsewhere)
    {
        var entry = Entries.Full with { Engine = engine, Host = "build-1" };

        Assert.True(HistoryPlace.IsSameEngine(entry, engine, "BUILD-1"));
        Assert.Equal(isSameElsewhere, HistoryPlace.IsSameEngine(entry, engine, "build-2"));
        Assert.False(HistoryPlace.IsSameEngine(entry, "tcp://third:2376", "build-1"));
    }

    [Fact]
    public async Task A_version_is_of_use_until_another_takes_its_place()
    {
        await Log.AppendAsync(Entries.Build("api", "v1.0.0", Entries.Noon), _reports);
        await Log.AppendAsync(Entries.Deploy("v1.0.0", null, Entries.Noon.AddDays(1)), _reports);
        await Log.AppendAsync(Entries.Build("api", "v1.1.0", Entries.Noon.AddDays(2)), _reports);
        await Log.AppendAsync(Entries.Deploy("v1.1.0", "v1.0.0", Entries.Noon.AddDays(60)), _reports);
        await Log.AppendAsync(Entries.Build("api", "v1.1.0", Entries.Noon.AddDays(90)) with { Kind = ProHistoryKind.Clean }, _reports);
        await Log.AppendAsync(Entries.Build("api", "v1.0.0", Entries.Noon.AddDays(91)) with { Engine = "tcp://other:1" }, _reports);

        var uses = new LastUses();
        await Log.VisitEngineAsync(Place.Engine, Place.Host, uses.Add, _reports, Token);

        Assert.Equal(Entries.Noon.AddDays(60), uses.Of(ImageReference.Parse("registry.example.com/pro/api:v1.0.0")));
        Assert.Equal(Entries.Noon.AddDays(60), uses.Of(ImageReference.Parse("registry.example.com/pro/api:v1.1.0")));
        Assert.Null(uses.Of(ImageReference.Parse("registry.example.com/pro/api:v2.0.0")));
        Assert.Null(uses.Of(ImageReference.Parse("elsewhere.example.com/pro/api:v1.0.0")));
    }

    [Fact]
    public async Task What_fails_or_is_stopped_has_a_line_without_what_was_printed()
    {
        var recorder = new HistoryRecorder(Log, _reports);
        var failure = new ProException("X", ProErrorCategory.InvalidOperation, "Step 3 failed.\ntoken=s3cret", "");
        var entry = Entries.Build("api", "v1.0.0", Entries.Noon);

        await Assert.ThrowsAsync<ProException>(() => recorder.RunAsync(entry, () => Task.FromException<int>(failure), (done, _) => done));
        await Assert.ThrowsAsync<OperationCanceledException>(
            () => recorder.RunAsync(entry, () => Task.FromException<int>(new OperationCanceledException()), (done, _) => done));
        Assert.Equal(7, await recorder.RunAsync(entry, () => Task.FromResult(7), (done, result) => done with { Message = $"{result}" }));

        var read = await ReadAsync(Log, new HistoryFilter());
        Assert.Equal(["Succeeded", "Stopped", "Failed"], read.Select(one => one.Outcome));
        Assert.Equal(["7", null, "Step 3 failed."], read.Select(one => one.Message));
        Assert.All(read, one => Assert.NotNull(one.Duration));
    }

    private static HistoryPlace Place { get; } = new("tcp://engine.example.com:2376", "build-1", "api", "shop/api");

    private static void AssertComplete(List<ProHistoryEntry> entries, int writers, int count)
    {
        Assert.Equal(writers * count, entries.Count);

        // Of each writer every line, in its order.
        var newestFirst = Enumerable.Range(0, count).Reverse().Select(number => $"v0.{number}.0").ToList();
        Assert.All(
            entries.GroupBy(entry => entry.Service), one => Assert.Equal(newestFirst, one.Select(entry => entry.Version!.ToString())));
    }

    /// <summary>A link to itself: opening it fails, also for root.</summary>
    private static void Unreadable(string path) => System.IO.File.CreateSymbolicLink(path, path);

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(Token);
        return process.ExitCode == 0;
    }

    private List<string?> Names() => [.. Directory.GetFiles(_folder, "*.jsonl").Select(Path.GetFileName).Order(StringComparer.Ordinal)];

    private async Task<List<string>> VersionsAsync(HistoryFilter filter) =>
        [.. (await ReadAsync(Log, filter)).Select(entry => entry.Version!.ToString())];

    private async Task<List<ProHistoryEntry>> ReadAsync(HistoryLog log, HistoryFilter filter)
    {
        var entries = new List<ProHistoryEntry>();
        await foreach (var entry in log.ReadAsync(filter, _reports, Token))
        {
            entries.Add(entry);
        }

        return entries;
    }
}
