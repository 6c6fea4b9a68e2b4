using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

[Trait("Engine", "real")]
public sealed class EngineHealthWaitTests
{
    private const string Forever = "exec sleep 600";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(15, 2, 32)]
    [InlineData(30, 30, 90)]
    [InlineData(60, 5, 120)]
    public void Two_intervals_and_a_time_out_are_waited_for_and_two_minutes_at_most(int interval, int timeout, int expected) =>
        Assert.Equal(TimeSpan.FromSeconds(expected), EngineHealthWait.BoundOf(new HealthCheck
        {
            Command = ["true"],
            Interval = TimeSpan.FromSeconds(interval),
            Timeout = TimeSpan.FromSeconds(timeout),
        }));

    [Fact(Timeout = 60_000)]
    public async Task The_engines_own_healthy_is_waited_for()
    {
        await using var container = await RealContainer.StartAsync(Forever, Check("true", TimeSpan.FromSeconds(2), retries: 3));
        Assert.True((await container.VerifyAsync()).IsWell);
        Assert.Equal("starting", (await container.UntilAsync(_ => true)).State!.Health!.Status);

        await WaitAsync(container);

        Assert.Equal("healthy", (await container.UntilAsync(_ => true)).State!.Health!.Status);
        Assert.Empty(container.Heard.Warnings);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_engine_that_does_not_say_healthy_is_warned_of_and_not_waited_for()
    {
        await using var container = await RealContainer.StartAsync(
            Forever, Check("exit 1", TimeSpan.FromMilliseconds(300), retries: 1000));

        await WaitAsync(container);

        Assert.Contains("has not said healthy within 0.9 s", Assert.Single(container.Heard.Warnings), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_container_that_gets_unhealthy_is_not_kept()
    {
        await using var container = await RealContainer.StartAsync(
            Forever, Check("echo no database; exit 1", TimeSpan.FromMilliseconds(500), retries: 1));

        var failure = await Assert.ThrowsAsync<ProException>(() => WaitAsync(container));

        Assert.Equal("ContainerUnhealthy", failure.Id);
        Assert.Contains("no database", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_container_that_ends_meanwhile_is_not_kept()
    {
        await using var container = await RealContainer.StartAsync(
            "sleep 1; exit 5", Check("true", TimeSpan.FromMinutes(1), retries: 3));

        Assert.Equal("ContainerExited", (await Assert.ThrowsAsync<ProException>(() => WaitAsync(container))).Id);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_container_without_a_health_check_is_not_waited_for()
    {
        await using var container = await RealContainer.StartAsync(Forever);

        await WaitAsync(container);

        Assert.Empty(container.Heard.Warnings);
    }

    private static Task WaitAsync(RealContainer container) =>
        EngineHealthWait.RunAsync(container.Engine, container.Id, "api v1.1.0", container.Heard, Token);

    private static HealthcheckConfig Check(string command, TimeSpan interval, long retries) => new()
    {
        Test = ["CMD-SHELL", command],
        Interval = interval,
        Timeout = TimeSpan.FromMilliseconds(300),
        Retries = retries,
    };
}
