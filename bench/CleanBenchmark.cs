using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Bench;

/// <summary>Removing old versions in a session, against what the guide's script did: <c>docker rmi</c> in a loop.</summary>
internal sealed class CleanBenchmark : IBenchmark
{
    private const int Versions = 200;
    private const int Rounds = 3;

    // As Remove-ProOldImage does it.
    private const int AtOnce = 8;

    /// <inheritdoc/>
    public string Name => "clean";

    /// <inheritdoc/>
    public string Title => "Removing 200 old versions against `docker rmi` in a loop";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken)
    {
        using var engine = EngineImages.Connect();
        using var session = new Session();
        var folder = ServiceRepository.Small();
        var repository = $"{Setup.Registry}/web";
        var versions = Enumerable.Range(0, Versions + 1).Select(number => string.Create(CultureInfo.InvariantCulture, $"v1.{number}.0"))
            .ToList();
        var (ours, theirs, bare) = (new List<double>(), new List<double>(), new List<double>());
        try
        {
            // The code is compiled before it counts.
            await EngineImages.LoadAsync(engine, repository, versions.Take(3), cancellationToken);
            Ours(0);
            await EngineImages.RemoveAsync(engine);
            for (var round = 0; round < Rounds; round++)
            {
                await EngineImages.LoadAsync(engine, repository, versions, cancellationToken);
                ours.Add(Pairs.Time(Ours, round));
                await EngineImages.LoadAsync(engine, repository, versions, cancellationToken);
                theirs.Add(Pairs.Time(Theirs, round));
                await EngineImages.LoadAsync(engine, repository, versions, cancellationToken);
                bare.Add(await BareAsync(engine, versions.Take(Versions).Select(version => $"{repository}:{version}"), cancellationToken));
                await EngineImages.RemoveAsync(engine);
            }
        }
        finally
        {
            await EngineImages.RemoveAsync(engine);
        }

        table.Ratio($"{Versions} versions, plan and history included", new Sample(ours), new Sample(theirs), 0.1);
        table.Part("of ours the engine's bare deletions", new Sample(bare), new Sample(ours));
        return ["The bare deletions are the same requests, as many at once, with nothing asked before, checked or written down."];

        void Ours(int round) => _ = session.Run(
            $"Remove-ProOldImage web 1 -GracePeriod 0 -Path '{folder}' -Registry {Setup.Registry} -Confirm:$false");

        // The newest one stays, as with ours.
        void Theirs(int round) => _ = Child.Shell(
            folder,
            $"{Setup.Docker} images {repository} --format '{{{{.Repository}}}}:{{{{.Tag}}}}' | sort -rV | tail -n +2 | " +
            $"while read -r image; do {Setup.Docker} rmi \"$image\" >/dev/null; done");
    }

    private static async Task<double> BareAsync(EngineConnection engine, IEnumerable<string> names, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(
            names,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (name, stop) => _ = await engine.Http.ReadAsync(HttpMethod.Delete, $"images/{name}", stop));
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
