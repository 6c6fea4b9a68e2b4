using Pro.DockerVersioning.Tests.Engine.Deploy;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>Kill, 500, reset and hang in the middle of a container's swap, in each of its flows.</summary>
public sealed class ContainerFaultTests : DeployTest
{
    [Fact]
    public Task Stop_first() => RunAsync("container, stop-first", "StopFirst");

    /// <summary>The four flows of start-first: one of them by PRO_TEST_SEED, all where everything is done.</summary>
    public static TheoryData<string, bool, bool, bool> Flows => new(FaultMatrix.Some(
        ("start-first, no published port", true, false, false),
        ("warm swap, default bridge", false, false, true),
        ("warm swap, own network", true, false, true),
        ("warm swap, with a peer", true, true, true)));

    [Theory]
    [MemberData(nameof(Flows))]
    public Task Start_first(string flow, bool hasNetwork, bool hasPeer, bool isPublished)
    {
        if (hasNetwork)
        {
            MakeNetwork(hasPeer);
        }

        IsPublished = isPublished;
        return RunAsync("container, " + flow, "StartFirst");
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
                $"Invoke-ProRollback api {FaultScene.New} -Order {order} -Confirm:$false", new(Fault.Kill, killAt, AmongChanges: true),
                _ => false, Cancel);
            Assert.True(code == 137, text);
            _ = await repair.RunAsync("Repair-ProService api", new(Fault.Kill, repairAt, AmongChanges: true), _ => false, Cancel);
            var result = Run($"Deploy-ProService api {FaultScene.Old}").ThrowIfFailed();
            Assert.Equal(wanted, Text(Assert.Single(result.Output), "ImageId"));
            OnlyRuns(FaultScene.Old);
            FaultMatrix.Tell($"{order}, killed at {killAt}, its repair at {repairAt}: {repair.Proxy.Faulty ?? "it had ended"}: well.");
        }
    }

    private async Task RunAsync(string name, string order)
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
