using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Tests.Simulation.World;
using Xunit;

namespace Pro.DockerVersioning.Tests.Simulation;

/// <summary>Schedules by a seed: several operators at once, two faults one after the other. PRO_SIMULATION_SEED repeats a run.</summary>
public sealed class RandomTests
{
    private static readonly int FirstSeed = TestNumbers.Read("PRO_SIMULATION_SEED", Environment.TickCount & 0xFFFFFF);
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(TestNumbers.Read("PRO_SIMULATION_SECONDS", 20));

    /// <summary>A command fails or dies, the repair after it fails or dies, and the next repair ends it.</summary>
    [Fact]
    public void A_second_fault_in_the_repair() => Run((random, seed) =>
    {
        var scene = random.GetItems(Scenes.All, 1)[0];
        using var shop = new Shop(scene, seed);
        var first = Plan(random, 200);
        var second = Plan(random, 90);
        var told = $"{scene}: deploy {first}, repair {second}";
        shop.Run("deploy", first, shop.DeployNewAsync);
        shop.Run("repair", second, shop.RepairAsync);
        return Settled(shop, told);
    });

    /// <summary>Two to four at once: they deploy, roll back and repair, and any of them may fail or die.</summary>
    [Fact]
    public void Several_operators_at_once() => Run((random, seed) =>
    {
        var scene = random.GetItems(Scenes.All, 1)[0];
        using var shop = new Shop(scene, seed);
        var count = random.Next(2, 5);
        var all = new List<(string Name, FaultPlan? Plan, Func<Engine.EngineConnection, Task> What)>();
        for (var number = 1; number <= count; number++)
        {
            all.Add(random.Next(3) switch
            {
                0 => ($"deploy-new-{number}", random.Next(2) == 0 ? Plan(random, 150) : null, shop.DeployNewAsync),
                1 => ($"deploy-old-{number}", random.Next(2) == 0 ? Plan(random, 150) : null, shop.DeployOldAsync),
                _ => ($"repair-{number}", random.Next(2) == 0 ? Plan(random, 90) : null, shop.RepairAsync),
            });
        }

        var told = $"{scene}: {string.Join(", ", all.Select(one => $"{one.Name} {one.Plan}"))}";
        var operators = shop.RunTogether(all);
        return shop.RobbedOperator(operators) is { } robbed ? $"{told}: {robbed}" : Settled(shop, told);
    });

    private static string? Settled(Shop shop, string told)
    {
        shop.World.Rest(TimeSpan.FromSeconds(5));
        shop.Run("last repair", plan: null, shop.RepairAsync);
        shop.World.Rest(TimeSpan.FromSeconds(5));
        return shop.BrokenPromise() is { } broken ? $"{told}: {broken}" : null;
    }

    private static void Run(Func<Random, int, string?> schedule)
    {
        var broken = new List<string>();
        var (runs, began) = (0, Stopwatch.GetTimestamp());
        while (Stopwatch.GetElapsedTime(began) < Time && broken.Count < 20)
        {
            var seed = FirstSeed + runs++;
            try
            {
                if (schedule(new Random(seed), seed) is { } problem)
                {
                    broken.Add($"PRO_SIMULATION_SEED={seed}: {problem}");
                }
            }
            catch (Exception unforeseen) when (unforeseen is not OutOfMemoryException)
            {
                broken.Add($"PRO_SIMULATION_SEED={seed}: {unforeseen}");
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{runs} schedules from seed {FirstSeed}, {broken.Count} broken"));
        Assert.True(broken.Count == 0, string.Join("\n", broken));
    }

    private static FaultPlan Plan(Random random, int most) => new(random.GetItems(Enum.GetValues<Fault>(), 1)[0], random.Next(1, most));
}
