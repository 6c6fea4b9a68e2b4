using System.Diagnostics;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

/// <summary>A program that doesn't end by itself.</summary>
public sealed class ComposeProcessTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_says_nothing_for_too_long_is_ended_and_what_it_said_is_kept()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell of Unix.");
        var clock = Stopwatch.StartNew();

        var answer = await RunAsync("echo begins; exec sleep 600", TimeSpan.FromSeconds(1));

        Assert.True(answer.WasSilent);
        Assert.NotEqual(0, answer.ExitCode);
        Assert.Equal(["begins"], answer.LastLines);
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task One_that_goes_on_telling_may_take_its_time()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell of Unix.");
        var clock = Stopwatch.StartNew();

        var answer = await RunAsync("for i in 1 2 3 4 5; do echo $i; sleep 1; done >&2", TimeSpan.FromSeconds(4));

        Assert.False(answer.WasSilent);
        Assert.Equal(0, answer.ExitCode);
        Assert.Equal(["1", "2", "3", "4", "5"], answer.LastLines);
        Assert.True(clock.Elapsed > TimeSpan.FromSeconds(4));
    }

    private static Task<ComposeAnswer> RunAsync(string script, TimeSpan silence) =>
        new ComposeProcess(
            new ComposeProgram("/bin/sh", ["-c"], "2.26.1", new Version(2, 26)),
            new ChildEnvironment(Path.GetTempPath(), new Dictionary<string, string?>()))
            .RunAsync([script], heard: null, Stop, silence);
}
