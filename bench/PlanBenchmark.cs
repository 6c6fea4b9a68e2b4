using System.Globalization;
using System.Text;
using System.Text.Json;
using Pro.DockerVersioning.Tests;

namespace Pro.DockerVersioning.Bench;

/// <summary>
/// What a clean-up's plan costs on a large engine, by the whole cmdlet with <c>-WhatIf</c>. The engine is scripted and answers from memory,
/// over the engine's own HTTP API: what is measured is the module's part.
/// </summary>
internal sealed class PlanBenchmark : IBenchmark
{
    private const int Images = 10_000;
    private const int Containers = 1_000;
    private const int Services = 20;
    private const int Rounds = 9;
    private const double LongestPlan = 1_000;
    private const long MostMemory = 150 << 20;

    private const string Repository = $"{Setup.Registry}/pro";

    /// <inheritdoc/>
    public string Name => "plan";

    /// <inheritdoc/>
    public string Title => $"Planning a clean-up over {Images:N0} images and {Containers:N0} containers (scripted engine)";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> RunAsync(ResultTable table, CancellationToken cancellationToken)
    {
        var folder = Prepare();
        var (images, containers) = (Encoding.UTF8.GetBytes(ImageList()), Encoding.UTF8.GetBytes(ContainerList()));
        var server = ScriptedHttpServer.StartAsync((request, _) => Task.FromResult(Answer(request, images, containers)));
        var engine = Environment.GetEnvironmentVariable("DOCKER_HOST");
        await using (server)
        {
            Environment.SetEnvironmentVariable("DOCKER_HOST", $"tcp://{server.Host}");
            try
            {
                using var session = new Session();
                Measure(table, session, folder, server, "all that is old enough is kept", keep: Images, cancellationToken);
                Measure(table, session, folder, server, "200 would go, each asked about", keep: (Images / Services) - 10, cancellationToken);
            }
            finally
            {
                Environment.SetEnvironmentVariable("DOCKER_HOST", engine);
            }
        }

        return ["The requests leave out the one by which the engine says what it is. Memory is the managed heap's growth, the scripted engine's work in it."];
    }

    private static void Measure(
        ResultTable table, Session session, string folder, ScriptedHttpServer server, string what, int keep, CancellationToken cancellationToken)
    {
        var command = string.Create(
            CultureInfo.InvariantCulture,
            $"Remove-ProOldImage -Keep {keep} -Path '{folder}' -Registry {Repository} -WhatIf");
        _ = session.Run(command);
        var times = new List<double>();
        var (memory, requests) = (0L, 0);
        for (var round = 0; round < Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            GC.Collect();
            var (before, asked) = (GC.GetTotalMemory(forceFullCollection: true), server.Requests.Count);
            times.Add(Pairs.Time(_ => session.Run(command), 0));
            memory = Math.Max(memory, GC.GetTotalMemory(forceFullCollection: false) - before);
            requests = server.Requests.Skip(asked).Count(request => request.Path is not ("/info" or "/_ping" or "/version"));
        }

        var sample = new Sample(times);
        table.Limit($"{what}: time", sample.ToString("ms"), "< 1 s", sample.Median >= LongestPlan);
        table.Limit(
            $"{what}: memory above the session",
            string.Create(CultureInfo.InvariantCulture, $"{memory >> 20} MiB"),
            "< 150 MiB",
            memory >= MostMemory);
        table.Figure($"{what}: requests", requests.ToString(CultureInfo.InvariantCulture));
    }

    private static string Prepare()
    {
        var folder = Path.Combine(Setup.Folder, "plan");
        _ = Directory.CreateDirectory(Path.Combine(folder, ".git"));
        var services = Enumerable.Range(0, Services).Select(number => string.Create(CultureInfo.InvariantCulture, $"s{number}")).ToList();
        foreach (var service in services)
        {
            _ = Directory.CreateDirectory(Path.Combine(folder, service));
            File.WriteAllText(Path.Combine(folder, service, "Dockerfile"), "FROM scratch\n");
        }

        File.WriteAllText(Path.Combine(folder, "pro.json"), JsonSerializer.Serialize(new
        {
            services = services.ToDictionary(service => service, service => new { context = service }),
            history = "history",
        }));
        return folder;
    }

    private static string Id(int number) => string.Create(CultureInfo.InvariantCulture, $"sha256:{number:d64}");

    private static string Reference(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{Repository}/s{number % Services}:v1.{number / Services}.0");

    private static string ImageList() => JsonSerializer.Serialize(Enumerable.Range(0, Images).Select(number => new
    {
        Id = Id(number),
        ParentId = "",
        RepoTags = new[] { Reference(number) },
        RepoDigests = new[] { string.Create(CultureInfo.InvariantCulture, $"{Repository}/s{number % Services}@{Id(number)}") },
        Labels = new Dictionary<string, string>
        {
            ["org.opencontainers.image.version"] = string.Create(CultureInfo.InvariantCulture, $"v1.{number / Services}.0"),
            ["pro.dockerversioning.service"] = string.Create(CultureInfo.InvariantCulture, $"s{number % Services}"),
        },
        Created = 1577836800 + number,
        Size = 100_000_000,
    }));

    // Of the newest images, one each: none of them is a candidate of the second measurement.
    private static string ContainerList() => JsonSerializer.Serialize(Enumerable.Range(0, Containers).Select(number => new
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"c{number}"),
        Names = new[] { string.Create(CultureInfo.InvariantCulture, $"/c{number}") },
        ImageID = Id(Images - 1 - number),
        Image = Reference(Images - 1 - number),
        State = "running",
    }));

    private static ScriptedResponse Answer(ScriptedRequest request, byte[] images, byte[] containers)
    {
        var path = request.Path.StartsWith("/v1.", StringComparison.Ordinal) ? request.Path[request.Path.IndexOf('/', 1)..] : request.Path;
        return path switch
        {
            "/images/json" => Json(images),
            "/containers/json" => Json(containers),
            "/volumes" => ScriptedResponse.Json("""{"Volumes":[]}"""),
            "/_ping" => ScriptedResponse.Json("\"OK\""),
            "/version" => ScriptedResponse.Json("""{"Version":"20.10.24","ApiVersion":"1.41","MinAPIVersion":"1.12"}"""),
            "/info" => ScriptedResponse.Json("""{"DockerRootDir":"/nowhere","Swarm":{"ControlAvailable":false}}"""),
            "/events" => ScriptedResponse.Json(""),
            _ when path.EndsWith("/history", StringComparison.Ordinal) => ScriptedResponse.Json("""[{"CreatedBy":"COPY","Size":100000000}]"""),
            _ when path.StartsWith("/images/", StringComparison.Ordinal) => ScriptedResponse.Json(Description(path["/images/".Length..^"/json".Length])),
            _ => ScriptedResponse.Json("""{"message":"no such thing"}""", 404),
        };
    }

    private static ScriptedResponse Json(byte[] body) => new() { Headers = [("Content-Type", "application/json")], Body = body };

    private static string Description(string id) => JsonSerializer.Serialize(new
    {
        Id = id,
        RepoTags = Array.Empty<string>(),
        RepoDigests = Array.Empty<string>(),
        RootFS = new { Layers = new[] { id } },
        Metadata = new { LastTagTime = "2020-01-01T00:00:00Z" },
    });
}
