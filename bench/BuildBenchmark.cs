namespace Pro.DockerVersioning.Bench;

/// <summary>Building a tag with the same builder and a warm cache.</summary>
internal sealed class BuildBenchmark : IBenchmark
{
    private const int InSession = 25;
    private const int WholeProcess = 9;

    /// <inheritdoc/>
    public string Name => "build";

    /// <inheritdoc/>
    public string Title => "Building a tag against `git archive TAG:DIR | docker build -t NAME -`, warm cache";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken)
    {
        using var engine = EngineImages.Connect();
        using var session = new Session();
        try
        {
            foreach (var (what, folder) in new[] { ("20 files, 40 kB", ServiceRepository.Small()), ("1,500 files, 22 MB", ServiceRepository.Usual()) })
            {
                RequireSameBuilder(session, folder);
                table.Ratio($"{what}, in a session", Pairs.Measure(
                    InSession, warmUp: 3, _ => session.Run(Command(folder)), _ => Pipeline(folder), cancellationToken), 1.1);
                table.Ratio($"{what}, a fresh ProShell", Pairs.Measure(
                    WholeProcess, warmUp: 1, _ => Fresh(folder), _ => Pipeline(folder), cancellationToken));
            }
        }
        finally
        {
            await EngineImages.RemoveAsync(engine);
        }

        return ["Ours also reads and writes labels, judges `latest` and checks the image; -Force, so that nothing is taken as built already."];
    }

    private static string Command(string folder) => $"Build-ProImage web v1.0.0 -Path '{folder}' -Registry {Setup.Registry} -Force";

    private static void Pipeline(string folder) => Child.Shell(
        folder, $"git archive v1.0.0:apps/web | DOCKER_BUILDKIT=1 {Setup.Docker} build -t {Setup.Registry}/theirs:v1.0.0 -");

    private static void Fresh(string folder) =>
        Child.Run(Setup.ProShell, "-c", $"Import-Module '{Setup.ModuleManifest}'; $null = {Command(folder)}");

    private static void RequireSameBuilder(Session session, string folder)
    {
        var builder = session.Run(Command(folder)).Single().Properties["Builder"].Value as string;
        var expected = Child.Run(Setup.Docker, "--version").Contains(" 20.", StringComparison.Ordinal) ? "docker build" : "docker buildx";
        if (builder != expected)
        {
            throw new InvalidOperationException($"The session built with '{builder}', and {Setup.Docker} is '{expected}': no fair comparison.");
        }
    }
}
