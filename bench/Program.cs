using Pro.DockerVersioning.Bench;

IBenchmark[] all = [new DescribeBenchmark(), new ListBenchmark(), new StartBenchmark(), new BuildBenchmark(), new ArchiveBenchmark(), new MemoryBenchmark()];
if (args.FirstOrDefault(name => all.All(one => one.Name != name)) is { } unknown)
{
    Console.Error.WriteLine($"There is no measurement '{unknown}'. There are: {string.Join(", ", all.Select(one => one.Name))}.");
    return 64;
}

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, cancellation) =>
{
    // What stands on the engine is taken away first.
    cancellation.Cancel = true;
    stop.Cancel();
};

Console.WriteLine(Machine.Describe());
var missed = 0;
foreach (var benchmark in all.Where(one => args.Length == 0 || args.Contains(one.Name)))
{
    Console.WriteLine();
    Console.WriteLine($"## {benchmark.Title}");
    Console.WriteLine();
    var table = new ResultTable(Console.Out);
    foreach (var note in await benchmark.RunAsync(table, stop.Token))
    {
        Console.WriteLine();
        Console.WriteLine(note);
    }

    missed += table.Missed;
}

Console.WriteLine();
Console.WriteLine(missed == 0 ? "Every limit was kept." : $"{missed} limit(s) missed.");
return missed == 0 ? 0 : 1;
