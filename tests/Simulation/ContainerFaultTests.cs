using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Tests.Simulation.World;
using Xunit;

namespace Pro.DockerVersioning.Tests.Simulation;

/// <summary>Each call of each flow of a container goes wrong once, in each way; then a repair, and the promises hold.</summary>
public sealed class ContainerFaultTests
{
    // An old container that was retired already is started again, and serves after 0.4 s. An engine that is restarted takes two seconds.
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(4);

    public static TheoryData<string> Titles => new(Scenes.All.Select(scene => scene.Title));

    public static TheoryData<string> StopFirstTitles => TitlesOf(UpdateOrder.StopFirst);

    public static TheoryData<string> StartFirstTitles => TitlesOf(UpdateOrder.StartFirst);

    [Theory]
    [MemberData(nameof(Titles))]
    public void Without_a_fault_it_does_what_it_is_for(string title)
    {
        using var shop = new Shop(SceneOf(title));
        var calls = Deploy(shop, plan: null, out var failure);
        Assert.True(shop.Scene.NewIsWell == failure is null, failure?.ToString());
        Assert.Equal(shop.Scene.NewIsWell ? Shop.New : Shop.Old, shop.Runs);
        Assert.Null(shop.BrokenPromise());
        TestContext.Current.TestOutputHelper?.WriteLine($"{calls.Count} calls");
    }

    [Theory]
    [MemberData(nameof(StopFirstTitles))]
    public void Stop_first_whatever_call_goes_wrong_the_service_is_as_it_was_set_up(string title) => FailAtEachCall(title);

    [Theory]
    [MemberData(nameof(StartFirstTitles))]
    public void Start_first_whatever_call_goes_wrong_the_service_is_as_it_was_set_up(string title) => FailAtEachCall(title);

    private static void FailAtEachCall(string title)
    {
        var scene = SceneOf(title);
        using var first = new Shop(scene);
        var calls = Deploy(first, plan: null, out _);
        var broken = new List<string>();
        var (runs, began) = (0, Stopwatch.GetTimestamp());
        foreach (var fault in Enum.GetValues<Fault>())
        {
            var gap = TimeSpan.Zero;
            for (var at = 1; at <= calls.Count; at++)
            {
                // Whether the engine has done what changes nothing is the same.
                if (fault is Fault.KillAfter or Fault.CutAfter && calls[at - 1].StartsWith("GET ", StringComparison.Ordinal))
                {
                    continue;
                }

                runs++;
                if (Try(scene, new FaultPlan(fault, at), ref gap) is { } problem)
                {
                    broken.Add(problem);
                }
            }

            if (gap > LongestGap)
            {
                broken.Add(string.Create(CultureInfo.InvariantCulture, $"{fault}: nobody answered for {gap.TotalSeconds:0.000} s"));
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{title}: {calls.Count} calls, {runs} runs "
            + $"in {Stopwatch.GetElapsedTime(began).TotalSeconds:0.0} s, {broken.Count} broken"));
        Assert.True(broken.Count == 0, string.Join("\n", broken));
    }

    private static TheoryData<string> TitlesOf(UpdateOrder order) =>
        new(Scenes.All.Where(scene => scene.Order == order).Select(scene => scene.Title));

    private static ShopScene SceneOf(string title) => Array.Find(Scenes.All, scene => scene.Title == title)!;

    /// <summary>One run with one fault; what is wrong afterwards, or null.</summary>
    private static string? Try(ShopScene scene, FaultPlan plan, ref TimeSpan gap)
    {
        using var shop = new Shop(scene);
        try
        {
            _ = Deploy(shop, plan, out var failure);
            if (plan.Fault is not (Fault.KillBefore or Fault.KillAfter)
                && shop.FalseWordAsync(failure).GetAwaiter().GetResult() is { } word)
            {
                return $"{plan}: {word} (error: {failure?.Message})";
            }

            shop.World.Rest(TimeSpan.FromSeconds(5));
            var second = new Operator(shop.World, "repair");
            shop.World.Run((second, shop.RepairAsync));
            shop.World.Rest(TimeSpan.FromSeconds(5));
            gap = shop.LongestGap > gap ? shop.LongestGap : gap;
            return (shop.BrokenPromise() ?? shop.FalseHistoryAsync().GetAwaiter().GetResult()) is { } broken
                ? $"{plan}: {broken} (error: {failure?.Message})"
                : null;
        }
        catch (Exception unforeseen) when (unforeseen is not OutOfMemoryException)
        {
            return $"{plan}: {unforeseen.GetType().Name}: {unforeseen.Message}";
        }
    }

    private static List<string> Deploy(Shop shop, FaultPlan? plan, out ProException? failure)
    {
        var command = new Operator(shop.World, "deploy", plan);
        ProException? told = null;
        shop.World.Run((command, async engine =>
        {
            try
            {
                _ = await shop.DeployAsync(engine, Shop.New);
            }
            catch (ProException exception)
            {
                told = exception;
            }
        }));
        failure = told;
        return command.Calls;
    }
}
