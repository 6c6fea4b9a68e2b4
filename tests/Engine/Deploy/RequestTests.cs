using System.Diagnostics;
using Pro.DockerVersioning.Tests.Deployment.Container;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>Two thousand requests and more, one after another, while the cmdlet changes the version: none fails.</summary>
public sealed class RequestTests : DeployTest
{
    private const int Enough = 2000;
    private readonly string _network;

    public RequestTests()
    {
        _network = $"pro-test-{Port}";
        _ = DockerClient.Run(null, "network", "create", _network);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _ = DockerClient.Run(null, "network", "rm", _network);
    }

    [Fact]
    public async Task By_name_none_fails_while_versions_change_side_by_side()
    {
        StartOnNetwork();
        _ = Make("v1.1.0");
        using var asker = AskByName();
        _ = await asker.UntilAsync(answers => answers.Count > 50, Cancel);
        var deployed = One("Deploy-ProService api v1.1.0 -Order StartFirst");
        Assert.Equal("start-first", Text(deployed, "Order"));
        Assert.Null(deployed.Properties["Downtime"].Value);
        _ = await asker.UntilAsync(answers => answers[^1] == "v1.1.0", Cancel);
        Assert.Equal("Succeeded", Text(One("Invoke-ProRollback api v1.0.0 -Order StartFirst -Confirm:$false"), "Outcome"));
        var answers = await asker.UntilAsync(answers => answers.Count > Enough && answers[^1] == "v1.0.0", Cancel);
        Told(answers);
        Assert.Equal(["v1.0.0", "v1.1.0"], answers.Distinct().Order());
    }

    [Fact]
    public async Task By_name_a_version_that_never_gets_healthy_costs_none()
    {
        StartOnNetwork();
        _ = Make("v1.1.0", health: ":");
        using var asker = AskByName();
        _ = await asker.UntilAsync(answers => answers.Count > 50, Cancel);
        _ = Restored("Deploy-ProService api v1.1.0 -Order StartFirst");
        var answers = await asker.UntilAsync(answers => answers.Count > Enough, Cancel);
        Told(answers);
        Assert.Equal(["v1.0.0"], answers.Distinct());
    }

    [Fact]
    public async Task Through_a_published_port_a_version_that_never_gets_healthy_costs_none()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: ":");
        Start("v1.0.0");
        using var asker = new Asker(Docker, $"pro-test-{Port}-asker", "host", $"127.0.0.1:{Port}/version");
        _ = await asker.UntilAsync(answers => answers.Count > 50, Cancel);
        _ = Restored("Deploy-ProService api v1.1.0 -Order StartFirst");
        var answers = await asker.UntilAsync(answers => answers.Count > Enough, Cancel);
        Told(answers);
        Assert.Equal(["v1.0.0"], answers.Distinct());
        OnlyRuns("v1.0.0");
    }

    private static Process Docker(string[] arguments) => DockerClient.Start(null, arguments);

    private static void Told(IReadOnlyList<string> answers) => TestContext.Current.TestOutputHelper?.WriteLine(
        $"{answers.Count(answer => answer == Asker.Failed)} failed of {answers.Count}");

    private void StartOnNetwork()
    {
        _ = Make("v1.0.0");
        _ = DockerClient.Run(
            null, "run", "--detach", "--name", ContainerName, "--network", _network, "--network-alias", "shop", $"{Registry}/api:v1.0.0");
    }

    private Asker AskByName() => new(Docker, $"pro-test-{Port}-asker", _network, "shop:8080/version");
}
