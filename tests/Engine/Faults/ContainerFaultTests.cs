using Pro.DockerVersioning.Tests.Engine.Deploy;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>Kill, 500, reset and hang in the middle of a container's swap, in each of its flows.</summary>
public sealed class ContainerFaultTests : DeployTest
{
    [Fact]
    public Task Stop_first() => RunAsync("container, stop-first", "StopFirst", turn: null);

    [Fact]
    public Task Start_first_without_a_published_port()
    {
        MakeNetwork(hasPeer: false);
        IsPublished = false;
        return RunAsync("container, start-first, no published port", "StartFirst", turn: 0);
    }

    [Fact]
    public Task Warm_swap_on_the_default_bridge() => RunAsync("container, warm swap, default bridge", "StartFirst", turn: 1);

    [Fact]
    public Task Warm_swap_alone_on_a_network()
    {
        MakeNetwork(hasPeer: false);
        return RunAsync("container, warm swap, own network", "StartFirst", turn: 2);
    }

    [Fact]
    public Task Warm_swap_beside_a_peer()
    {
        MakeNetwork(hasPeer: true);
        return RunAsync("container, warm swap, with a peer", "StartFirst", turn: 3);
    }

    /// <summary>It says what it puts right, and goes on with what it was asked for.</summary>
    [Theory]
    [InlineData("StopFirst")]
    [InlineData("StartFirst")]
    public async Task A_repair_that_is_killed_too_is_done_by_the_next_command(string order)
    {
        _ = Make(FaultScene.New);
        var wanted = Make(FaultScene.Old);
        Start(FaultScene.Old);
        var random = new Random(FaultMatrix.Seed);
        FaultMatrix.Tell($"{order}, PRO_TEST_SEED={FaultMatrix.Seed}");

        // Whatever the order, from the third call to the eleventh there is something to repair.
        foreach (var killAt in FaultMatrix.IsWhole ? Enumerable.Range(3, 9) : [random.Next(3, 12)])
        {
            var repairAt = random.Next(2, 6);
            using var command = new WaitingCommand(Repository.Root, TestEngine.SocketPath);
            using var repair = new WaitingCommand(Repository.Root, TestEngine.SocketPath);
            var (code, text) = await command.RunAsync(
                $"Invoke-ProRollback api {FaultScene.New} -Order {order} -Confirm:$false", new(Fault.Kill, killAt, AmongChanges: true), _ => false, Cancel);
            Assert.True(code == 137, text);
            _ = await repair.RunAsync("Repair-ProService api", new(Fault.Kill, repairAt, AmongChanges: true), _ => false, Cancel);
            var result = Run($"Deploy-ProService api {FaultScene.Old}").ThrowIfFailed();
            Assert.Equal(wanted, Text(Assert.Single(result.Output), "ImageId"));
            OnlyRuns(FaultScene.Old);
            FaultMatrix.Tell($"{order}, killed at {killAt}, its repair at {repairAt}: {repair.Proxy.Faulty ?? "it had ended"}: well.");
        }
    }

    // Start-first has four flows. Each call of one of them is killed at every time, by turns, and one of each other.
    private async Task RunAsync(string name, string order, int? turn)
    {
        _ = Make(FaultScene.New);
        _ = Make(FaultScene.Old);
        var scene = new FaultScene
        {
            Name = name,
            Command = $"Invoke-ProRollback api {FaultScene.New} -Order {order} -Confirm:$false",
            Folder = Repository.Root,
            Run = Run,
            Variables = Variables,
            Reset = Reset,
            Answer = () => Answer(),
            OnlyRuns = OnlyRuns,
            Commits = call => call.EndsWith(".pro-done", StringComparison.Ordinal),
            SampledKills = turn is null || turn == FaultMatrix.Seed % 4 ? null : 1,
        };
        using var matrix = new FaultMatrix(scene);
        await matrix.RunAsync();
    }

    private void Reset()
    {
        Clear();
        Start(FaultScene.Old);
    }
}
