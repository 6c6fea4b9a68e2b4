using System.Diagnostics;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>
/// A command that runs in a container with the engine's socket, as a CI job does: here it has the network of such a container, and the
/// mounts by which a process knows that it is in one.
/// </summary>
public sealed class OwnContainerTests : DeployTest
{
    private string Job => $"pro-test-{Port}-job";

    protected override void Dispose(bool disposing)
    {
        _ = TestEngine.Call(HttpMethod.Delete, $"/containers/{Job}?force=true");
        base.Dispose(disposing);
    }

    [Fact]
    public async Task A_loopback_health_url_is_asked_inside_the_service()
    {
        _ = Make("v1.0.0", isChecked: false);
        _ = Make("v1.1.0", isChecked: false);
        Start("v1.0.0");
        _ = Repository.Write(
            "pro.json", $$"""{ "services": { "api": { "context": "apps/api", "healthUrl": "http://127.0.0.1:{{Port}}/version" } } }""");

        var text = await RunInJobAsync(
            "Deploy-ProService api v1.1.0 -HealthTimeout 0:0:20 | ForEach-Object { \"$($_.Outcome) $($_.Health)\" }");

        Assert.True(text.Contains("Succeeded Healthy", StringComparison.Ordinal), text);
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public async Task Ports_that_only_the_engines_machine_reaches_are_a_reason_for_stop_first()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");

        var text = await RunInJobAsync(
            "try { Deploy-ProService api v1.1.0 -Order StartFirst -WhatIf -ErrorAction Stop } "
                + "catch { \"$($_.FullyQualifiedErrorId) $_\" }");

        Assert.True(text.Contains("OrderNotPossible", StringComparison.Ordinal), text);
        Assert.True(text.Contains($"because this command runs in the container {Job}", StringComparison.Ordinal), text);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public async Task The_container_in_which_the_command_runs_is_refused()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        var before = Untouched();

        var text = await RunInJobAsync(
            "try { Deploy-ProService api v1.1.0 -ErrorAction Stop } catch { \"$($_.FullyQualifiedErrorId) $_\" }", ContainerName);

        Assert.True(text.Contains("IsOwnContainer", StringComparison.Ordinal), text);
        Assert.True(text.Contains($"This command runs in {ContainerName} itself", StringComparison.Ordinal), text);
        Assert.Equal(before, Untouched());
        OnlyRuns("v1.0.0");
    }

    /// <param name="script">The command.</param>
    /// <param name="own">The container in which it runs; null for one of its own.</param>
    private async Task<string> RunInJobAsync(string script, string? own = null)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root enters a container's network.");
        var id = own is null ? TestEngine.CreateContainer(Base, Job, start: true) : Container(own)["Id"]!.ToString();
        var pid = Container(id)["State"]!["Pid"]!.ToString();
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Beside, "containers", id)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "hostname"), Job + "\n", Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "socket"), "", Cancel);
        var mounts = $"mount --bind {TestEngine.SocketPath} {folder}/socket && mount -t tmpfs none /run && touch /run/docker.sock "
            + $"&& mount --bind {folder}/socket /run/docker.sock && mount --bind {folder}/hostname /etc/hostname";
        var start = new ProcessStartInfo("nsenter", [
            "-t", pid, "-n", "unshare", "-m", "sh", "-c", mounts + " && exec \"$0\" \"$@\"",
            "dotnet", TestSetup.ProShell, "-c", $"Import-Module '{TestSetup.ModuleManifest}'; {Shell.AnswersDeploy}; {script}",
        ])
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["DOCKER_HOST"] = "unix:///var/run/docker.sock";
        using var child = Process.Start(start)!;
        var texts = await Task.WhenAll(child.StandardOutput.ReadToEndAsync(Cancel), child.StandardError.ReadToEndAsync(Cancel));
        await child.WaitForExitAsync(Cancel);
        return string.Concat(texts);
    }
}
