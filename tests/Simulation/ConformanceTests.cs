using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Tests.Simulation.Engines;
using Pro.DockerVersioning.Tests.Simulation.World;
using Xunit;

namespace Pro.DockerVersioning.Tests.Simulation;

/// <summary>
/// Holds the simulated engine to the real one. The same calls are played to both, and after each of them all that can be seen is compared.
/// The calls are random, from a grammar of those that the module makes; PRO_SIMULATION_SEED repeats them.
/// </summary>
public sealed class ConformanceTests : IAsyncDisposable
{
    private const string Base = "pro-sample/base:1";
    private const int Steps = 40;
    private static readonly int FirstSeed = TestNumbers.Read("PRO_SIMULATION_SEED", Environment.TickCount & 0xFFFFFF);
    private static readonly int Sequences = TestNumbers.Read("PRO_CONFORMANCE_SEQUENCES", 6);
    private readonly string _prefix = "pro-conform-" + Guid.NewGuid().ToString("N")[..6];
    private readonly EngineConnection _real = EngineConnection.Open(EngineEndpoint.Resolve(Environment.GetEnvironmentVariable));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await CleanAsync();
        _real.Dispose();
    }

    [Fact]
    public async Task The_simulated_engine_answers_as_the_real_one()
    {
        try
        {
            _ = await _real.Http.GetAsync("version", Cancel);
        }
        catch (ProException missing)
        {
            Assert.Skip(missing.Message);
        }

        var differences = new List<string>();
        for (var seed = FirstSeed; seed < FirstSeed + Sequences; seed++)
        {
            await CleanAsync();
            differences.AddRange((await PlayAsync(seed)).Take(1));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{Sequences} sequences of {Steps} calls from seed {FirstSeed}");
        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
    }

    private async Task<List<string>> PlayAsync(int seed)
    {
        var random = new Random(seed);
        var world = new SimulatedWorld(seed);
        _ = world.Engine.AddImage(Base, () => new SimulatedImage
        {
            Id = world.Engine.NewImageId(), Config = new JsonObject { ["Env"] = new JsonArray("PATH=/bin"), ["Labels"] = new JsonObject() },
        });
        var trace = new List<string>();
        var port = 21_000 + random.Next(2_000);
        for (var step = 0; step < Steps; step++)
        {
            (HttpMethod Method, string Path, JsonObject? Body) call = step switch
            {
                0 => (HttpMethod.Post, "networks/create", new JsonObject { ["Name"] = $"{_prefix}-net0", ["CheckDuplicate"] = true }),
                1 => (HttpMethod.Post, "networks/create", new JsonObject { ["Name"] = $"{_prefix}-net1", ["CheckDuplicate"] = true }),
                2 => (HttpMethod.Post, $"containers/create?name={_prefix}-a", Body(random, $"{_prefix}-net0", $"{_prefix}-vol0", port)),
                3 => (HttpMethod.Post, $"containers/{_prefix}-a/start", null),
                4 => (HttpMethod.Post, $"containers/create?name={_prefix}-b", Body(random, "bridge", $"{_prefix}-vol0", port)),
                _ => Next(random, port),
            };
            var expected = await AskAsync(_real, call);
            await Task.Delay(TimeSpan.FromMilliseconds(50), Cancel);
            var found = "";
            world.Run((new Operator(world, $"step {step}"), async engine => found = await AskAsync(engine, call)));
            world.Rest(TimeSpan.FromSeconds(2));
            var real = await SeeAsync(_real);
            var simulated = "";
            world.Run((new Operator(world, $"look {step}"), async engine => simulated = await SeeAsync(engine)));
            trace.Add($"{call.Method} {call.Path} {call.Body?.ToJsonString()} -> {expected}");
            if (expected != found || real != simulated)
            {
                return
                [
                    $"PRO_SIMULATION_SEED={seed}:\n  {string.Join("\n  ", trace)}\n"
                        + $"real: {expected}\n{real}\nsimulated: {found}\n{simulated}",
                ];
            }
        }

        return [];
    }

    private (HttpMethod Method, string Path, JsonObject? Body) Next(Random random, int port)
    {
        var container = $"{_prefix}-{(char)('a' + random.Next(3))}";
        var network = random.Next(4) == 0 ? "bridge" : $"{_prefix}-net{random.Next(2)}";
        var volume = $"{_prefix}-vol{random.Next(2)}";
        return random.Next(16) switch
        {
            0 or 1 or 2 => (HttpMethod.Post, "containers/create?name=" + container, Body(random, network, volume, port)),
            3 or 4 or 5 => (HttpMethod.Post, $"containers/{container}/start", null),
            6 => (HttpMethod.Post, $"containers/{container}/stop?t=1", null),
            7 => (HttpMethod.Post, $"containers/{container}/rename?name={_prefix}-{(char)('a' + random.Next(3))}", null),
            8 => (HttpMethod.Post, $"containers/{container}/update", new JsonObject
            {
                ["RestartPolicy"] = new JsonObject { ["Name"] = random.GetItems(["no", "always", "unless-stopped"], 1)[0] },
            }),
            9 => (HttpMethod.Delete, $"containers/{container}?force={(random.Next(2) == 0 ? "true" : "false")}", null),
            10 => (HttpMethod.Post, "networks/create", new JsonObject { ["Name"] = network, ["CheckDuplicate"] = true }),
            11 => (HttpMethod.Post, $"networks/{network}/connect", new JsonObject
            {
                ["Container"] = container,
                ["EndpointConfig"] = network == "bridge" ? [] : new JsonObject { ["Aliases"] = new JsonArray("shop") },
            }),
            12 => (HttpMethod.Post, $"networks/{network}/disconnect", new JsonObject { ["Container"] = container }),
            13 => (HttpMethod.Delete, $"networks/{network}", null),
            14 => (HttpMethod.Post, "volumes/create", new JsonObject
            {
                ["Name"] = volume, ["Labels"] = new JsonObject { ["made.by"] = random.Next(100).ToString(CultureInfo.InvariantCulture) },
            }),
            _ => (HttpMethod.Delete, "volumes/" + volume, null),
        };
    }

    private static JsonObject Body(Random random, string network, string volume, int port)
    {
        var hostConfig = new JsonObject { ["NetworkMode"] = network };
        if (random.Next(2) == 0)
        {
            hostConfig["Binds"] = new JsonArray($"{volume}:/data");
        }

        if (random.Next(2) == 0)
        {
            hostConfig["PortBindings"] = new JsonObject
            {
                ["80/tcp"] = new JsonArray(new JsonObject
                {
                    ["HostIp"] = "127.0.0.1",
                    ["HostPort"] = (port + random.Next(2)).ToString(CultureInfo.InvariantCulture),
                }),
            };
        }

        return new JsonObject
        {
            ["Image"] = Base,
            ["Cmd"] = new JsonArray("sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.02; done"),
            ["Labels"] = new JsonObject { ["team"] = "shop" },
            ["ExposedPorts"] = new JsonObject { ["80/tcp"] = new JsonObject() },
            ["HostConfig"] = hostConfig,
        };
    }

    private static async Task<string> AskAsync(EngineConnection engine, (HttpMethod Method, string Path, JsonObject? Body) call)
    {
        try
        {
            _ = await engine.Http.AskAsync(call.Method, call.Path, call.Body?.DeepClone(), null, Cancel);
            return "done";
        }
        catch (ProException refused)
        {
            // Of a busy port and a missing network, the engine says what it meets first.
            return call.Path.EndsWith("/start", StringComparison.Ordinal) && refused.Id == "EngineObjectNotFound"
                ? "EngineRefused"
                : refused.Id;
        }
    }

    /// <summary>All that can be seen of what these tests have made, without what is another number each time.</summary>
    private async Task<string> SeeAsync(EngineConnection engine)
    {
        var lines = new List<string>();
        var names = Uri.EscapeDataString(new JsonObject { ["name"] = new JsonArray(_prefix) }.ToJsonString());
        foreach (var listed in await engine.Http.GetListAsync($"containers/json?all=true&filters={names}", Cancel))
        {
            var one = await engine.Http.GetAsync($"containers/{listed!["Id"]}/json", Cancel);
            var state = one["State"]!;
            var networks = one["NetworkSettings"]!["Networks"]!.AsObject().OrderBy(network => network.Key, StringComparer.Ordinal)
                .Select(network => $"{network.Key}[{string.Join(',', network.Value!["Aliases"] as JsonArray ?? [])}]"
                    + (network.Value["IPAddress"]?.ToString() is { Length: > 0 } ? "+" : "-"));
            var ports = (one["NetworkSettings"]!["Ports"] as JsonObject ?? []).Where(port => port.Value is JsonArray { Count: > 0 })
                .Select(port => $"{port.Key}={port.Value![0]!["HostPort"]}");
            var mounts = (one["Mounts"] as JsonArray ?? []).Select(mount => $"{mount!["Name"]}:{mount["Destination"]}");
            lines.Add($"{one["Name"]} {state["Status"]} code {state["ExitCode"]} "
                + $"restarts {one["RestartCount"]} {one["HostConfig"]!["RestartPolicy"]!["Name"]} "
                + $"networks {string.Join(' ', networks)} ports {string.Join(' ', ports)} mounts {string.Join(' ', mounts)}");
        }

        foreach (var network in await engine.Http.GetListAsync($"networks?filters={names}", Cancel))
        {
            var one = await engine.Http.GetAsync($"networks/{network!["Id"]}", Cancel);
            lines.Add($"network {one["Name"]} {one["Driver"]}: "
                + string.Join(
                    ' ',
                    one["Containers"]!.AsObject()
                        .Select(container => container.Value!["Name"]!.ToString())
                        .Order(StringComparer.Ordinal)));
        }

        foreach (var volume in (await engine.Http.GetAsync($"volumes?filters={names}", Cancel))["Volumes"] as JsonArray ?? [])
        {
            lines.Add($"volume {volume!["Name"]} {volume["Labels"]?.ToJsonString() ?? "{}"}");
        }

        lines.Sort(StringComparer.Ordinal);
        return "  " + string.Join("\n  ", lines);
    }

    private async Task CleanAsync()
    {
        try
        {
            var names = Uri.EscapeDataString(new JsonObject { ["name"] = new JsonArray(_prefix) }.ToJsonString());
            foreach (var one in await _real.Http.GetListAsync($"containers/json?all=true&filters={names}", CancellationToken.None))
            {
                await _real.Http.DeleteAsync($"containers/{one!["Id"]}?force=true", CancellationToken.None);
            }

            foreach (var one in await _real.Http.GetListAsync($"networks?filters={names}", CancellationToken.None))
            {
                await _real.Http.DeleteAsync($"networks/{one!["Id"]}", CancellationToken.None);
            }

            var volumes = await _real.Http.GetAsync($"volumes?filters={names}", CancellationToken.None);
            foreach (var one in volumes["Volumes"] as JsonArray ?? [])
            {
                await _real.Http.DeleteAsync($"volumes/{one!["Name"]}", CancellationToken.None);
            }
        }
        catch (ProException)
        {
            // Without an engine there is nothing to clean.
        }
    }
}
