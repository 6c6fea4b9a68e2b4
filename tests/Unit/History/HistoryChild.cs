using Pro.DockerVersioning.History;

namespace Pro.DockerVersioning.Tests.History;

/// <summary>A process that appends lines as fast as it can, once it is told to.</summary>
internal static class HistoryChild
{
    public static async Task RunAsync(string folder, string service, int count)
    {
        Console.WriteLine("ready");
        _ = Console.ReadLine();
        var log = HistoryLog.At(folder);
        var reports = new Kept();
        for (var number = 0; number < count; number++)
        {
            await log.AppendAsync(Entries.Build(service, $"v0.{number}.0"), reports);
        }

        Console.WriteLine(reports.Warnings.Count == 0 ? "done" : reports.Warnings[0]);
    }
}
