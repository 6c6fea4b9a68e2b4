using System.Globalization;
using Pro.DockerVersioning.Git;

namespace Pro.DockerVersioning.Bench;

/// <summary>Writing a service's files as a tar, from git's objects.</summary>
internal sealed class ArchiveBenchmark : IBenchmark
{
    /// <inheritdoc/>
    public string Name => "archive";

    /// <inheritdoc/>
    public string Title => "The context's tar against `git archive`";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        Measure("1,500 files, 22 MB", ServiceRepository.Usual(), 15);
        Measure("1 GiB, 400 MiB of it in one file", ServiceRepository.Big(), 3);
        return [];

        void Measure(string what, string folder, int count)
        {
            long bytes = 0;
            var pairs = Pairs.Measure(
                count,
                warmUp: 1,
                _ => bytes = Write(folder, cancellationToken),
                _ => Child.Shell(folder, "git archive v1.0.0:apps/web > /dev/null"),
                cancellationToken);
            table.Ratio(what, pairs);
            table.Figure($"{what}, throughput", string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6 / (pairs.Ours.Median / 1000):0} MB/s"));
        }
    }

    private static long Write(string folder, CancellationToken cancellationToken)
    {
        using var repository = GitRepository.Open(folder);
        var commit = repository.Resolve("v1.0.0");
        var context = BuildContext.Create(repository.TreeOf(commit), "apps/web", "apps/web/Dockerfile", cancellationToken);
        var count = new Count();
        context.WriteTarAsync(Stream.Null, commit.Time, count, cancellationToken).GetAwaiter().GetResult();
        return count.Bytes;
    }

    private sealed class Count : IProgress<long>
    {
        public long Bytes { get; private set; }

        public void Report(long value) => Bytes = value;
    }
}
