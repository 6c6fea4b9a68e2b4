using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>
/// kill -9 in the middle: a process rolls back, and dies before its n-th call that changes something arrives at the engine. One repair
/// later the service answers, with one of the two versions, and nothing is left over.
/// </summary>
/// <remarks>
/// PRO_TEST_ALL_FAULTS=1 kills at each call; else a sample is taken, by a seed that is printed and that PRO_TEST_SEED gives again.
/// </remarks>
public sealed partial class KillTests : DeployTest
{
    private const int Samples = 3;

    // Whatever the order, from the third call to the eleventh there is something to repair.
    private const int FirstLeftover = 3;
    private const int Leftovers = 9;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly bool All = Environment.GetEnvironmentVariable("PRO_TEST_ALL_FAULTS") == "1";

    private static readonly int Seed = int.TryParse(
        Environment.GetEnvironmentVariable("PRO_TEST_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
        ? given
        : Random.Shared.Next(1, 1_000_000);

    private string Peer => $"pro-test-{Port}-peer";

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _ = TestEngine.Call(HttpMethod.Delete, $"/containers/{Peer}?force=true");
        if (Network != "bridge")
        {
            _ = TestEngine.Call(HttpMethod.Delete, "/networks/" + Network);
        }
    }

    // The three flows of a warm swap: on the default bridge, alone on a network, and with a peer on it.
    [Theory]
    [InlineData("StopFirst", "bridge")]
    [InlineData("StartFirst", "bridge")]
    [InlineData("StartFirst", "alone")]
    [InlineData("StartFirst", "peer")]
    public async Task After_a_kill_one_repair_puts_it_right(string order, string network)
    {
        if (network != "bridge")
        {
            Assert.SkipUnless(
                Environment.GetEnvironmentVariable("PRO_TEST_ALL_FAULTS") == "1", "Every network is killed on with PRO_TEST_ALL_FAULTS=1.");
            MakeNetwork(hasPeer: network == "peer");
        }

        _ = Make("v1.0.0");
        _ = Make("v1.1.0");

        // Un-killed first: so many calls there are.
        Start("v1.1.0");
        var calls = await RollBackAsync(order, killAt: 0);
        OnlyRuns("v1.0.0");
        Tell($"{order}, {network}: {calls.Count} calls that change something.");
        foreach (var killAt in Sample(calls.Count))
        {
            TestEngine.RemoveContainer(ContainerName);
            Start("v1.1.0");
            var before = await RollBackAsync(order, killAt);
            Assert.True(before.Count >= killAt, $"It ended after {before.Count} calls, before it was killed.");
            try
            {
                Repairs($"{order}, {network}", killAt, before);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException(
                    $"{order}, {network}, killed at {killAt} of {calls.Count} ({before[^1]}), PRO_TEST_SEED={Seed}: {failure.Message}", failure);
            }
        }
    }

    [Theory]
    [InlineData("StopFirst")]
    [InlineData("StartFirst")]
    public async Task A_repair_that_is_killed_too_is_done_by_the_next_command(string order)
    {
        _ = Make("v1.0.0");
        var wanted = Make("v1.1.0");
        Start("v1.1.0");
        Tell($"PRO_TEST_SEED={Seed}");
        foreach (var killAt in All ? Enumerable.Range(FirstLeftover, Leftovers) : [new Random(Seed).Next(FirstLeftover, FirstLeftover + Leftovers)])
        {
            _ = await RollBackAsync(order, killAt);
            var repair = new Random(Seed + killAt).Next(2, 6);
            var killed = await RunAsync("Repair-ProService api", repair, mayEnd: true);
            try
            {
                // It says what it puts right, and goes on with what it was asked for.
                var result = Run("Deploy-ProService api v1.1.0").ThrowIfFailed();
                Assert.Equal(wanted, Text(Assert.Single(result.Output), "ImageId"));
                OnlyRuns("v1.1.0");
                Tell($"{order}, killed at {killAt}, its repair at {killed.Count}: {Masked(killed[^1])}: well.");
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException(
                    $"{order}, killed at {killAt}, its repair at {repair}, PRO_TEST_SEED={Seed}: {failure.Message}", failure);
            }
        }
    }

    private static IEnumerable<int> Sample(int count)
    {
        var numbers = Enumerable.Range(1, count).ToArray();
        if (All)
        {
            return numbers;
        }

        Tell($"A sample: PRO_TEST_SEED={Seed}");
        new Random(Seed).Shuffle(numbers);
        return numbers.Take(Samples).Order();
    }

    private static void Tell(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);

    // Names that don't look like the test's leftovers.
    private void MakeNetwork(bool hasPeer)
    {
        Network = $"pro-test-{Port}";
        _ = TestEngine.Call(HttpMethod.Post, "/networks/create", new JsonObject { ["Name"] = Network });
        if (hasPeer)
        {
            _ = TestEngine.CreateContainer(Base, Peer, start: true);
            _ = TestEngine.Call(HttpMethod.Post, $"/networks/{Network}/connect", new JsonObject { ["Container"] = Peer });
        }
    }

    private void Repairs(string order, int killAt, IReadOnlyList<string> calls)
    {
        var found = string.Join(", ", Containers().Select(name => name.Replace(ContainerName, "NAME", StringComparison.Ordinal)));
        var repair = One("Repair-ProService api");
        var version = Text(repair, "Version")!;
        Assert.Contains(version, new[] { "v1.0.0", "v1.1.0" });
        Assert.Equal(Text(repair, "Outcome") == "FinishedNew" || (Text(repair, "Outcome") == "NothingToDo" && version == "v1.0.0"), version == "v1.0.0");
        OnlyRuns(version);
        Assert.Equal("running", Container()["State"]!["Status"]!.ToString());
        Tell($"| {order} | {killAt} | {Masked(calls[^1])} | {found} | {Text(repair, "Outcome")} | {version} |");
    }

    private string Masked(string call) =>
        LongId().Replace(call, "ID").Replace(ContainerName, "NAME", StringComparison.Ordinal).Replace(RegistryPath, "TEST", StringComparison.Ordinal);

    private Task<IReadOnlyList<string>> RollBackAsync(string order, int killAt) =>
        RunAsync($"Invoke-ProRollback api v1.0.0 -Order {order} -Confirm:$false", killAt);

    /// <summary>Runs a command in a process of its own; gives the calls that changed something, with the one that it was killed at.</summary>
    private async Task<IReadOnlyList<string>> RunAsync(string command, int killAt, bool mayEnd = false)
    {
        Process? process = null;
        using var proxy = new KillingProxy(killAt, () => process!.Kill());
        var start = new ProcessStartInfo(
            "dotnet",
            [TestSetup.ProShell, "-c", $"Import-Module '{TestSetup.ModuleManifest}'; {command}"])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOCKER_HOST"] = proxy.Url;
        process = Process.Start(start)!;
        using (process)
        {
            process.StandardInput.Close();
            using var bounded = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            bounded.CancelAfter(Patience);
            var output = process.StandardOutput.ReadToEndAsync(bounded.Token);
            var error = process.StandardError.ReadToEndAsync(bounded.Token);
            await process.WaitForExitAsync(bounded.Token);
            Assert.True(process.ExitCode == (killAt == 0 ? 0 : 137) || (mayEnd && process.ExitCode == 0), $"{process.ExitCode}: {await output}{await error}");
            return proxy.Changes;
        }
    }

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex LongId();
}
