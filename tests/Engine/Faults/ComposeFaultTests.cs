using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Engine.Deploy;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>Kill, 500, reset and hang while a service of a compose project changes: by a swap, and by compose's own <c>up</c>.</summary>
public sealed class ComposeFaultTests : ComposeTest
{
    private bool _changesFile;
    private string _oldHash = "";

    [Fact]
    public Task Stop_first() => RunAsync("compose, stop-first", "StopFirst", IsCommitOfSwap);

    [Fact]
    public Task Warm_swap() => RunAsync("compose, warm swap", "StartFirst", IsCommitOfSwap);

    [Fact]
    public Task Up_where_the_file_has_changed()
    {
        _changesFile = true;
        return RunAsync("compose, changed file: its own up", "StopFirst", static call => call.StartsWith("DELETE ", StringComparison.Ordinal)
            && call.Contains("/volumes/pro-up-", StringComparison.Ordinal));
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
            Answer = Answer,
            OnlyRuns = OnlyRuns,
            Commits = commits,
            // The swap is the container's; compose makes a case of it three times as long.
            SampledKills = _changesFile ? 3 : 2,
            IsOfChild = call => _changesFile && call.Contains(" /v1.", StringComparison.Ordinal),
        };
        using var matrix = new FaultMatrix(scene);
        await matrix.RunAsync();
    }

    private void Reset()
    {
        Clear();
        WriteFile(GuideFile);
        File.WriteAllText(DotEnv, $"API_VERSION={FaultScene.Old}\n");
        _ = Compose("up", "-d");
        _oldHash = Label(Container, "config-hash");
        if (_changesFile)
        {
            WriteFile(GuideFile + "    environment: [\"COLOUR=blue\"]\n");
        }

        Assert.Equal(FaultScene.Old, Answer());
    }

    private void OnlyRuns(string version)
    {
        Assert.Equal(version, Answer());
        Assert.Equal([version], Running);
        NothingIsLeft();
        Assert.Equal($"API_VERSION={version}\n", File.ReadAllText(DotEnv));
        Assert.Equal($"/{Project}_api_1", Container["Name"]!.ToString());
        Assert.Equal([$"{Project}_default"], Networks());

        // To compose the new one is what its file says, and the old one is what it was: a plain up leaves it alone.
        var changed = _changesFile && version == FaultScene.Old;
        Assert.Equal(changed ? _oldHash : Compose("config", "--hash=api").Split(' ')[^1].Trim(), Label(Container, "config-hash"));
        Assert.Equal(_changesFile && !changed, Container["Config"]!["Env"]!.ToJsonString().Contains("COLOUR=blue", StringComparison.Ordinal));
    }

    private IReadOnlyList<string> Networks() =>
    [
        .. from network in TestEngine.Call(HttpMethod.Get, "/networks") as JsonArray ?? []
           where network!.ToJsonString().Contains(Project, StringComparison.Ordinal)
           select network["Name"]!.ToString(),
    ];
}
