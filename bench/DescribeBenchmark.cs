using Pro.DockerVersioning.Git;

namespace Pro.DockerVersioning.Bench;

/// <summary>Naming a commit as git does, in a long history with side branches.</summary>
internal sealed class DescribeBenchmark : IBenchmark
{
    private const int Commits = 20_000;
    private const int Tags = 1_000;
    private const int Sampled = 200;

    /// <inheritdoc/>
    public string Name => "describe";

    /// <inheritdoc/>
    public string Title => "Naming a commit against `git describe --tags --abbrev=12` (20,000 commits, 1,000 tags)";

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken)
    {
        var folder = FastImport.Repository("history-1", Write);
        var all = Child.RunIn(folder, "git", ["rev-list", "main"]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var sampled = Enumerable.Range(0, Sampled).Select(number => all[number * (all.Length / Sampled)]).ToArray();
        var (ours, theirs) = (new string[Sampled], new string[Sampled]);

        // A repository is opened for each, as each command does.
        var pairs = Pairs.Measure(
            Sampled,
            warmUp: 5,
            number =>
            {
                using var repository = GitRepository.Open(folder);
                ours[number] = repository.Describe(sampled[number]);
            },
            number => theirs[number] = Child.RunIn(folder, "git", ["describe", "--tags", "--abbrev=12", sampled[number]]).Trim(),
            cancellationToken);
        table.Ratio($"{Sampled} sampled commits, each by itself", pairs.Ours, pairs.Theirs, 2);

        var head = Pairs.Measure(
            25,
            warmUp: 2,
            pair =>
            {
                using var repository = GitRepository.Open(folder);
                _ = repository.Describe(repository.Resolve(null).Sha);
            },
            _ => Child.RunIn(folder, "git", ["describe", "--tags", "--abbrev=12"]),
            cancellationToken);
        table.Ratio("HEAD", head.Ours, head.Theirs, 2);
        var differences = sampled.Where((_, number) => ours[number] != theirs[number]).ToList();
        table.Verdict($"the same answer for {Sampled - differences.Count} of {Sampled}", differences.Count > 0);
        return Task.FromResult<IReadOnlyList<string>>(
            differences.Count == 0 ? [] : [$"Other answers: {string.Join(", ", differences.Take(5))}"]);
    }

    // Every tenth commit of main merges a side branch of two commits; tags sit on main, each third one annotated.
    private static void Write(FastImport import)
    {
        var main = import.Commit("main", null, files: [("file", [0])]);
        var (made, tags) = (1, 0);
        for (var step = 1; made < Commits; step++)
        {
            int? side = null;
            if (step % 10 == 0 && made + 3 <= Commits)
            {
                var first = import.Commit("side", main);
                side = import.Commit("side", first);
                made += 2;
            }

            main = import.Commit("main", main, side);
            made++;
            if (made * (long)Tags / Commits > tags && tags < Tags)
            {
                import.Tag(Version(tags), main, annotated: tags % 3 == 0);
                tags++;
            }
        }

        main = import.Commit("main", main);
        _ = import.Commit("main", main);
    }

    private static string Version(int number) => $"v{number / 100}.{number / 10 % 10}.{number % 10}";
}
