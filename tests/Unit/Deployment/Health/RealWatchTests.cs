using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Health;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

[Trait("Engine", "real")]
public sealed class RealWatchTests
{
    private const string Forever = "exec sleep 600";
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly VerificationOptions Brief = new() { StabilityTime = TimeSpan.FromMilliseconds(100) };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task A_watch_sees_a_container_get_unhealthy_later()
    {
        var check = new HealthcheckConfig
        {
            Test = ["CMD-SHELL", "test ! -f /tmp/sick"],
            Interval = TimeSpan.FromMilliseconds(300),
            Retries = 1,
        };
        await using var container = await RealContainer.StartAsync(Forever, check);
        var verified = await container.VerifyAsync();
        Assert.True(verified.IsWell);

        var watching = container.WatchAsync(verified, Hour);
        await container.Heard.AwaitAsync("watching");
        await container.ExecAsync("touch /tmp/sick");

        Assert.Equal(ProHealth.Unhealthy, (await watching).Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watch_sees_an_exit()
    {
        await using var container = await RealContainer.StartAsync(Forever);
        var verified = await container.VerifyAsync(Brief);

        var watching = container.WatchAsync(verified, Hour);
        await container.Heard.AwaitAsync("watching");
        await container.Engine.Client.Containers.KillContainerAsync(container.Id, new ContainerKillParameters(), Token);

        var result = await watching;
        Assert.Equal((ProHealth.Exited, 137L), (result.Health, result.ExitCode));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watch_sees_a_restart_between_the_verification_and_itself()
    {
        await using var container = await RealContainer.StartAsync(Forever);
        var verified = await container.VerifyAsync(Brief);
        await container.Engine.Client.Containers.RestartContainerAsync(
            container.Id, new ContainerRestartParameters { WaitBeforeKillSeconds = 0 }, Token);

        Assert.Equal(ProHealth.Restarting, (await container.WatchAsync(verified, Hour)).Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watch_without_a_failure_ends_with_its_time()
    {
        await using var container = await RealContainer.StartAsync(Forever);
        var verified = await container.VerifyAsync(Brief);

        var result = await container.WatchAsync(verified, TimeSpan.FromMilliseconds(300));

        Assert.True(result.IsWell);
        Assert.Equal(ProHealth.Running, result.Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_watch_sees_the_health_URL_fail_several_times_in_a_row()
    {
        await using var container = await RealContainer.StartAsync(Forever);

        // Well for the proof; then a single failure, which is none; then three.
        var answers = new Queue<int>([200, 200, 500, 200, 500, 500, 500]);
        await using var server = ScriptedHttpServer.Start(_ => ScriptedResponse.Empty(answers.Dequeue()));
        var options = Brief with { HealthUrl = new Uri(server.Url), WatchInterval = TimeSpan.FromMilliseconds(20) };
        var verified = await container.VerifyAsync(options);

        var result = await container.WatchAsync(verified, Hour, options);

        Assert.Equal(ProHealth.Unhealthy, result.Health);
        Assert.Empty(answers);
        Assert.Contains("3 times", result.Reason, StringComparison.Ordinal);
    }
}
