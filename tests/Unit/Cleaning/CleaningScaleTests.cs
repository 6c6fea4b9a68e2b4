using System.Diagnostics;
using System.Text.Json;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

/// <summary>Alone: the processor's time is the whole process's.</summary>
[CollectionDefinition(nameof(CleaningScale), DisableParallelization = true)]
public sealed class CleaningScale;

/// <summary>A large engine, answered from memory over its real HTTP API.</summary>
[Collection(nameof(CleaningScale))]
public sealed class CleaningScaleTests : IProgress<Report>
{
    private const int Images = 10_000;
    private const int Containers = 1_000;

    [Fact]
    public async Task A_plan_over_ten_thousand_images_takes_three_requests_and_little_memory()
    {
        var cancel = TestContext.Current.CancellationToken;
        var images = JsonSerializer.Serialize(Enumerable.Range(0, Images).Select(number => new
        {
            Id = $"sha256:{number:d64}",
            ParentId = "",
            RepoTags = new[] { $"reg.example/pro/s{number % 20}:v1.{number / 20}.0" },
            RepoDigests = new[] { $"reg.example/pro/s{number % 20}@sha256:{number:d64}" },
            Labels = new Dictionary<string,
                string> { ["org.opencontainers.image.version"] = $"v1.{number / 20}.0",
                    ["pro.dockerversioning.service"] = $"s{number % 20}" },
            Created = 1577836800 + number,
            Size = 100_000_000,
        }));
        var containers = JsonSerializer.Serialize(Enumerable.Range(0, Containers).Select(number => new
        {
            Id = $"c{number}", Names = new[] { $"/c{number}" }, ImageID = $"sha256:{number * 10:d64}", Image = $"sha256:{number * 10:d64}",
                State = "running",
        }));
        var socket = Path.Combine(Path.GetTempPath(), $"pro-scale-{Guid.NewGuid():N}"[..20] + ".sock");
        await using var server = ScriptedHttpServer.StartOnSocket(socket, (request, _) => Task.FromResult(request.Path switch
        {
            "/images/json" => ScriptedResponse.Json(images),
            "/containers/json" => ScriptedResponse.Json(containers),
            "/volumes" => ScriptedResponse.Json("""{"Volumes":[]}"""),
            _ => ScriptedResponse.Json("""{"message":"no such thing"}""", 404),
        }));
        using var engine = EngineConnection.Open(new EngineEndpoint { Address = new Uri(server.Url), Source = "the test" });
        var survey = new CleaningDataLoader(engine, HistoryLog.At(Path.Combine(Path.GetTempPath(), "pro-no-history")), this);
        var services = Enumerable.Range(0, 20).Select(number => ($"s{number}", ImageReference.Parse($"reg.example/pro/s{number}")))
            .ToList();

        // All but the newest could go by count; keeping that many leaves no candidate to ask about, so only the plan itself is measured.
        var policy = new CleaningPolicy { Retention = new RetentionPolicy(1000, 1000, 1000) };

        // What the engine says of itself is asked once, beside the plan's own requests.
        var state = Task.FromResult(EngineState.Read([], engine.Endpoint, default, default));
        var (best, least) = (TimeSpan.MaxValue, TimeSpan.MaxValue);
        var memory = 0L;
        for (var round = 0; round < 5; round++)
        {
            var asked = server.Requests.Count;
            GC.Collect();
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var clock = Stopwatch.StartNew();
            var busy = Processor();
            var world = await survey.LoadAsync(services, state, cancel);
            var plan = await survey.PlanAsync(world, policy, cancel);
            best = clock.Elapsed < best ? clock.Elapsed : best;
            least = Processor() - busy is var spent && spent < least ? spent : least;
            memory = Math.Max(memory, GC.GetTotalMemory(forceFullCollection: false) - before);
            Assert.Equal(Images, plan.Lines.Count);
            Assert.Equal(3, server.Requests.Count - asked);
            GC.KeepAlive(world);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"planned in {best.TotalMilliseconds:0} ms ({least.TotalMilliseconds:0} ms of processor) with {memory >> 20} MiB");

        // How long it takes is measured by the benchmark "plan": a time says what else the machine does.
        Assert.InRange(memory >> 20, 0, 150);
    }

    private static TimeSpan Processor()
    {
        using var process = Process.GetCurrentProcess();
        return process.TotalProcessorTime;
    }

    void IProgress<Report>.Report(Report value)
    {
    }
}
