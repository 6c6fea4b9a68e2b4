using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Health;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

[Trait("Engine", "real")]
public sealed class RealStabilityTests
{
    private const string Forever = "exec sleep 600";
    private static readonly VerificationOptions Brief = new() { StabilityTime = TimeSpan.FromMilliseconds(300) };
    private static readonly VerificationOptions Long = new() { StabilityTime = TimeSpan.FromSeconds(50) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Without_a_health_check_running_on_is_enough()
    {
        await using var container = await RealContainer.StartAsync(Forever);

        var result = await container.VerifyAsync(Brief);

        Assert.Equal((ProHealth.Running, ProHealthProof.Stability), (result.Health, result.Proof));

        // A timer counts in ticks of the system's and may be a millisecond ahead of the stopwatch.
        Assert.InRange(result.Duration, Brief.StabilityTime - TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(10));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_health_time_out_that_has_no_effect_is_told()
    {
        await using var container = await RealContainer.StartAsync(Forever);

        _ = await container.VerifyAsync(Brief with { HealthTimeout = TimeSpan.FromSeconds(60) });
        Assert.Single(container.Heard.Warnings, warning =>
            warning.Contains("the health time-out of 60 s has no effect", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exit_before_the_time_is_up_is_seen_at_once()
    {
        await using var container = await RealContainer.StartAsync("sleep 0.5; echo no database; exit 5");

        var result = await container.VerifyAsync(Long);

        Assert.Equal((ProHealth.Exited, 5L), (result.Health, result.ExitCode));
        Assert.Equal(["no database"], result.LogTail);
        Assert.True(result.Duration < TimeSpan.FromSeconds(10), $"{result.Duration}");
    }

    [Theory(Timeout = 60_000)]
    [InlineData("exit 4")]
    [InlineData("sleep 0.4; exit 4")]
    public async Task A_restart_loop_is_seen_with_the_code_that_ended_it(string script)
    {
        await using var container = await RealContainer.StartAsync(
            script, change: create => create.HostConfig!.RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.Always });

        var result = await container.VerifyAsync(Long);

        Assert.Equal((ProHealth.Restarting, 4L), (result.Health, result.ExitCode));
        Assert.True(result.Duration < TimeSpan.FromSeconds(10), $"{result.Duration}");
    }

    [Fact(Timeout = 60_000)]
    public async Task Of_a_container_that_vanishes_with_its_exit_the_events_tell_the_code()
    {
        await using var container = await RealContainer.StartAsync(
            "while ! [ -f /tmp/end ]; do sleep 0.05; done; exit 7", change: create => create.HostConfig!.AutoRemove = true);

        var verifying = container.VerifyAsync(Long);
        await container.Heard.AwaitAsync("is verified by");
        await container.ExecAsync("touch /tmp/end");

        var result = await verifying;
        Assert.Equal((ProHealth.Exited, 7L), (result.Health, result.ExitCode));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_paused_container_is_not_well()
    {
        await using var container = await RealContainer.StartAsync(Forever);
        await container.Engine.Client.Containers.PauseContainerAsync(container.Id, Token);

        var result = await container.VerifyAsync(Brief);

        Assert.Equal(ProHealth.Unhealthy, result.Health);
        Assert.Contains("paused", result.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_container_that_is_not_there_is_told_as_gone()
    {
        await using var container = await RealContainer.StartAsync(Forever);

        var result = await ContainerVerifier.VerifyAsync(container.Engine, "pro-verify-nowhere", Long, container.Heard, Token);

        Assert.Equal((ProHealth.Exited, "is gone"), (result.Health, result.Reason));
        Assert.Empty(result.LogTail);
    }

    [Fact(Timeout = 60_000)]
    public async Task Old_restarts_of_a_container_that_runs_for_long_are_no_failure()
    {
        await using var container = await RealContainer.StartAsync(
            "[ -f /tmp/again ] && exec sleep 600; touch /tmp/again; exit 1",
            change: create => create.HostConfig!.RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.Always });
        await container.UntilAsync(now => now is { RestartCount: 1, State.Running: true, State.Restarting: false });

        Assert.Equal(ProHealth.Running, (await container.VerifyAsync(Brief with { RestartsBefore = 1 })).Health);
        Assert.Equal((ProHealth.Restarting, 1L), await Code(container.VerifyAsync(Brief)));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_health_URL_must_answer_well_twice_and_may_fail_before()
    {
        await using var container = await RealContainer.StartAsync(Forever);
        var answers = new Queue<int>([503, 200, 500, 204, 200]);
        await using var server = ScriptedHttpServer.Start(_ => ScriptedResponse.Empty(answers.Dequeue()));

        var result = await container.VerifyAsync(Brief with { HealthUrl = new Uri(server.Url) });

        Assert.Equal((ProHealth.Healthy, ProHealthProof.HealthUrl), (result.Health, result.Proof));
        Assert.Equal(5, server.Requests.Count);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(500)]
    [InlineData(302)]
    public async Task A_health_URL_that_answers_badly_is_told_with_its_answer(int status)
    {
        await using var container = await RealContainer.StartAsync(Forever);
        await using var server = ScriptedHttpServer.Start(
            request => ScriptedResponse.Empty(request.Path == "/login" ? 200 : status, ("Location", "/login")));

        var result = await container.VerifyAsync(
            new() { HealthUrl = new Uri(server.Url), HealthTimeout = TimeSpan.FromMilliseconds(500) });

        Assert.Equal(ProHealth.TimedOut, result.Health);
        Assert.Contains($"answered {status}", result.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_health_URL_that_nobody_answers_is_told_as_refused()
    {
        await using var container = await RealContainer.StartAsync(Forever);

        var result = await container.VerifyAsync(
            new() { HealthUrl = new Uri("http://127.0.0.1:9/"), HealthTimeout = TimeSpan.FromMilliseconds(500) });

        Assert.Equal(ProHealth.TimedOut, result.Health);
        Assert.Contains("refused", result.Reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exit_ends_the_wait_for_the_health_URL()
    {
        await using var container = await RealContainer.StartAsync("exit 3");

        var result = await container.VerifyAsync(new() { HealthUrl = new Uri("http://127.0.0.1:9/") });

        Assert.Equal((ProHealth.Exited, 3L), (result.Health, result.ExitCode));
    }

    private static async Task<(ProHealth, long?)> Code(Task<VerificationResult> verifying)
    {
        var result = await verifying;
        return (result.Health, result.ExitCode);
    }
}
