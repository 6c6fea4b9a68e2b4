using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>
/// What an operation writes down before it touches anything: where it is, what it is good for, and what happens without it.
/// </summary>
public sealed class OperationRecordTests : DeployTest
{
    private const string Secret = "hunter22hunter22";

    [Fact]
    public async Task No_label_holds_an_environment_variable_neither_meanwhile_nor_afterwards()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        _ = DockerClient.Run(
            null, "run", "--detach", "--name", ContainerName, "--env", "DB_PASSWORD=" + Secret,
            "--restart", "always", $"{Registry}/api:v1.0.0");
        await KillAtStopAsync("Deploy-ProService api v1.1.0");
        var volume = Assert.Single(Volumes(), name => name.StartsWith("pro-operation-", StringComparison.Ordinal));
        Assert.DoesNotContain(Secret, TestEngine.Call(HttpMethod.Get, "/volumes/" + volume)!.ToJsonString(), StringComparison.Ordinal);
        LabelsAreClean();

        Assert.Equal("RestoredPrevious", Text(One("Repair-ProService api"), "Outcome"));
        _ = Good("Deploy-ProService api v1.1.0");
        LabelsAreClean();
        NothingLeft();
        Assert.Contains("DB_PASSWORD=" + Secret, Container()["Config"]!["Env"]!.AsArray().Select(one => one!.ToString()));
    }

    [Fact]
    public async Task Without_its_record_an_interrupted_operation_is_left_alone_and_told()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        await KillAtStopAsync("Deploy-ProService api v1.1.0");
        _ = TestEngine.Call(
            HttpMethod.Delete, "/volumes/" + Volumes().Single(name => name.StartsWith("pro-operation-", StringComparison.Ordinal)));
        var before = Containers().Select(name => Container(name)["State"]!["StartedAt"]!.ToString()).ToList();

        var error = Bad("Repair-ProService api", "OperationRecordLost", ErrorCategory.InvalidOperation);
        _ = Bad("Deploy-ProService api v1.1.0", "OperationRecordLost", ErrorCategory.InvalidOperation);

        Assert.Contains($"{ContainerName}.pro-prev", error.ToString(), StringComparison.Ordinal);
        Assert.Equal([$"{ContainerName}.pro-next", $"{ContainerName}.pro-prev"], Containers());
        Assert.Equal(before, Containers().Select(name => Container(name)["State"]!["StartedAt"]!.ToString()));

        // The remedy is commands that run.
        var remedy = error.ErrorDetails.RecommendedAction.Split(": ")[1].Split(". To keep")[0];
        foreach (var command in remedy.Split("; ")
            .Where(command => !command.Contains("docker rm -f " + ContainerName + " ", StringComparison.Ordinal)))
        {
            _ = DockerClient.Run(null, command.Split(' ')[1..]);
        }

        _ = DockerClient.Run(null, "rm", "--force", ContainerName + ".pro-next");
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
        Assert.Equal("v1.0.0", Answer());
    }

    [Fact]
    public async Task After_a_system_prune_in_the_middle_the_old_image_is_pulled_again()
    {
        _ = Make("v1.0.0");
        var old = Make("v1.1.0");
        TestEngine.Push($"{Registry}/api", "v1.1.0");
        Start("v1.1.0");
        await KillAtStopAsync("Invoke-ProRollback api v1.0.0 -Confirm:$false");

        // As "docker system prune -af" does once the old container has stopped.
        TestEngine.RemoveContainer(ContainerName + ".pro-prev");
        _ = DockerClient.Run(null, "rmi", "--force", old);
        Assert.Null(Id("api:v1.1.0"));

        Assert.Equal("RestoredPrevious", Text(One("Repair-ProService api"), "Outcome"));
        Assert.Equal(old, Container()["Image"]!.ToString());
        OnlyRuns("v1.1.0");
    }

    /// <summary>The same while the command lives: it restores, and no repair has to.</summary>
    [Fact]
    public async Task A_restore_pulls_the_old_image_again_if_a_prune_took_it()
    {
        var old = Make("v1.0.0");
        var sick = Make("v1.1.0", health: "", retries: 1000);
        TestEngine.Push($"{Registry}/api", "v1.0.0");
        Start("v1.0.0");
        var run = Task.Run(() => Restored("Deploy-ProService api v1.1.0 -Order StopFirst -HealthTimeout 0:0:10"), Cancel);
        while (!run.IsCompleted && !IsUp(sick))
        {
            await Task.Delay(20, Cancel);
        }

        Assert.False(run.IsCompleted, "It ended before the image was removed.");
        TestEngine.RemoveContainer(ContainerName + ".pro-prev");
        _ = DockerClient.Run(null, "rmi", "--force", old);
        Assert.Null(Id("api:v1.0.0"));

        var (_, error) = await run;

        Assert.Contains("runs again, and is healthy", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(old, Container()["Image"]!.ToString());
        OnlyRuns("v1.0.0");
    }

    /// <summary>As a systemd unit does whose "docker run" has ended.</summary>
    [Theory]
    [InlineData("no", "StopFirst")]
    [InlineData("always", "StopFirst")]
    [InlineData("always", "StartFirst")]
    public async Task What_a_supervisor_puts_back_is_never_called_succeeded(string policy, string order)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        _ = DockerClient.Run(null, "run", "--detach", "--name", ContainerName, "--restart", policy, $"{Registry}/api:v1.0.0");
        var run = Task.Run(() => Run($"Deploy-ProService api v1.1.0 -Order {order}"), Cancel);
        while (!run.IsCompleted && (Containers() is not [var one] || one != ContainerName
            || TestEngine.Call(HttpMethod.Get, $"/containers/{one}/json")?["Config"]?["Image"]?.ToString()
                .EndsWith("v1.1.0", StringComparison.Ordinal) != true))
        {
            await Task.Delay(20, Cancel);
        }

        TestEngine.RemoveContainer(ContainerName);
        _ = DockerClient.Run(null, "run", "--detach", "--name", ContainerName, $"{Registry}/api:v1.0.0");
        var result = await run;
        var error = Assert.Single(result.Errors);
        Assert.StartsWith("UndoneFromOutside,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(
            $"another container has the name {ContainerName}, on {Registry}/api:v1.0.0", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("UndoneFromOutside", Text(Assert.Single(result.Output), "Outcome"));
        Assert.Equal(["Deploy v1.1.0 UndoneFromOutside"], History());
        Assert.Equal("False", Text(
            Good("Get-ProHistory api -Kind Deploy")
                .First(line => Text(line, "Target")?.Contains(RegistryPath, StringComparison.Ordinal) == true),
            "IsVerified"));
    }

    private void LabelsAreClean() => Assert.All(Containers(), name =>
        Assert.DoesNotContain(Secret, Container(name)["Config"]!["Labels"]!.ToJsonString(), StringComparison.Ordinal));
}
