using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Build;

/// <summary>Ctrl+C in the middle of a slow step, with each builder.</summary>
public sealed class CancellationTests : EngineTest
{
    // No other process on this machine sleeps for just as long.
    private readonly string _nap = string.Create(
        CultureInfo.InvariantCulture, $"{Random.Shared.Next(100, 999)}.{Random.Shared.Next(100_000, 999_999)}");

    [Fact]
    public Task Ctrl_C_ends_the_client_and_the_step_and_makes_no_tag()
    {
        OnlyClient(TestSettings.DockerClient);
        return StopsAsync();
    }

    [Fact]
    public Task Ctrl_C_ends_a_build_by_the_Engine_API()
    {
        OnlyClient(null);
        return StopsAsync();
    }

    [Fact]
    public Task Ctrl_C_ends_a_build_by_the_classic_builder()
    {
        Variables["DOCKER_BUILDKIT"] = "0";
        return StopsAsync();
    }

    private async Task StopsAsync()
    {
        var value = Guid.NewGuid().ToString("N");
        _ = Commit(dockerfile: $"FROM {Base}\nARG VALUE\nRUN sleep {_nap}\n");
        using var stop = new CancellationTokenSource();
        var run = Task.Run(() => Shell.Run($"Build-ProImage api -BuildArg @{{ VALUE = '{value}' }}", stop.Token), Cancel);
        try
        {
            await StopInTheStepAsync(run, stop, value);
        }
        finally
        {
            // Whatever went wrong, the session must be free for the next test.
            await stop.CancelAsync();
            _ = await run;
        }

        // The session goes on.
        _ = One("Get-ProService");
    }

    private async Task StopInTheStepAsync(Task<ShellResult> run, CancellationTokenSource stop, string value)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(TimeSpan.FromMinutes(4));
        while (!run.IsCompleted && !Processes($"sleep {_nap}").Any(line => line.StartsWith("sleep", StringComparison.Ordinal)))
        {
            await Task.Delay(50, patience.Token);
        }

        Assert.False(run.IsCompleted, "The build ended before it was stopped.");
        Assert.DoesNotContain(Processes(Head), line => line.Contains(value, StringComparison.Ordinal));
        var clock = Stopwatch.StartNew();
        await stop.CancelAsync();
        var result = await run.WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        Assert.Equal(PSInvocationState.Stopped, result.State);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"It took {clock.Elapsed}.");
        Assert.Empty(Processes(Head));
        Assert.Empty(Tags());

        // The engine ends the step a moment after its client went.
        while (Processes($"sleep {_nap}").Any())
        {
            await Task.Delay(100, patience.Token);
        }
    }

    /// <summary>The command lines of other processes that hold a text.</summary>
    private static IEnumerable<string> Processes(string text) => Directory.EnumerateDirectories("/proc")
        .Where(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && id != Environment.ProcessId)
        .Select(CommandLine)
        .Where(line => line.Contains(text, StringComparison.Ordinal));

    private static string CommandLine(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline")).Replace('\0', ' ');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return "";
        }
    }
}
