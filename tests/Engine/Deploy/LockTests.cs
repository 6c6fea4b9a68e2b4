using System.Management.Automation;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>Commands that meet on one service, or on two.</summary>
public sealed class LockTests : DeployTest
{
    private const string Slow = "v1.1.0";

    [Fact]
    public async Task Whoever_breaks_the_lock_gets_the_service_and_the_one_before_says_that_it_lost_it()
    {
        _ = Make("v1.0.0");
        var slow = Make(Slow, health: ":", retries: 1000);
        _ = Make("v1.2.0");
        Start("v1.0.0");
        using var other = new Shell().In(Repository.Root);
        var first = InBackground(other, $"Deploy-ProService api {Slow} -HealthTimeout 0:10:0");
        await UntilAsync(() => first.IsCompleted || IsUp(slow));

        _ = Bad("Deploy-ProService api v1.2.0", "TargetLocked", ErrorCategory.ResourceBusy);
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.2.0 -BreakLock"), "Outcome"));
        var robbed = await first;

        // Whether the old one runs again when it looks, between the other's repair and its swap, is a matter of moments.
        Assert.Contains("is no longer ours", robbed.Error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(robbed.Output, one => Text(one, "Outcome") == "Succeeded");
        OnlyRuns("v1.2.0");
    }

    /// <summary>
    /// The other one has begun before its first look, or after its plan was shown: that plan isn't carried out, and a new one is shown.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_waits_for_the_lock_of_another_process_goes_on_with_a_new_plan(bool isPlanned)
    {
        _ = Make("v1.0.0");
        var slow = Make(Slow, health: ":", retries: 1000);
        _ = Make("v1.2.0");
        Start("v1.0.0");
        System.Diagnostics.Process? other = null;
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Host.OnProgress = record => _ = record.Activity.StartsWith("Waiting for the lock of", StringComparison.Ordinal)
            && waits.TrySetResult();
        Host.BeforeAnswer = BeginOther;
        foreach (var yes in (int[])(isPlanned ? [0, 0] : [0]))
        {
            Host.Answers.Enqueue(yes);
        }

        try
        {
            if (!isPlanned)
            {
                BeginOther();
            }

            var run = InBackground(Shell, "Deploy-ProService api v1.2.0 -Confirm -LockTimeout 0:5:0");
            _ = await Task.WhenAny(run, waits.Task);
            Assert.False(run.IsCompleted, run.IsCompleted ? $"{(await run).Failure}" : "");
            GetWell(slow);

            var result = Assert.Single((await run).ThrowIfFailed().Output);
            Assert.Equal($"Succeeded {Slow} v1.2.0", $"{Text(result, "Outcome")} {Text(result, "From")} {Text(result, "Version")}");
            Assert.Equal(isPlanned ? ["v1.0.0", Slow] : [Slow], Host.Prompts.Select(prompt => FromOf(prompt)));
            await other!.WaitForExitAsync(Cancel);
        }
        finally
        {
            other?.Kill(entireProcessTree: true);
            other?.Dispose();
        }

        OnlyRuns("v1.2.0");
        Assert.Equal(["Deploy v1.2.0 Succeeded", $"Deploy {Slow} Succeeded"], History());

        void BeginOther()
        {
            if (other is null)
            {
                other = StartChild($"Deploy-ProService api {Slow} -HealthTimeout 0:10:0");
                SpinWait.SpinUntil(() => other.HasExited || IsUp(slow));
            }
        }

        static string FromOf(string prompt) =>
            System.Text.RegularExpressions.Regex.Match(prompt, "api: (\\S+) -> v1\\.2\\.0").Groups[1].Value;
    }

    [Theory]
    [InlineData("StopFirst")]
    [InlineData("StartFirst")]
    public async Task One_whose_lock_is_gone_goes_back_although_the_new_version_is_well(string order)
    {
        _ = Make("v1.0.0");
        var slow = Make(Slow, health: ":", retries: 1000);
        Start("v1.0.0");
        using var other = new Shell().In(Repository.Root);
        var first = InBackground(other, $"Deploy-ProService api {Slow} -HealthTimeout 0:10:0 -Order {order}");
        await UntilAsync(() => first.IsCompleted || IsUp(slow));

        // As 'docker volume prune' of an older engine does.
        Assert.Equal(2, Volumes().Count);
        foreach (var volume in Volumes())
        {
            _ = TestEngine.Call(HttpMethod.Delete, "/volumes/" + volume);
        }

        GetWell(slow);
        var robbed = await first;
        Assert.Equal("RestoredPrevious", robbed.Error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("is no longer ours", robbed.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal("RestoredPrevious", Text(Assert.Single(robbed.Output), "Outcome"));
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public async Task Somebodys_running_swap_is_not_called_cut_off()
    {
        _ = Make("v1.0.0");
        var slow = Make(Slow, health: ":", retries: 1000);
        Start("v1.0.0");
        using var other = new Shell().In(Repository.Root);
        var first = InBackground(other, $"Deploy-ProService api {Slow} -HealthTimeout 0:10:0");
        await UntilAsync(() => first.IsCompleted || IsUp(slow));

        Host.Clear();
        foreach (var command in (string[])["Invoke-ProRollback api v1.0.0", "Deploy-ProService api v1.0.0 -WhatIf",
            "Repair-ProService api -WhatIf"])
        {
            var error = Bad(command, "TargetLocked", ErrorCategory.ResourceBusy);
            Assert.Contains($"deploy api to {Slow}, by ", error.ToString(), StringComparison.Ordinal);
            Assert.Contains($"(process {Environment.ProcessId}), since ", error.ToString(), StringComparison.Ordinal);
        }

        Assert.Empty(Host.Prompts);
        Assert.DoesNotContain("What if", Host.Text, StringComparison.Ordinal);
        GetWell(slow);
        _ = (await first).ThrowIfFailed();
        OnlyRuns(Slow);
    }

    /// <summary>Who waits for any lock of the service, and then for its own, waits no longer in all.</summary>
    [Fact]
    public async Task The_time_to_wait_for_a_lock_holds_for_the_whole_command()
    {
        var (child, itsLock) = await DeployElsewhereAsync();
        using var closing = child;

        // The same lock once more: its holder lives, and changes nothing.
        _ = TestEngine.Call(HttpMethod.Post, "/volumes/create", itsLock);
        var (waits, isWaiting) = (0, false);
        Host.OnProgress = record =>
        {
            var waitsNow = record.RecordType == ProgressRecordType.Processing
                && record.Activity.StartsWith("Waiting for the lock of", StringComparison.Ordinal);
            waits += waitsNow && !isWaiting ? 1 : 0;
            isWaiting = waitsNow;
        };
        _ = Bad("Deploy-ProService api v1.0.0 -LockTimeout 0:0:3", "TargetLocked", ErrorCategory.ResourceBusy);
        Assert.Equal(1, waits);
        await child.StandardInput.WriteLineAsync();
        await child.WaitForExitAsync(Cancel);
        _ = TestEngine.Call(HttpMethod.Delete, "/volumes/" + itsLock["Name"]);
        OnlyRuns(Slow);
    }

    /// <summary>In the middle of a change a service may be there for nobody: who finds nothing is told who is changing it.</summary>
    [Fact]
    public async Task Who_finds_nothing_there_is_told_who_is_changing_it()
    {
        var (child, itsLock) = await DeployElsewhereAsync();
        using var closing = child;
        TestEngine.RemoveContainer(ContainerName);
        _ = Bad("Deploy-ProService api v1.0.0", "NothingRuns", ErrorCategory.ObjectNotFound);

        // The same lock once more: its holder lives.
        _ = TestEngine.Call(HttpMethod.Post, "/volumes/create", itsLock);
        var error = Bad("Deploy-ProService api v1.0.0", "TargetLocked", ErrorCategory.ResourceBusy);
        Assert.Contains($"(process {child.Id}), since ", error.ToString(), StringComparison.Ordinal);
        await child.StandardInput.WriteLineAsync();
        await child.WaitForExitAsync(Cancel);
    }

    [Fact]
    public async Task Different_services_do_not_wait_for_each_other()
    {
        _ = Repository.Commit(("apps/web/Dockerfile", CopyAll));
        foreach (var version in (string[])["v1.0.0", "v1.2.0"])
        {
            _ = Make(version);
            TestEngine.Tag($"{Registry}/api:{version}", $"{Registry}/web", version);
            TestEngine.Untag($"{Registry}/api:{version}");
        }

        _ = Make("v1.0.0");
        var slow = Make(Slow, health: ":", retries: 1000);
        Start("v1.0.0");
        var web = $"{RegistryPath}-web";
        _ = TestEngine.Call(HttpMethod.Post, "/containers/create?name=" + web, new JsonObject { ["Image"] = $"{Registry}/web:v1.2.0" });
        _ = TestEngine.Call(HttpMethod.Post, $"/containers/{web}/start");
        using var other = new Shell().In(Repository.Root);
        var first = InBackground(other, $"Deploy-ProService api {Slow} -HealthTimeout 0:10:0");
        await UntilAsync(() => first.IsCompleted || IsUp(slow));

        Assert.Equal("Succeeded", Text(One("Invoke-ProRollback web v1.0.0 -Confirm:$false"), "Outcome"));
        Assert.False(first.IsCompleted, first.IsCompleted ? (await first).Error.ToString() : "");
        GetWell(slow);
        _ = (await first).ThrowIfFailed();
        TestEngine.RemoveContainer(web);
        OnlyRuns(Slow);
    }

    [Fact]
    public async Task Of_many_processes_at_once_one_does_it_and_the_others_are_told_who()
    {
        _ = Make("v1.0.0", health: ":", retries: 1000);
        _ = Make("v1.1.0");
        Start("v1.1.0");
        var slow = Id("api:v1.0.0")!;
        const string Command = "try { 'did ' + (Invoke-ProRollback api v1.0.0 -HealthTimeout 0:10:0 -Confirm:$false).Outcome } "
            + "catch { $_.FullyQualifiedErrorId.Split(',')[0] + ' ' + $_ }";

        var children = Enumerable.Range(0, 20)
            .Select(_ => StartChild($"'ready'; $null = [Console]::In.ReadLine(); {Command}")).ToArray();
        try
        {
            foreach (var child in children)
            {
                await UntilSaysAsync(child, "ready");
            }

            foreach (var child in children)
            {
                await child.StandardInput.WriteLineAsync();
                await child.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
            }

            var answers = children.Select(child => AnswerAsync(child)).ToArray();
            await UntilAsync(() => answers.Count(answer => answer.IsCompleted) == children.Length - 1);
            await UntilAsync(() => IsUp(slow));
            GetWell(slow);
            var said = await Task.WhenAll(answers);
            var winner = Assert.Single(Enumerable.Range(0, said.Length), index => said[index] == "did Succeeded");
            Assert.All(said.Where((_, index) => index != winner), answer =>
            {
                Assert.StartsWith("TargetLocked ", answer, StringComparison.Ordinal);
                Assert.Contains($"(process {children[winner].Id}), since ", answer, StringComparison.Ordinal);
            });
        }
        finally
        {
            foreach (var child in children)
            {
                child.Kill(entireProcessTree: true);
                child.Dispose();
            }
        }

        OnlyRuns("v1.0.0");
    }

    private static Task<ShellResult> InBackground(Shell shell, string script) => Task.Factory.StartNew(
        () => shell.Run(script), Cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static async Task UntilSaysAsync(System.Diagnostics.Process child, string text)
    {
        while (await child.StandardOutput.ReadLineAsync(Cancel) is { } line)
        {
            if (line.Trim() == text)
            {
                return;
            }
        }

        Assert.Fail($"It ended: {await child.StandardError.ReadToEndAsync(Cancel)}");
    }

    private static async Task<string> AnswerAsync(System.Diagnostics.Process child)
    {
        var errors = child.StandardError.ReadToEndAsync(Cancel);
        var said = await child.StandardOutput.ReadToEndAsync(Cancel);
        return said.Split('\n').Select(line => line.Trim()).FirstOrDefault(line =>
            line.StartsWith("did ", StringComparison.Ordinal) || line.StartsWith("TargetLocked ", StringComparison.Ordinal))
            ?? $"something else: {said.Trim()}\n{(await errors).Trim()}";
    }

    /// <summary>A process that has deployed the slow version, and lives on; and what makes the lock that it had.</summary>
    private async Task<(System.Diagnostics.Process Child, JsonObject Lock)> DeployElsewhereAsync()
    {
        _ = Make("v1.0.0");
        var slow = Make(Slow, health: ":", retries: 1000);
        Start("v1.0.0");
        var child = StartChild($"(Deploy-ProService api {Slow} -HealthTimeout 0:10:0).Outcome; $null = [Console]::In.ReadLine()");
        await UntilAsync(() => IsUp(slow));
        var name = Assert.Single(Volumes(), name => name.StartsWith("pro-lock-", StringComparison.Ordinal));
        var labels = TestEngine.Call(HttpMethod.Get, "/volumes/" + name)!["Labels"]!.DeepClone();
        GetWell(slow);
        await UntilSaysAsync(child, "Succeeded");
        return (child, new JsonObject { ["Name"] = name, ["Labels"] = labels });
    }

    /// <summary>Makes a version well that waits for it.</summary>
    private void GetWell(string image)
    {
        var container = Containers().First(name => Image(name) == image);
        var exec = TestEngine.Call(
            HttpMethod.Post, $"/containers/{container}/exec", new JsonObject { ["Cmd"] = new JsonArray("touch", "/srv/health") })!["Id"];
        _ = TestEngine.Call(HttpMethod.Post, $"/exec/{exec}/start", new JsonObject { ["Detach"] = true });
    }

    private static string? Image(string container) =>
        TestEngine.Call(HttpMethod.Get, $"/containers/{container}/json")?["Image"]?.ToString();
}
