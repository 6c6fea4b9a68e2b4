using Pro.DockerVersioning.Tests.Engine.Deploy;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>One call is refused when the new version is proven and stays: the old one goes all the same, without a repair.</summary>
public sealed class RefusedAfterCommitTests : DeployTest
{
    [Theory]
    [InlineData("StartFirst", 1, true)]
    [InlineData("StartFirst", 2, true)]
    [InlineData("StartFirst", 1, false)]
    [InlineData("StartFirst", 4, false)]
    [InlineData("StopFirst", 1, false)]
    [InlineData("StopFirst", 3, false)]
    public void Nothing_of_the_old_one_stays(string order, int at, bool amongChanges)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        var host = Environment.GetEnvironmentVariable("DOCKER_HOST");
        using var proxy = new FaultProxy(TestEngine.SocketPath);
        proxy.Arm(
            new FaultPlan(Fault.Refuse, at, amongChanges) { SinceCommit = true },
            static call => call.EndsWith(".pro-done", StringComparison.Ordinal));
        Variables["DOCKER_HOST"] = proxy.Url;

        var result = Run($"Deploy-ProService api v1.1.0 -Order {order}").ThrowIfFailed();

        Variables["DOCKER_HOST"] = host;
        Assert.NotNull(proxy.Faulty);
        Assert.Equal("Succeeded", Text(Assert.Single(result.Output), "Outcome"));
        Assert.DoesNotContain(result.Warnings, warning => warning.Contains("is still there", StringComparison.Ordinal));
        OnlyRuns("v1.1.0");
    }
}
