using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

/// <summary>An engine that misbehaves, by script.</summary>
public sealed class EngineFaultTests
{
    private const string FirstStart = "2026-01-02T03:04:05.123456789Z";
    private const string SecondStart = "2026-01-02T03:05:00.123456789Z";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 30_000)]
    public async Task An_engine_that_is_away_for_a_moment_is_waited_for()
    {
        var looks = 0;
        var heard = new Heard();

        var result = await RunAsync(request => ++looks is 2 or 3 ? new() { Abort = true } : Running(FirstStart), heard, Stable);

        Assert.Equal(ProHealth.Running, result.Health);
        Assert.Empty(heard.Warnings);
        Assert.True(looks > 3);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_start_by_the_engines_own_restart_is_judged_anew()
    {
        var looks = 0;
        var heard = new Heard();

        var result = await RunAsync(
            request => ++looks switch { 1 => Running(FirstStart), < 4 => ScriptedResponse.Empty(503), _ => Running(SecondStart) },
            heard,
            Stable);

        Assert.Equal((ProHealth.Running, SecondStart), (result.Health, result.StartedAt));
        Assert.Contains("with the engine", Assert.Single(heard.Warnings), StringComparison.Ordinal);
    }

    [Fact(Timeout = 30_000)]
    public async Task Another_start_while_the_engine_was_there_is_a_restart()
    {
        var looks = 0;

        var result = await RunAsync(request => Running(++looks == 1 ? FirstStart : SecondStart), new Heard(), Stable);

        Assert.Equal(ProHealth.Restarting, result.Health);
    }

    [Fact(Timeout = 30_000)]
    public async Task An_engine_that_stays_away_is_an_error()
    {
        var looks = 0;

        var error = await Assert.ThrowsAsync<ProException>(() => RunAsync(
            request => ++looks == 1 ? Running(FirstStart) : new() { Abort = true },
            new Heard(),
            new() { StabilityTime = TimeSpan.FromMinutes(1), EngineOutage = TimeSpan.FromMilliseconds(600) }));

        Assert.Equal("EngineUnreachable", error.Id);
    }

    [Fact(Timeout = 30_000)]
    public async Task Where_exec_fails_the_engines_own_verdict_is_waited_for()
    {
        var heard = new Heard();

        var result = await RunAsync(
            request => heard.Lines.Any(line => line.Contains("can't be run", StringComparison.Ordinal))
                ? Running(FirstStart, """{"Status":"healthy","Log":[{"Start":"2026-01-02T03:04:35Z","ExitCode":0}]}""")
                : Running(FirstStart, """{"Status":"starting","Log":[]}"""),
            heard,
            new());

        Assert.Equal((ProHealth.Healthy, ProHealthProof.HealthCheck), (result.Health, result.Proof));
        Assert.Contains(heard.Lines, line => line.Contains("exec is broken", StringComparison.Ordinal));
    }

    /// <summary>A proxy may forbid exec, and the next check may be far away: what is well goes on counting as well.</summary>
    [Fact(Timeout = 30_000)]
    public async Task Where_exec_fails_a_second_look_takes_the_engines_last_word()
    {
        var heard = new Heard();

        var result = await RunAsync(
            _ => Running(FirstStart, """{"Status":"healthy","Log":[{"Start":"2026-01-02T03:04:35Z","ExitCode":0}]}"""),
            heard,
            new() { IsSecondLook = true });

        Assert.Equal((ProHealth.Healthy, ProHealthProof.HealthCheck), (result.Health, result.Proof));
        Assert.Contains(heard.Lines, line => line.Contains("can't be run by exec", StringComparison.Ordinal));
    }

    private static VerificationOptions Stable => new() { StabilityTime = TimeSpan.FromSeconds(3) };

    private static ScriptedResponse Running(string startedAt, string health = "null")
    {
        var check = health == "null" ? "null" : """{"Test":["CMD-SHELL","true"]}""";
        return ScriptedResponse.Json(
            $$"""
            {"Id":"c1","Name":"/pro-api","Created":"2026-01-02T03:04:00Z","RestartCount":0,
            "Config":{"Image":"r/api:v2","Healthcheck":{{check}} },
            "State":{"Status":"running","Running":true,"StartedAt":"{{startedAt}}","Health":{{health}} } }
            """);
    }

    private static async Task<VerificationResult> RunAsync(
        Func<ScriptedRequest, ScriptedResponse> inspect, Heard heard, VerificationOptions options)
    {
        Assert.SkipUnless(System.Net.Sockets.Socket.OSSupportsUnixDomainSockets, "No Unix domain sockets here.");
        var path = Path.Combine(Path.GetTempPath(), $"pro-{Guid.NewGuid():N}.sock");
        await using var server = ScriptedHttpServer.StartOnSocket(path, (request, stop) => Task.FromResult(request switch
        {
            _ when request.Path.EndsWith("/c1/json", StringComparison.Ordinal) => inspect(request),
            _ when request.Path.EndsWith("/c1/exec", StringComparison.Ordinal) =>
                ScriptedResponse.Json("""{"message":"exec is broken"}""", 500),
            _ when request.Path.EndsWith("/events", StringComparison.Ordinal) => new ScriptedResponse
            {
                Headers = [("Content-Type", "application/json")],
                Stream = (_, stopping) => Task.Delay(Timeout.Infinite, stopping),
            },
            _ => ScriptedResponse.Json("""{"message":"no such thing"}""", 404),
        }));
        using var engine = EngineConnection.Open(EngineEndpoint.Resolve(name => name == "DOCKER_HOST" ? server.Url : null));
        return await ContainerVerifier.VerifyAsync(engine, "c1", options, heard, Token);
    }
}
