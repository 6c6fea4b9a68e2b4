using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Engine.Deploy;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>Kill, 500, reset and hang while a service of a compose project changes: by a swap, and by compose's own <c>up</c>.</summary>
public class ComposeFaultTests : ComposeTest
{
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
        return RunAsync("compose, changed file: its own up", "StopFirst", static call => call.StartsWith("DELETE ", StringComparison.Ordinal)
            && call.Contains("/volumes/pro-operation-", StringComparison.Ordinal));
    }

    /// <summary>
    /// The first is proven and the second isn't yet: cut off there, both must be of one version again. A sample is of one order, by the seed.
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
            _hashes[version] = hash = Compose("config", "--hash=api").Split(' ')[^1].Trim();
        }

        return hash;
    }

    private static bool IsCommitOfSwap(string call) => call.EndsWith(".pro-done", StringComparison.Ordinal);

    private async Task RunAsync(string name, string order, Func<string, bool> commits)
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
            SampledKills = _replicas == 1 ? null : 1,
            IsOfChild = call => _changesFile && call.Contains(" /v1.", StringComparison.Ordinal),
        };
        using var matrix = new FaultMatrix(scene);
        await matrix.RunAsync();
    }

    private void Reset()
    {
        Clear();
        WriteFile(_replicas == 1 ? GuideFile : WithoutPorts);
        File.WriteAllText(DotEnv, $"API_VERSION={FaultScene.Old}\n");
        _ = Compose("up", "-d", "--scale", $"api={_replicas}");
        _oldHash = Label(Containers[0], "config-hash");
        if (_changesFile)
        {
            WriteFile(GuideFile + "    environment: [\"COLOUR=blue\"]\n");
        }

        Assert.Equal(FaultScene.Old, AnswerOfAll());
    }

    private void OnlyRuns(string version)
    {
        Assert.Equal(version, AnswerOfAll());
        Assert.Equal(Enumerable.Repeat(version, _replicas), Running);
        NothingIsLeft();
        Assert.Equal($"API_VERSION={version}\n", File.ReadAllText(DotEnv));
        Assert.Equal(Enumerable.Range(1, _replicas).Select(number => $"/{ContainerName(number)}"), Containers.Select(one => one["Name"]!.ToString()));
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
