using System.Diagnostics;
using Pro.DockerVersioning.Deployment.Compose;
using Pro.DockerVersioning.Reporting;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

/// <summary>A compose that outlives the command that started it.</summary>
public sealed class ComposeOrphanTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task One_that_has_ended_is_not_waited_for_also_where_nobody_reaps_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes are looked at on Linux only.");
        var project = "p" + Guid.NewGuid().ToString("N")[..10];

        // As in a container whose first process is "sleep": the parent lives on and asks for no exit code.
        var start = new ProcessStartInfo("sh", [
            "-c", "sh -c 'echo began; sleep 1; :' compose --project-name \"$1\" up --detach --no-deps --no-build & exec sleep 120",
            "sh", project])
        {
            RedirectStandardOutput = true,
        };
        using var parent = Process.Start(start)!;
        try
        {
            Assert.Equal("began", await parent.StandardOutput.ReadLineAsync(Token));
            var heard = new List<string>();
            await ComposeOrphans.WaitAsync(project, "engine", new Now(heard), Token);
            Assert.Contains($"still works on {project}", Assert.Single(heard), StringComparison.Ordinal);
        }
        finally
        {
            parent.Kill(entireProcessTree: true);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_works_on_another_engine_is_not_waited_for()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Processes are looked at on Linux only.");
        var project = "p" + Guid.NewGuid().ToString("N")[..10];
        var start = new ProcessStartInfo("sh", [
            "-c", "echo began; while :; do sleep 1; done", "compose", "--project-name", project, "up",
            "--detach", "--no-deps", "--no-build"])
        {
            RedirectStandardOutput = true,
            Environment = { [ComposeUp.EngineVariable] = "production" },
        };
        using var other = Process.Start(start)!;
        try
        {
            Assert.Equal("began", await other.StandardOutput.ReadLineAsync(Token));
            var heard = new List<string>();
            await ComposeOrphans.WaitAsync(project, "test", new Now(heard), Token);
            Assert.Empty(heard);
            using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(
                () => ComposeOrphans.WaitAsync(project, "production", new Now(heard), stop.Token));
            Assert.Single(heard);
        }
        finally
        {
            other.Kill(entireProcessTree: true);
        }
    }

    private sealed class Now(List<string> heard) : IProgress<Report>
    {
        public void Report(Report value) => heard.Add(((WarningReport)value).Message);
    }
}
