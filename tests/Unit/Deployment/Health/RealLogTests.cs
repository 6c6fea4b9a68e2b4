using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

[Trait("Engine", "real")]
public sealed class RealLogTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_last_lines_come_with_and_without_a_terminal(bool terminal)
    {
        await using var container = await RealContainer.StartAsync(
            "printf 'one\\ntwo\\n\\033[31mthree\\033[0m\\n'; printf unended", change: create => create.Tty = terminal);
        await container.UntilAsync(now => !now.State!.Running);

        Assert.Equal(["two", "three", "unended"], await ContainerLogs.TailAsync(container.Engine, container.Id, 3, Token));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_log_driver_that_keeps_nothing_gives_no_lines()
    {
        await using var container = await RealContainer.StartAsync(
            "echo lost", change: create => create.HostConfig!.LogConfig = new LogConfig { Type = "none" });

        Assert.Empty(await ContainerLogs.TailAsync(container.Engine, container.Id, 10, Token));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_line_without_end_is_cut()
    {
        await using var container = await RealContainer.StartAsync("head -c 300000 /dev/zero | tr '\\0' x; echo; echo end");
        await container.UntilAsync(now => !now.State!.Running);

        var lines = await ContainerLogs.TailAsync(container.Engine, container.Id, 100, Token);

        Assert.Equal("end", lines[^1]);
        Assert.All(lines, line => Assert.True(line.Length <= LogText.MaxLineLength + 1));
    }
}
