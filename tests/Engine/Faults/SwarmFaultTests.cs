using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Engine.Deploy;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>Kill, 500, reset and hang while a swarm's service is updated, on an engine of the tests' own.</summary>
public sealed class SwarmFaultTests : EngineTest, IClassFixture<SwarmOfOne>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly SwarmOfOne _swarm;
    private readonly string _name = "s" + Guid.NewGuid().ToString("N")[..10];
    private string _id = "";
    private string _order = "";
    private string _updateConfig = "";

    public SwarmFaultTests(SwarmOfOne swarm)
    {
        _swarm = swarm;
        Variables["DOCKER_HOST"] = swarm.Host;
        Variables["REGISTRY"] = SwarmOfOne.Registry;
        _ = Repository.Commit(("apps/api/Dockerfile", "FROM scratch\n"));
    }

    [Fact]
    public Task Update() => RunAsync("swarm, two tasks, stop-first", "", "stop-first");

    /// <summary>It takes several updates: a note in the service's label says what to go back to in between.</summary>
    [Fact]
    public Task Canary() => RunAsync("swarm, canary, start-first", "-Canary 1 -CanaryWatch 0:0:1", "start-first");

    protected override void Dispose(bool disposing)
    {
        Clear();
        base.Dispose(disposing);
    }

    private async Task RunAsync(string name, string options, string order)
    {
        _order = order;
        var scene = new FaultScene
        {
            Name = name,
            Command = $"Invoke-ProRollback api {FaultScene.New} {options} -Confirm:$false",
            Folder = Repository.Root,
            Engine = _swarm.Socket,
            Host = _swarm.Host,
            Run = Run,
            Variables = Variables,
            Reset = Reset,
            Answer = Answer,
            OnlyRuns = OnlyRuns,
            Commits = call => call.Contains("/services/", StringComparison.Ordinal) && call.Contains("/update", StringComparison.Ordinal),
            ReturnsByTheSameCall = true,
            MayEndEitherWay = options.Length > 0,
        };
        using var matrix = new FaultMatrix(scene);
        await matrix.RunAsync();
    }

    private void Clear()
    {
        if (_swarm.Ask($"/services/{_name}") is not null)
        {
            _swarm.Remove(_name);
        }

        foreach (var volume in Volumes())
        {
            _ = _swarm.Docker("volume", "rm", volume);
        }

        foreach (var held in Locks())
        {
            _ = _swarm.Docker("config", "rm", held);
        }
    }

    // A service of a swarm is locked in the swarm.
    private IReadOnlyList<string> Locks() =>
    [
        .. from config in _swarm.Ask("/configs") as JsonArray ?? []
           let name = config!["Spec"]!["Name"]!.ToString()
           where name.StartsWith("pro-lock-", StringComparison.Ordinal)
           select name,
    ];

    private IReadOnlyList<string> Volumes() =>
    [
        .. from volume in _swarm.Ask("/volumes")!["Volumes"] as JsonArray ?? []
           let name = volume!["Name"]!.ToString()
           where name.Contains("pro-", StringComparison.Ordinal) && !name.StartsWith("pro-verified-", StringComparison.Ordinal)
           select name,
    ];

    private void Reset()
    {
        Clear();
        _ = _swarm.Docker(
            "service", "create", "--quiet", "--detach", "--name", _name, "--replicas", "2", "--update-monitor", "500ms",
            "--rollback-monitor", "500ms",
            "--update-order", _order, "--restart-delay", "100ms", $"{SwarmOfOne.Registry}/api:{FaultScene.Old}");
        _id = _swarm.Ask($"/services/{_name}")!["ID"]!.ToString();
        _updateConfig = Spec("UpdateConfig");
        Assert.Equal(FaultScene.Old, Answer());
    }

    private void OnlyRuns(string version)
    {
        Assert.Equal(version, Answer());
        Assert.Contains($"/api:{version}@sha256:", Spec("TaskTemplate.ContainerSpec.Image"), StringComparison.Ordinal);
        Assert.Equal(_updateConfig, Spec("UpdateConfig"));
        Assert.Equal("{}", Spec("Labels"));
        Assert.Empty(Volumes());
        Assert.Empty(Locks());
    }

    private string Spec(string part) =>
        part.Split('.').Aggregate(_swarm.Ask($"/services/{_name}")!["Spec"], (node, name) => node?[name])?.ToJsonString() ?? "";

    // The tasks may be on their way still: what they come to within a minute.
    private string Answer()
    {
        var until = DateTime.UtcNow + Patience;
        while (true)
        {
            var running = _swarm.Ask(
                "/containers/json?filters=" + TestEngine.Filters(("label", "com.docker.swarm.service.id=" + _id)))!.AsArray();
            var isLate = DateTime.UtcNow > until;
            var versions = isLate || (running.Count == 2 && running[0]!["ImageID"]!.ToString() == running[1]!["ImageID"]!.ToString())
                ? running.Select(container => VersionOf(container!["Id"]!.ToString())).ToArray() : [];
            if ((versions.Length == 2 && versions[0] == versions[1] && versions[0].StartsWith('v')) || isLate)
            {
                return versions.Distinct().ToArray() is [var version] ? version : string.Join(", ", versions);
            }

            Thread.Sleep(100);
        }
    }

    private string VersionOf(string container)
    {
        const string Question = "/bin/busybox wget -q -O /dev/null http://127.0.0.1:8080/busybox && echo ${NEW:-0}";
        try
        {
            return _swarm.Docker("exec", container, "/bin/busybox", "sh", "-c", Question).Trim() == "1" ? FaultScene.Old : FaultScene.New;
        }
        catch (InvalidOperationException gone)
        {
            return gone.Message;
        }
    }
}
