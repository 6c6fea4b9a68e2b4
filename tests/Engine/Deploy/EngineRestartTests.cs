using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Engine.Faults;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>
/// The engine goes away in the middle of a deployment, and comes back: stopped as an operator does it, or dead at once (then its
/// containers live on until it starts, and end with its start). Whether the command lives through it or has died too, the version that
/// was proven last runs with the engine's start, before anybody repairs; and in the end nothing else is there.
/// </summary>
/// <remarks>
/// After a kill -9 the engine (20.10) takes "unless-stopped" for stopped by hand, of any container that ran: where it is to bring
/// back one whose policy is as its operator has set it, that is "always" here.
/// </remarks>
public sealed class EngineRestartTests : EngineTest, IClassFixture<RestartableEngine>
{
    private const string Name = "restarted-api";
    private const int Port = 8081;
    private const string AsUsual = "unless-stopped";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);
    private static readonly bool All = Environment.GetEnvironmentVariable("PRO_TEST_ALL_FAULTS") == "1";

    private readonly RestartableEngine _engine;

    public EngineRestartTests(RestartableEngine engine)
    {
        _engine = engine;
        Variables["DOCKER_HOST"] = engine.Host;
        Variables["REGISTRY"] = OwnEngine.Registry;
        _ = Commit();

        // The engine's ports are in a network of its own: only inside of the container can be asked whether it answers on them.
        File.WriteAllText(
            Path.Combine(Repository.Root, "pro.json"),
            $$"""{ "services": { "api": { "context": "apps/api", "healthUrl": "http://127.0.0.1:{{Port}}/version" } } }""");
    }

    /// <summary>How the engine goes away.</summary>
    public enum Outage
    {
        /// <summary>By its own signal.</summary>
        Stopped,

        /// <summary>By kill -9.</summary>
        Killed,
    }

    /// <summary>When it goes away.</summary>
    public enum Moment
    {
        /// <summary>The new one runs, and isn't well yet.</summary>
        Unproven,

        /// <summary>The old one is being stopped.</summary>
        Stopping,

        /// <summary>The new one has the ports, and isn't well there.</summary>
        Connected,

        /// <summary>The new one is well, and is watched.</summary>
        Watched,

        /// <summary>The new one is proven, and the old one answers its last requests.</summary>
        Draining,
    }

    /// <summary>
    /// Whether the command dies too, order, moment, outage and restart policy: one of six by PRO_TEST_SEED; with PRO_TEST_ALL_FAULTS=1 all,
    /// and the rest.
    /// </summary>
    public static TheoryData<bool, string, Moment, Outage, string> Cases => new(
        ((bool, string, Moment, Outage, string)[])
        [
            .. FaultMatrix.Some(
                (false, "StopFirst", Moment.Unproven, Outage.Stopped, AsUsual),
                (true, "StopFirst", Moment.Stopping, Outage.Killed, "always"),
                (false, "StartFirst", Moment.Draining, Outage.Killed, AsUsual),
                (true, "StartFirst", Moment.Connected, Outage.Stopped, AsUsual),
                (false, "StopFirst", Moment.Stopping, Outage.Killed, AsUsual),
                (true, "StartFirst", Moment.Draining, Outage.Killed, "no")),
            .. All
                ?
                [
                    (false, "StopFirst", Moment.Unproven, Outage.Killed, AsUsual),
                    (false, "StartFirst", Moment.Unproven, Outage.Killed, AsUsual),
                    (false, "StopFirst", Moment.Watched, Outage.Stopped, AsUsual),
                    (false, "StartFirst", Moment.Unproven, Outage.Stopped, AsUsual),
                    (false, "StartFirst", Moment.Connected, Outage.Stopped, AsUsual),
                    (true, "StopFirst", Moment.Unproven, Outage.Stopped, AsUsual),
                    (true, "StartFirst", Moment.Unproven, Outage.Stopped, AsUsual),
                    (true, "StopFirst", Moment.Unproven, Outage.Killed, AsUsual),
                    (true, "StopFirst", Moment.Unproven, Outage.Killed, "no"),
                    (true, "StopFirst", Moment.Watched, Outage.Stopped, "on-failure"),
                    (true, "StartFirst", Moment.Unproven, Outage.Killed, "always"),
                    (true, "StartFirst", Moment.Watched, Outage.Killed, "always"),
                    (true, "StartFirst", Moment.Draining, Outage.Killed, "always"),
                ]
                : Array.Empty<(bool, string, Moment, Outage, string)>(),
        ]);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task The_engine_goes_away_in_the_middle(bool commandDies, string order, Moment moment, Outage outage, string policy) =>
        commandDies ? WithTheCommandDeadAsync(order, moment, outage, policy) : WithTheCommandAliveAsync(order, moment, outage);

    // It lives through it, and says how it ended.
    private async Task WithTheCommandAliveAsync(string order, Moment moment, Outage outage)
    {
        var old = OldOf(moment);
        Start(old);
        var run = Task.Run(() => Run(CommandOf(moment, order)), Cancel);
        await UntilAsync(() => run.IsCompleted || IsNow(moment));
        Assert.False(run.IsCompleted, "It ended before the engine did.");
        await GoAwayAsync(outage);
        await _engine.Engine.StartAgainAsync(Cancel);
        var result = await run.WaitAsync(Patience, Cancel);
        foreach (var error in result.Errors)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{error.FullyQualifiedErrorId}: {error}");
        }

        foreach (var warning in result.Warnings)
        {
            TestContext.Current.TestOutputHelper?.WriteLine("WARNING: " + warning);
        }

        if (moment == Moment.Draining)
        {
            Assert.Equal("Succeeded", Text(Assert.Single(result.ThrowIfFailed().Output), "Outcome"));
            _ = One("Repair-ProService api");
            await OnlyRunsAsync(RestartableEngine.New);
        }
        else
        {
            Assert.StartsWith("RestoredPrevious,", result.Error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.Equal("RestoredPrevious", Text(Assert.Single(result.Output), "Outcome"));
            await OnlyRunsAsync(old);
            Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
        }
    }

    // What was proven runs with the engine.
    private async Task WithTheCommandDeadAsync(string order, Moment moment, Outage outage, string policy)
    {
        var (old, right) = (OldOf(moment), moment == Moment.Draining ? RestartableEngine.New : OldOf(moment));
        Start(old, policy);
        using (var child = StartChild(CommandOf(moment, order)))
        {
            await UntilAsync(() => child.HasExited || IsNow(moment));
            Assert.False(child.HasExited, "It ended before the engine did.");
            await GoAwayAsync(outage);
            child.Kill();
            await child.WaitForExitAsync(Cancel);
        }

        await _engine.Engine.StartAgainAsync(Cancel);
        if (policy is not "no")
        {
            // Where the ports have changed hands already, the new one was found well without them, and has them.
            await AnswersAsync((order, moment) switch
            {
                ("StartFirst", Moment.Connected) => RestartableEngine.WaitsConnected,
                ("StartFirst", Moment.Watched) => RestartableEngine.New,
                _ => right,
            });
        }

        var repair = Run("Repair-ProService api").ThrowIfFailed();
        Assert.Equal(right == old ? "RestoredPrevious" : "FinishedNew", Text(Assert.Single(repair.Output), "Outcome"));
        await OnlyRunsAsync(right, policy);
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
    }

    protected override void Dispose(bool disposing)
    {
        foreach (var id in Lines(_engine.Docker("ps", "--all", "--quiet")))
        {
            _ = _engine.Docker("rm", "--force", "--volumes", id);
        }

        foreach (var volume in Lines(_engine.Docker("volume", "ls", "--quiet")))
        {
            _ = _engine.Docker("volume", "rm", "--force", volume);
        }

        base.Dispose(disposing);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string OldOf(Moment moment) =>
        moment is Moment.Stopping or Moment.Draining ? RestartableEngine.SlowOld : RestartableEngine.Old;

    private static string CommandOf(Moment moment, string order) => moment switch
    {
        Moment.Connected => $"Deploy-ProService api {RestartableEngine.WaitsConnected}",
        Moment.Watched => $"Deploy-ProService api {RestartableEngine.New} -Watch 00:05:00",
        Moment.Draining => $"Deploy-ProService api {RestartableEngine.New}",
        _ => $"Deploy-ProService api {RestartableEngine.Waits}",
    } + $" -Order {order} -HealthTimeout 00:03:00";

    private void Start(string version, string policy = AsUsual)
    {
        _ = _engine.Docker(
            "run", "--detach", "--name", Name, "--restart", policy, "--publish", $"127.0.0.1:{Port}:8080", "--label", "owner=test",
            $"{OwnEngine.Registry}/api:{version}");
        _ = _engine.Docker("exec", Name, "sh", "-c", "until test -e /srv/health; do sleep 0.1; done");
    }

    private bool IsNow(Moment moment)
    {
        var previous = Inspect(Name + ".pro-prev");
        var next = Inspect(Name + ".pro-next") ?? (previous is null ? null : Inspect(Name));
        return moment switch
        {
            Moment.Unproven => IsUp(next),
            Moment.Stopping => IsUp(previous),
            Moment.Connected => IsUp(next) && ComesBack(next!),
            Moment.Watched => IsUp(next) && (previous is null ? ComesBack(next!) : HasHealth(next!)),
            _ => IsUp(Inspect(Name + ".pro-done")) && Image(Inspect(Name)) == RestartableEngine.New,
        };
    }

    private static bool IsUp(JsonNode? container) => container?["State"]!["Running"]!.GetValue<bool>() == true;

    private static bool ComesBack(JsonNode container) => container["HostConfig"]!["RestartPolicy"]!["Name"]!.ToString() != "no";

    private static bool HasHealth(JsonNode container) => container["State"]!["Health"]?["Status"]?.ToString() == "healthy";

    private static string? Image(JsonNode? container) => container?["Config"]!["Image"]!.ToString().Split(':')[^1];

    private JsonNode? Inspect(string name) =>
        Lines(_engine.Docker("ps", "--all", "--quiet", "--no-trunc", "--filter", $"name=^/{name}$")) is [var id]
        ? JsonNode.Parse(_engine.Docker("inspect", id))![0]
        : null;

    private Task GoAwayAsync(Outage outage) =>
        outage == Outage.Stopped ? _engine.Engine.StopAsync(Cancel) : _engine.Engine.KillAsync(Cancel);

    private async Task AnswersAsync(string version)
    {
        var until = DateTime.UtcNow + TimeSpan.FromSeconds(15);
        string said;
        while ((said = await _engine.Engine.AskAsync(Port, Cancel)) != version && DateTime.UtcNow < until)
        {
            await Task.Delay(50, Cancel);
        }

        Assert.True(said == version, $"{version} should answer: {said}\n{_engine.Docker("ps", "--all", "--no-trunc")}");
    }

    private async Task OnlyRunsAsync(string version, string policy = AsUsual)
    {
        await AnswersAsync(version);
        Assert.Equal([Name], Lines(_engine.Docker("ps", "--all", "--format", "{{.Names}}")));
        Assert.All(
            Lines(_engine.Docker("volume", "ls", "--quiet")), one => Assert.StartsWith("pro-verified-", one, StringComparison.Ordinal));
        Assert.Equal(["bridge", "host", "none"], Lines(_engine.Docker("network", "ls", "--format", "{{.Name}}")).Order());
        var container = Inspect(Name)!;
        Assert.Equal(version, Image(container));
        Assert.Equal(policy, container["HostConfig"]!["RestartPolicy"]!["Name"]!.ToString());
        Assert.Equal("test", container["Config"]!["Labels"]!["owner"]!.ToString());
        Assert.Equal(["bridge"], container["NetworkSettings"]!["Networks"]!.AsObject().Select(network => network.Key));
        Assert.Equal([version], Texts(One("Get-ProService api"), "CurrentVersion"));
    }
}
