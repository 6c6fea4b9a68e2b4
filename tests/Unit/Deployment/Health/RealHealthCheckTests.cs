using Docker.DotNet.Models;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

[Trait("Engine", "real")]
public sealed class RealHealthCheckTests(ITestOutputHelper output)
{
    private const string Forever = "exec sleep 600";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_container_is_healthy_at_once_though_its_interval_is_30_seconds()
    {
        await using var container = await RealContainer.StartAsync("sleep 0.2; touch /tmp/well; " + Forever, Shell("test -f /tmp/well"));

        var result = await container.VerifyAsync();

        output.WriteLine(
            $"{result.Duration.TotalMilliseconds:0} ms from the call, {container.SinceStart.TotalMilliseconds:0} ms from before the start");
        Assert.Equal((ProHealth.Healthy, ProHealthProof.HealthCheck, true), (result.Health, result.Proof, result.IsWell));
        Assert.True(result.Duration < TimeSpan.FromSeconds(5), $"{result.Duration}");
        Assert.Null(result.ExitCode);
        Assert.True(container.Heard.Bars.Last().Completed);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(true, ProHealth.Unhealthy)]
    [InlineData(false, ProHealth.Healthy)]
    public async Task A_second_look_is_not_content_with_what_the_engine_saw_before_it(bool isSecond, ProHealth expected)
    {
        var check = Shell("test -f /tmp/well", TimeSpan.FromSeconds(3), retries: 1);
        await using var container = await RealContainer.StartAsync("touch /tmp/well; " + Forever, check);
        await container.UntilAsync(now => now.State!.Health!.Status == "healthy");
        await container.ExecAsync("rm /tmp/well");

        Assert.Equal(expected, (await container.VerifyAsync(new() { IsSecondLook = isSecond })).Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task Failures_inside_the_start_period_do_not_count()
    {
        var check = Shell("test -f /tmp/well", TimeSpan.FromMilliseconds(100), retries: 1, startPeriod: TimeSpan.FromMinutes(5));
        await using var container = await RealContainer.StartAsync(Forever, check);

        var verifying = container.VerifyAsync();
        await container.Heard.AwaitAsync("exit code 1");
        await container.UntilAsync(now => now.State!.Health!.Log!.Count >= 3);
        Assert.False(verifying.IsCompleted);
        await container.ExecAsync("touch /tmp/well");

        Assert.Equal(ProHealth.Healthy, (await verifying).Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_container_that_never_gets_healthy_is_unhealthy_after_its_retries()
    {
        var check = Shell("echo the database is away; exit 1", TimeSpan.FromMilliseconds(300), retries: 2);
        await using var container = await RealContainer.StartAsync("echo starting; " + Forever, check);

        var result = await container.VerifyAsync();

        Assert.Equal(ProHealth.Unhealthy, result.Health);
        Assert.True(result.Duration < TimeSpan.FromSeconds(10), $"{result.Duration}");
        Assert.Contains("exit code 1: the database is away", result.HealthLog);
        Assert.Equal(["starting"], result.LogTail);
        var error = result.ToError("api v1.2.3", isKept: true);
        Assert.Equal("ContainerUnhealthy", error.Id);
        Assert.Contains("the database is away", error.Message, StringComparison.Ordinal);
        Assert.Contains($"docker logs {result.Container}", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_slow_starter_without_a_start_period_has_its_retries_and_interval()
    {
        // 3 failures of ours take a second; the engine would give it 90.
        await using var container = await RealContainer.StartAsync("sleep 2; touch /tmp/well; " + Forever, Shell("test -f /tmp/well"));

        Assert.Equal(ProHealth.Healthy, (await container.VerifyAsync()).Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_operators_time_out_is_kept_to_the_letter()
    {
        await using var container = await RealContainer.StartAsync(Forever, Shell("exit 1"));

        var result = await container.VerifyAsync(new() { HealthTimeout = TimeSpan.FromMilliseconds(700) });

        Assert.Equal(ProHealth.TimedOut, result.Health);
        Assert.True(result.Duration < TimeSpan.FromSeconds(4), $"{result.Duration}");
        var error = result.ToError("api v1.2.3", isKept: false);
        Assert.Equal("HealthTimeout", error.Id);
        Assert.Contains("-HealthTimeout", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains(RealContainer.Base, error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task Stopped_first_the_verdict_does_not_wait_for_the_interval()
    {
        var check = Shell("echo no database; exit 1", TimeSpan.FromMinutes(1), retries: 1);
        check.Timeout = TimeSpan.FromSeconds(1);
        await using var container = await RealContainer.StartAsync(Forever, check);

        var result = await container.VerifyAsync(new() { KnownNeed = TimeSpan.FromSeconds(3) });

        Assert.Equal(ProHealth.TimedOut, result.Health);
        Assert.InRange(result.Duration.TotalSeconds, 5.9, 15);
        Assert.Contains("no database", result.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_operators_time_out_is_longer_than_the_images_own_allowance_if_it_says_so()
    {
        var check = Shell("test -f /tmp/well", TimeSpan.FromMilliseconds(200), retries: 1);
        await using var container = await RealContainer.StartAsync("sleep 3; touch /tmp/well; " + Forever, check);

        var result = await container.VerifyAsync(new() { HealthTimeout = TimeSpan.FromSeconds(30) });

        Assert.Equal(ProHealth.Healthy, result.Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_exit_ends_the_wait_with_its_code_and_last_words()
    {
        await using var container = await RealContainer.StartAsync("echo first; echo last words >&2; exit 3", Shell("exit 1"));

        var result = await container.VerifyAsync();

        Assert.Equal((ProHealth.Exited, 3L), (result.Health, result.ExitCode));
        Assert.Equal(["first", "last words"], result.LogTail.Order());
        Assert.Contains("exit code 3", result.ToError("api v1.2.3", isKept: true).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task The_health_command_has_the_containers_environment_user_and_folder()
    {
        await using var container = await RealContainer.StartAsync(
            Forever,
            Shell("[ \"$PRO_WORD\" = well ] && [ \"$(id -u)\" = 1234 ] && [ \"$(pwd)\" = /tmp ]"),
            create => (create.Env, create.User, create.WorkingDir) = (["PRO_WORD=well"], "1234", "/tmp"));

        Assert.Equal(ProHealth.Healthy, (await container.VerifyAsync(new() { HealthTimeout = TimeSpan.FromSeconds(10) })).Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_read_only_container_can_be_verified()
    {
        await using var container = await RealContainer.StartAsync(
            Forever, Shell("true"), create => create.HostConfig!.ReadonlyRootfs = true);

        Assert.Equal(ProHealth.Healthy, (await container.VerifyAsync()).Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_health_command_without_a_shell_runs_in_an_image_without_one()
    {
        await using var container = await RealContainer.StartWithoutShellAsync(
            new HealthcheckConfig { Test = ["CMD", "/app/busybox", "true"] });

        Assert.Equal(ProHealth.Healthy, (await container.VerifyAsync()).Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task Where_the_shell_is_missing_the_engine_decides()
    {
        var check = Shell("true", TimeSpan.FromSeconds(4), retries: 1);
        await using var container = await RealContainer.StartWithoutShellAsync(check);

        var result = await container.VerifyAsync();

        Assert.Equal(ProHealth.Unhealthy, result.Health);
        Assert.Contains(container.Heard.Lines, line => line.Contains("can't be run by exec", StringComparison.Ordinal));
        Assert.Contains(result.HealthLog, line => line.Contains("/bin/sh", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_health_command_that_hangs_is_a_failure_and_runs_once_at_a_time()
    {
        var check = Shell("touch /tmp/$$; exec sleep 600", TimeSpan.FromMilliseconds(400), retries: 2);
        check.Timeout = TimeSpan.FromMilliseconds(300);
        await using var container = await RealContainer.StartAsync(Forever, check);

        var result = await container.VerifyAsync();

        Assert.Equal(ProHealth.Unhealthy, result.Health);
        Assert.Contains(container.Heard.Lines, line => line.Contains("no end within 0.3 s", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task After_a_restart_the_health_of_the_time_before_says_nothing()
    {
        var check = Shell("test -f /tmp/well", TimeSpan.FromMilliseconds(300), retries: 1);
        await using var container = await RealContainer.StartAsync("[ -f /tmp/again ] || touch /tmp/well /tmp/again; " + Forever, check);
        await container.UntilAsync(now => now.State!.Health!.Status == "healthy");
        await container.ExecAsync("rm /tmp/well");
        await container.Engine.Client.Containers.RestartContainerAsync(
            container.Id, new ContainerRestartParameters { WaitBeforeKillSeconds = 0 }, Token);

        Assert.Equal(ProHealth.Unhealthy, (await container.VerifyAsync()).Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task Cancelling_ends_it_and_leaves_nothing_running_in_the_container()
    {
        await using var container = await RealContainer.StartAsync(Forever, Shell("exit 1"));
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var verifying = container.VerifyAsync(cancel: cancel.Token);
        await container.Heard.AwaitAsync("exit code 1");
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => verifying);
        await container.UntilAsync(now => now.ExecIDs is null or { Count: 0 });
        Assert.True(container.Heard.Bars.Last().Completed);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_health_check_that_is_switched_off_is_none()
    {
        await using var container = await RealContainer.StartAsync(Forever, new HealthcheckConfig { Test = ["NONE"] });

        var result = await container.VerifyAsync(new() { StabilityTime = TimeSpan.FromMilliseconds(100) });

        Assert.Equal((ProHealth.Running, ProHealthProof.Stability), (result.Health, result.Proof));
    }

    private static HealthcheckConfig Shell(
        string command, TimeSpan? interval = null, long? retries = null, TimeSpan? startPeriod = null) => new()
    {
        Test = ["CMD-SHELL", command],
        Interval = interval ?? TimeSpan.FromSeconds(30),
        Retries = retries,
        StartPeriod = startPeriod,
    };
}
