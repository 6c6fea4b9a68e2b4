using System.Management.Automation;
using Pro.DockerVersioning.Tests.Engine.Deploy;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>Killed when the new version is proven and stays: what the command had still to write down is written by the repair.</summary>
public sealed class CutOffAfterCommitTests : DeployTest
{
    /// <summary>At 1 the old container is there still; at 2 nothing is left over but the lock. One of them by PRO_TEST_SEED.</summary>
    public static TheoryData<string, int> Rollbacks => new(FaultMatrix.Some(("StopFirst", 1), ("StopFirst", 2), ("StartFirst", 1)));

    /// <summary>The same of a deployment.</summary>
    public static TheoryData<int> Deployments => new(FaultMatrix.Some(1, 2));

    [Theory]
    [MemberData(nameof(Rollbacks))]
    public async Task The_version_that_a_rollback_has_left_is_not_the_previous_one(string order, int at)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        _ = Make("v1.2.0");
        Start("v1.0.0");
        _ = Good("Deploy-ProService api v1.1.0; Deploy-ProService api v1.2.0");
        await KillAsync($"Invoke-ProRollback api v1.1.0 -Order {order} -Reason 'too slow' -Confirm:$false", at);

        Assert.Equal("FinishedNew", Text(One("Repair-ProService api"), "Outcome"));
        OnlyRuns("v1.1.0");
        Assert.Equal(["Repair v1.1.0 FinishedNew", "Rollback v1.1.0 Succeeded"], History().Take(2));
        var line = Good("Get-ProHistory api -Kind Rollback")[0];
        Assert.Equal(
            ("v1.2.0", "True", "too slow", Id("api:v1.1.0"), "Container"),
            (Text(line, "From"), Text(line, "IsVerified"), Text(line, "Reason"), Text(line, "ImageId"), Text(line, "Strategy")));
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
        Assert.Equal("v1.0.0", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Version"));
        OnlyRuns("v1.0.0");
    }

    [Theory]
    [MemberData(nameof(Deployments))]
    public async Task What_ran_before_a_deployment_is_the_previous_version(int at)
    {
        var old = Make("v1.1.0");
        _ = Make("v1.1.5");
        _ = Make("v1.2.0");
        Start("v1.1.0");
        await KillAsync("Deploy-ProService api v1.2.0", at);

        // No repair of its own: the next command does it first.
        Assert.Equal("v1.1.0", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Version"));
        Assert.Equal(old, Container()["Image"]!.ToString());
        OnlyRuns("v1.1.0");
        Assert.Equal(["Rollback v1.1.0 Succeeded", "Repair v1.2.0 FinishedNew", "Deploy v1.2.0 Succeeded"], History());
        _ = Bad("Invoke-ProRollback api -Previous -Confirm:$false", "NoPreviousVersion", ErrorCategory.ObjectNotFound);
    }

    private async Task KillAsync(string script, int at)
    {
        using var command = new WaitingCommand(Repository.Root, TestEngine.SocketPath);
        var (code, text) = await command.RunAsync(
            script,
            new FaultPlan(Fault.Kill, at, AmongChanges: true) { SinceCommit = true },
            static call => call.EndsWith(".pro-done", StringComparison.Ordinal),
            Cancel);
        Assert.True(code == 137, text);
    }
}
