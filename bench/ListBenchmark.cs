using System.Diagnostics;
using System.Globalization;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Bench;

/// <summary>Listing a service's versions, newest first, in a running session.</summary>
internal sealed class ListBenchmark : IBenchmark
{
    private const int Versions = 2_000;
    private const int Pairs = 21;

    /// <inheritdoc/>
    public string Name => "list";

    /// <inheritdoc/>
    public string Title => "Listing 2,000 tags in a session against `docker images REPO --format … | sort -rV`";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken)
    {
        using var engine = EngineImages.Connect();
        var folder = ServiceRepository.Small();
        var repository = $"{Setup.Registry}/web";
        var versions = Enumerable.Range(0, Versions).Select(Version).ToList();
        using var session = new Session();
        try
        {
            await EngineImages.LoadAsync(engine, repository, versions, cancellationToken);
            await MeasureAsync("2,000 images, a version each");
            await EngineImages.RemoveAsync(engine);

            await EngineImages.LoadAsync(engine, repository, versions.Take(1), cancellationToken);
            await Parallel.ForEachAsync(versions.Skip(1), cancellationToken, async (version, stop) => await engine.CallAsync(client =>
                client.Images.TagImageAsync(
                    $"{repository}:{versions[0]}", new ImageTagParameters { RepositoryName = repository, Tag = version }, stop)));
            await MeasureAsync("one image under 2,000 versions");
        }
        finally
        {
            await EngineImages.RemoveAsync(engine);
        }

        return ["The engine's bare answer is the request for its images alone, read to the end and not looked at: nobody lists faster."];

        async Task MeasureAsync(string what)
        {
            var pairs = Measure(session, folder, repository, cancellationToken);
            var bare = await BareAsync(engine, cancellationToken);
            table.Ratio(what, pairs, 0.5);
            table.Part($"{what}: of ours the engine's bare answer", bare, pairs.Ours);
        }
    }

    private static async Task<Sample> BareAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        var times = new List<double>();
        for (var number = 0; number < Pairs; number++)
        {
            var start = Stopwatch.GetTimestamp();
            _ = await engine.Http.ReadAsync(HttpMethod.Get, "images/json", cancellationToken);
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return new Sample(times);
    }

    private static Pairs Measure(Session session, string folder, string repository, CancellationToken cancellationToken) => Bench.Pairs.Measure(
        Pairs,
        warmUp: 3,
        _ =>
        {
            var found = session.Run($"Get-ProImageVersion web -Path '{folder}' -Registry {Setup.Registry}").Count;
            Require(found);
        },
        _ =>
        {
            var listed = Child.Shell(folder, $"{Setup.Docker} images {repository} --format '{{{{.Tag}}}}' | sort -rV");
            Require(listed.Count(character => character == '\n'));
        },
        cancellationToken);

    private static void Require(int found)
    {
        if (found != Versions)
        {
            throw new InvalidOperationException($"{found} versions were listed, not {Versions}.");
        }
    }

    private static string Version(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"v{number / 400}.{number / 20 % 20}.{number % 20}");
}
