using System.Runtime.InteropServices;
using Pro.DockerVersioning.Bench;
using Pro.DockerVersioning.Errors;

IBenchmark[] all =
[
    new DescribeBenchmark(),
    new ListBenchmark(),
    new StartBenchmark(),
    new BuildBenchmark(),
    new ArchiveBenchmark(),
    new MemoryBenchmark(),
    new CleanBenchmark(),
    new PlanBenchmark(),
    new SwapBenchmark(SwapMeasure.Gap),
    new SwapBenchmark(SwapMeasure.ByHand),
    new SwapBenchmark(SwapMeasure.Whole),
    new RequestsBenchmark(),
];
if (args.FirstOrDefault(name => all.All(one => one.Name != name)) is { } unknown)
{
    await Console.Error.WriteLineAsync($"There is no measurement '{unknown}'. There are: {string.Join(", ", all.Select(one => one.Name))}.");
    return 64;
}

const int Interrupted = 130;
using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);

Console.WriteLine(Machine.Describe());
var missed = 0;
foreach (var benchmark in all.Where(one => args.Length == 0 || args.Contains(one.Name)))
{
    Console.WriteLine();
    Console.WriteLine($"## {benchmark.Title}");
    Console.WriteLine();
    var table = new ResultTable(Console.Out);
    try
    {
        foreach (var note in await benchmark.RunAsync(table, stop.Token))
        {
            Console.WriteLine();
            Console.WriteLine(note);
        }
    }
    catch (Exception) when (stop.IsCancellationRequested)
    {
        // A child got the signal as well, and its failure is no news.
        return Interrupted;
    }
    catch (ProException failed)
    {
        await Console.Error.WriteLineAsync($"{benchmark.Name}: {failed.Message} {failed.RecommendedAction}");
        return 1;
    }

    missed += table.Missed;
}

Console.WriteLine();
Console.WriteLine(missed == 0 ? "Every limit was kept." : $"{missed} limit(s) missed.");
return missed == 0 ? 0 : 1;

// What stands on the engine is taken away first.
void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
