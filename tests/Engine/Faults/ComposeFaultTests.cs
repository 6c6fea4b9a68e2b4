using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Engine.Deploy;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>Kill, 500, reset and hang while a service of a compose project changes: by a swap, and by compose's own <c>up</c>.</summary>
public class ComposeFaultTests : ComposeTest
{
    private const string Variable = "${API_VERSION:-latest}";
    private const string Alias = "latest";

    private string _tag = Variable;
    private bool _changesFile;
    private int _replicas = 1;
    private string _oldHash = "";
    private readonly Dictionary<string, string> _hashes = [];

    public ComposeFaultTests()
        : this(isNewest: true)
    {
    }

    /// <param name="isNewest">Whether the newest compose is tried; else docker-compose 1.x.</param>
    private protected ComposeFaultTests(bool isNewest)
    {
        if (isNewest)
        {
            UseNewest();
        }
    }

    [Fact]
    public Task Stop_first() => RunAsync("compose, stop-first", "StopFirst", IsCommitOfSwap);

    [Fact]
    public Task Warm_swap() => RunAsync("compose, warm swap", "StartFirst", IsCommitOfSwap);

    [Fact]
    public Task Up_where_the_file_has_changed()
    {
        _changesFile = true;
        return RunAsync("compose, changed file: its own up", "StopFirst", IsCommitOfUp);
    }

    /// <summary>The file names a tag that moves, or a version: then the pin is that tag, or a file of the module's own.</summary>
    [Theory]
    [InlineData("alias", Alias)]
    [InlineData("override file", FaultScene.Old)]
    public Task Up_with_another_pin(string pin, string tag)
    {
        (_tag, _changesFile) = (tag, true);
        return RunAsync($"compose, {pin}: its own up", "StopFirst", IsCommitOfUp, sampledKills: 4);
    }

    /// <summary>The same, where the containers are swapped. A sample is of one pin and order, by the seed.</summary>
    [Fact]
    public async Task Swap_with_another_pin()
    {
        foreach (var (pin, tag, order) in FaultMatrix.Some(
            ("alias", Alias, "StopFirst"), ("override file", FaultScene.Old, "StopFirst"),
            ("alias", Alias, "StartFirst"), ("override file", FaultScene.Old, "StartFirst")))
        {
            _tag = tag;
            await RunAsync($"compose, {pin}, {order}", order, IsCommitOfSwap, sampledKills: 4);
        }
    }

    /// <summary>The tag is moved, and the module's own file is written, before compose can make containers of them.</summary>
    /// <param name="tag">What the compose file names.</param>
    /// <param name="at">Among the calls since the lock, the one that begins the record.</param>
    [Theory]
    [InlineData(Alias, 2)]
    [InlineData(FaultScene.Old, 1)]
    public async Task Killed_before_the_record_a_plain_up_keeps_what_runs(string tag, int at)
    {
        Well(FaultScene.New, FaultScene.Old);
        (_tag, _changesFile) = (tag, true);
        Reset();
        await KillAsync(
            $"Invoke-ProRollback api {FaultScene.New} -Confirm:$false",
            new FaultPlan(Fault.Kill, at, AmongChanges: true) { SinceCommit = true },
            static call => call.EndsWith("/volumes/create", StringComparison.Ordinal));
        Assert.DoesNotContain(LeftVolumes(), static volume => volume.StartsWith("pro-operation-", StringComparison.Ordinal));
        Assert.Equal(tag == Alias ? Id("api:" + FaultScene.New) : Id("api:" + FaultScene.Old), Id("api:" + tag));
        Assert.Equal(tag != Alias, File.Exists(Override));

        Repaired(FaultScene.Old);
    }

    /// <summary>A restore ends with the record: the module's own file is put back after that.</summary>
    [Fact]
    public async Task Killed_at_the_end_of_a_restore_a_plain_up_keeps_what_runs()
    {
        Well(FaultScene.New, FaultScene.Old);
        Sick("v1.2.0");
        (_tag, _changesFile) = (FaultScene.Old, true);
        Reset();
        await KillAsync(
            "Deploy-ProService api v1.2.0",
            new FaultPlan(Fault.Kill, 1, AmongChanges: false) { SinceCommit = true },
            IsCommitOfUp);
        Assert.Contains("/api:v1.2.0\"", await File.ReadAllTextAsync(Override, Cancel), StringComparison.Ordinal);

        Repaired(FaultScene.Old);
    }

    /// <summary>
    /// The first is proven and the second isn't yet: cut off there, both must be of one version again. A sample is of one order, by the
    /// seed.
    /// </summary>
    [Fact]
    public async Task Two_replicas()
    {
        _replicas = 2;
        foreach (var order in FaultMatrix.Some("StopFirst", "StartFirst"))
        {
            await RunAsync($"compose, two replicas, {order}", order, IsCommitOfSwap);
        }
    }

    // The same file and the same version make the same hash: it is asked for once.
    private string HashOf(string version)
    {
        if (!_hashes.TryGetValue(version, out var hash))
        {
            string[] files = File.Exists(Override) ? ["--file", ComposeFile, "--file", Override] : [];
            _hashes[version] = hash = Compose([.. files, "config", "--hash=api"]).Split(' ')[^1].Trim();
        }

        return hash;
    }

