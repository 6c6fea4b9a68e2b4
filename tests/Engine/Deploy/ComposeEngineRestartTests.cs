using Pro.DockerVersioning.Tests.Engine.Faults;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>The engine is stopped and started in the middle of a deployment of a compose service.</summary>
public sealed class ComposeEngineRestartTests : ComposeTest, IClassFixture<OwnEngine>
{
    private const string Deploy = "Deploy-ProService api v1.1.0 -HealthTimeout 00:03:00";
    private readonly OwnEngine _engine;

    public ComposeEngineRestartTests(OwnEngine engine)
    {
        _engine = engine;
        Variables["DOCKER_HOST"] = engine.Host;
        WriteFile(File());
        Well("v1.0.0");
        Build("v1.1.0", "HEALTHCHECK --interval=1s --retries=1000 CMD exit 1");
        _ = One("Deploy-ProService api v1.0.0");
    }

    private protected override string EngineSocket => _engine.Socket;

    // With the file as it was the containers are swapped; after a change of it compose's own "up" replaces them.
    /// <summary>
    /// Whether the command dies too, and whether the file has changed: one of four by PRO_TEST_SEED, all with PRO_TEST_ALL_FAULTS.
    /// </summary>
    public static TheoryData<bool, bool> Cases => new(FaultMatrix.Some((false, false), (true, true), (true, false), (false, true)));

    [Theory]
    [MemberData(nameof(Cases))]
    public Task The_engine_goes_away_in_the_middle_and_the_old_version_is_back(bool commandDies, bool fileHasChanged) =>
        commandDies ? WithTheCommandDeadAsync(fileHasChanged) : WithTheCommandAliveAsync(fileHasChanged);

    private async Task WithTheCommandAliveAsync(bool fileHasChanged)
    {
        WriteFile(File(fileHasChanged ? "environment: [\"COLOUR=blue\"]" : ""));
        var run = Task.Run(() => Run(Deploy), Cancel);
        await UntilAsync(() => run.IsCompleted || Running is ["v1.1.0"]);
        Assert.False(run.IsCompleted, "It ended before the engine did.");
        await RestartAsync();
        if (fileHasChanged)
        {
            // Compose itself may have been cut off. Else it has given the new one its restart policy, and the verification goes on.
            await UntilAsync(() => run.IsCompleted || Running is ["v1.1.0"]);
            if (!run.IsCompleted)
            {
                _ = Docker("stop", "--time", "0", Container["Id"]!.ToString());
            }
        }

        var result = await run.WaitAsync(TimeSpan.FromMinutes(2), Cancel);
        Check(result.Error, "RestoredPrevious", result.Error.CategoryInfo.Category);
        WriteFile(File());
        await OldRunsAsync();
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
    }

    // One repair brings the old version back.
    private async Task WithTheCommandDeadAsync(bool fileHasChanged)
    {
        WriteFile(File(fileHasChanged ? "environment: [\"COLOUR=blue\"]" : ""));
        using (var child = StartChild(Deploy))
        {
            await UntilAsync(() => child.HasExited || Running is ["v1.1.0"]);
            Assert.False(child.HasExited, "It ended before the engine did.");
            await _engine.Engine.StopAsync(Cancel);
            child.Kill();
            await child.WaitForExitAsync(Cancel);
        }

        await _engine.Engine.StartAgainAsync(Cancel);
        if (!fileHasChanged)
        {
            Assert.Equal("v1.0.0", await AskAsync());
        }

        var repair = Run("Repair-ProService api").ThrowIfFailed();
        Assert.Equal("RestoredPrevious v1.0.0", $"{Text(Assert.Single(repair.Output), "Outcome")} {Text(repair.Output[0], "Version")}");
        WriteFile(File());
        await OldRunsAsync();
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
    }

    private string File(string more = "") => GuideFile + "    restart: unless-stopped\n" + (more.Length > 0 ? $"    {more}\n" : "");

    private async Task RestartAsync()
    {
        await _engine.Engine.StopAsync(Cancel);
        await _engine.Engine.StartAgainAsync(Cancel);
    }

    private async Task<string> AskAsync()
    {
        string said;
        for (var tries = 0; (said = await _engine.Engine.AskAsync(Port, Cancel)).StartsWith("wget", StringComparison.Ordinal)
            && tries < 100; tries++)
        {
            await Task.Delay(50, Cancel);
        }

        return said;
    }

    private async Task OldRunsAsync()
    {
        Assert.Equal("v1.0.0", await AskAsync());
        Assert.Equal("unless-stopped", Container["HostConfig"]!["RestartPolicy"]!["Name"]!.ToString());
        Assert.Equal("API_VERSION=v1.0.0\n", await System.IO.File.ReadAllTextAsync(DotEnv, Cancel));
        ComposeOwnsIt("v1.0.0");
    }
}
