using System.Globalization;

namespace Pro.DockerVersioning.Bench;

/// <summary>How much memory a build of 1 GiB takes above what the idle session has.</summary>
internal sealed class MemoryBenchmark : IBenchmark
{
    private const long Large = 100 << 20;

    /// <inheritdoc/>
    public string Name => "memory";

    /// <inheritdoc/>
    public string Title => "Memory of a build with a context of 1 GiB, 400 MiB of it in one file";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux())
        {
            return ["Not measured: it reads /proc."];
        }

        using var engine = EngineImages.Connect();
        using var session = new Session();
        var before = CacheRecords();
        try
        {
            // The code is compiled and its buffers are there before it counts.
            _ = session.Run(Command(ServiceRepository.Small()));
            var folder = ServiceRepository.Big();
            GC.Collect();
            var idle = AnonymousMemory();
            var build = Task.Run(() => Pairs.Time(_ => session.Run(Command(folder)), 0), cancellationToken);
            var peak = idle;
            while (!build.IsCompleted)
            {
                peak = Math.Max(peak, AnonymousMemory());
                await Task.Delay(10, cancellationToken);
            }

            table.Figure("peak of anonymous memory above the idle session", Invariant($"{(peak - idle) / 1048576.0:0} MiB (idle {idle / 1048576.0:0} MiB)"));
            table.Figure("wall time", Invariant($"{await build / 1000:0.0} s"));
        }
        finally
        {
            await EngineImages.RemoveAsync(engine);
            Forget(CacheRecords().Except(before));
        }

        return [];
    }

    private static string Command(string folder) => $"Build-ProImage web v1.0.0 -Path '{folder}' -Registry {Setup.Registry} -Force";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    // Anonymous pages only: mapped files are the system's to take back.
    private static long AnonymousMemory() => File.ReadLines("/proc/self/status")
        .Where(line => line.StartsWith("RssAnon:", StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024)
        .Single();

    /// <summary>BuildKit keeps what it was sent: the large records that are ours go again, by their ids and no others.</summary>
    private static List<string> CacheRecords() =>
    [
        .. Child.Run(Setup.Docker, "system", "df", "-v", "--format", "{{range .BuildCache}}{{.ID}} {{.Size}}\n{{end}}")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .Where(parts => parts.Length == 2 && (parts[1].EndsWith("GB", StringComparison.Ordinal)
                || (parts[1].EndsWith("MB", StringComparison.Ordinal)
                    && double.Parse(parts[1][..^2], CultureInfo.InvariantCulture) * 1e6 > Large)))
            .Select(parts => parts[0]),
    ];

    private static void Forget(IEnumerable<string> records)
    {
        foreach (var record in records)
        {
            _ = Child.Run(Setup.Docker, "builder", "prune", "--force", "--all", "--filter", $"id={record}");
        }
    }
}