    private string Override => Repository.FullPath($"docker-compose.{Project}.pro.yml");

    private static bool IsCommitOfUp(string call) => call.StartsWith("DELETE ", StringComparison.Ordinal)
        && call.Contains("/volumes/pro-operation-", StringComparison.Ordinal);

    private static bool IsCommitOfSwap(string call) => call.EndsWith(".pro-done", StringComparison.Ordinal);

    private async Task KillAsync(string script, FaultPlan plan, Func<string, bool> commits)
    {
        using var command = new WaitingCommand(Repository.Root, TestEngine.SocketPath);
        var (code, text) = await command.RunAsync(script, plan, commits, Cancel);
        Assert.True(code == 137, text);
    }

    /// <summary>A repair finds something to do, and after it a plain up makes the file's change on the version that runs.</summary>
    private void Repaired(string version)
    {
        var repair = One("Repair-ProService api");
        Assert.Equal("RestoredPrevious", Text(repair, "Outcome"));
        OnlyRuns(version);
        _ = Compose("up", "-d");
        Assert.Equal(Id("api:" + version), Container["Image"]!.ToString());
        Assert.Contains("COLOUR=blue", Container["Config"]!["Env"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
    }

    private async Task RunAsync(string name, string order, Func<string, bool> commits, int? sampledKills = null)
    {
        Well(FaultScene.New, FaultScene.Old);
        var scene = new FaultScene
        {
            Name = name,
            Command = $"Invoke-ProRollback api {FaultScene.New} -Order {order} -Confirm:$false",
            Folder = Repository.Root,
            Run = Run,
            Variables = Variables,
            Reset = Reset,
            Answer = AnswerOfAll,
            OnlyRuns = OnlyRuns,
            Commits = commits,

            // Several go one after another through what one alone goes through.
            SampledKills = sampledKills ?? (_replicas == 1 ? null : 1),
            IsOfChild = call => _changesFile && call.Contains(" /v1.", StringComparison.Ordinal),
        };
        using var matrix = new FaultMatrix(scene);
        await matrix.RunAsync();
    }

    private void Reset()
    {
        Clear();
        File.Delete(Override);
        _ = Docker("tag", $"{Registry}/api:{FaultScene.Old}", $"{Registry}/api:{Alias}");
        WriteFile(Written);
        File.WriteAllText(DotEnv, $"API_VERSION={FaultScene.Old}\n");
        _ = Compose("up", "-d", "--scale", $"api={_replicas}");
        _oldHash = Label(Containers[0], "config-hash");
        if (_changesFile)
        {
            WriteFile(Written + "    environment: [\"COLOUR=blue\"]\n");
        }

        Assert.Equal(FaultScene.Old, AnswerOfAll());
    }

    private string Written => (_replicas == 1 ? GuideFile : WithoutPorts).Replace(Variable, _tag, StringComparison.Ordinal);

    private void OnlyRuns(string version)
    {
        Assert.Equal(version, AnswerOfAll());
        Assert.Equal(Enumerable.Repeat(Id("api:" + version), _replicas), Containers.Select(one => one["Image"]!.ToString()));
        NothingIsLeft();

        // What pins it names this version, and nothing the other one.
        Assert.Equal($"API_VERSION={(_tag == Variable ? version : FaultScene.Old)}\n", File.ReadAllText(DotEnv));
        Assert.Equal(_tag == Alias ? Id("api:" + version) : Id("api:" + FaultScene.Old), Id("api:" + Alias));
        Assert.Equal(_tag == FaultScene.Old && version == FaultScene.New, File.Exists(Override));
        if (File.Exists(Override))
        {
            Assert.Contains($"/api:{version}\"", File.ReadAllText(Override), StringComparison.Ordinal);
        }

        Assert.Equal(
            Enumerable.Range(1, _replicas).Select(number => $"/{ContainerName(number)}"),
            Containers.Select(one => one["Name"]!.ToString()));
        Assert.All(Containers, one => Assert.NotEqual("always", one["HostConfig"]!["RestartPolicy"]!["Name"]!.ToString()));
        Assert.Equal([$"{Project}_default"], Networks());

        // To compose the new one is what its file says, and the old one is what it was: a plain up leaves it alone.
        var changed = _changesFile && version == FaultScene.Old;
        var hash = changed ? _oldHash : HashOf(version);
        Assert.All(Containers, one =>
        {
            Assert.Equal(hash, Label(one, "config-hash"));
            Assert.Equal(_changesFile && !changed, one["Config"]!["Env"]!.ToJsonString().Contains("COLOUR=blue", StringComparison.Ordinal));
        });
    }

    // Several have no port of this machine's: each is asked at its own address. An old one that could not be removed has none any more.
    private string AnswerOfAll() => _replicas == 1 ? Answer() : string.Join(", ", Containers
        .Where(one => one["State"]![nameof(Running)]!.GetValue<bool>())
        .Select(one => Answer(one["NetworkSettings"]!["Networks"]![$"{Project}_default"]?["IPAddress"]?.ToString() ?? ""))
        .Distinct());

    private IReadOnlyList<string> Networks() =>
    [
        .. from network in TestEngine.Call(HttpMethod.Get, "/networks") as JsonArray ?? []
           where network!.ToJsonString().Contains(Project, StringComparison.Ordinal)
           select network["Name"]!.ToString(),
    ];
}
