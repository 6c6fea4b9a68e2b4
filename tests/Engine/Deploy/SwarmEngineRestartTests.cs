using Pro.DockerVersioning.Tests.Engine.Faults;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>The engine is stopped and started in the middle of a service's update: it ends on one version, and says on which.</summary>
public sealed class SwarmEngineRestartTests : EngineTest, IClassFixture<SwarmOfOne>
{
    private const string Waits = "v1.2.0";
    private const string Deploy = $"Deploy-ProService api {Waits} -HealthTimeout 00:01:00";
    private readonly SwarmOfOne _swarm;
    private readonly string _name = "s" + Guid.NewGuid().ToString("N")[..10];

    public SwarmEngineRestartTests(SwarmOfOne swarm)
    {
        _swarm = swarm;
        Variables["DOCKER_HOST"] = swarm.Host;
        Variables["REGISTRY"] = OwnEngine.Registry;
        _ = Repository.Commit(("apps/api/Dockerfile", "FROM scratch\n"));
        swarm.Publish(Waits, """
            HEALTHCHECK --interval=1s --retries=1000 CMD ["/bin/busybox","test","-e","/bin/health"]
            CMD ["/bin/busybox","httpd","-f","-p","8080","-h","/bin"]
            """);
        _swarm.Create(_name, "--rollback-monitor", "1s", "--restart-delay", "100ms", $"{OwnEngine.Registry}/api:v1.0.0");
    }

    private IReadOnlyList<string> Running =>
    [
        .. Lines("service", "ps", "--no-trunc", "--filter", "desired-state=running", "--format", "{{.Image}} {{.CurrentState}}", _name)
            .Where(line => line.Contains("Running", StringComparison.Ordinal))
            .Select(line => line.Split(' ', '@')[0].Split(':')[^1]),
    ];

    /// <summary>Whether the command dies too: one of the two by PRO_TEST_SEED, both with PRO_TEST_ALL_FAULTS.</summary>
    public static TheoryData<bool> Cases => new(FaultMatrix.Some(false, true));

    [Theory]
    [MemberData(nameof(Cases))]
    public Task The_engine_goes_away_in_the_middle(bool commandDies) => commandDies
        ? WithTheCommandDeadAsync()
        : WithTheCommandAliveAsync();

    // It lives through it, and says on which version the service is.
    private async Task WithTheCommandAliveAsync()
    {
        var run = Task.Run(() => Run(Deploy), Cancel);
        await UntilAsync(() => run.IsCompleted || NewOnes().Length > 0);
        Assert.False(run.IsCompleted, "It ended before the engine did.");
        await _swarm.Engine.StopAsync(Cancel);
        await _swarm.Engine.StartAgainAsync(Cancel);
        await UntilAsync(() => run.IsCompleted || GetsWell());
        var result = await run;
        var outcome = Text(Assert.Single(result.Output), "Outcome");
        TestContext.Current.TestOutputHelper?.WriteLine($"{outcome}: {string.Join("; ", result.Errors)}");
        Assert.Equal(outcome == "Succeeded", result.Errors.Count == 0 && result.Failure is null);
        await RunsAsync(outcome == "Succeeded" ? Waits : "v1.0.0");
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
    }

    // One repair ends the update.
    private async Task WithTheCommandDeadAsync()
    {
        using (var child = StartChild(Deploy))
        {
            await UntilAsync(() => child.HasExited || NewOnes().Length > 0);
            Assert.False(child.HasExited, "It ended before the engine did.");
            await _swarm.Engine.StopAsync(Cancel);
            child.Kill();
            await child.WaitForExitAsync(Cancel);
        }

        await _swarm.Engine.StartAgainAsync(Cancel);
        var run = Task.Run(() => Run("Repair-ProService api"), Cancel);
        await UntilAsync(() => run.IsCompleted || GetsWell());
        var repair = Assert.Single((await run).ThrowIfFailed().Output);
        TestContext.Current.TestOutputHelper?.WriteLine($"{Text(repair, "Outcome")} {Text(repair, "Version")}");
        await RunsAsync(Text(repair, "Version")!);
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
    }

    protected override void Dispose(bool disposing)
    {
        _swarm.Remove(_name);
        base.Dispose(disposing);
    }

    private string[] Lines(params string[] arguments) =>
        _swarm.Docker(arguments).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string[] NewOnes() =>
        Lines("ps", "--quiet", "--filter", $"name={_name}", "--filter", $"ancestor={OwnEngine.Registry}/api:{Waits}");

    // Whatever runs of the new version is told to be well; never done by itself.
    private bool GetsWell()
    {
        foreach (var id in NewOnes())
        {
            try
            {
                _ = _swarm.Docker("exec", id, "/bin/busybox", "touch", "/bin/health");
            }
            catch (InvalidOperationException)
            {
                // It has ended meanwhile.
            }
        }

        return false;
    }

    private async Task RunsAsync(string version)
    {
        await UntilAsync(() => Running is [_, _]);
        Assert.Equal([version, version], Running);
        Assert.Contains(
            $":{version}@",
            _swarm.Docker("service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", _name),
            StringComparison.Ordinal);
    }
}
