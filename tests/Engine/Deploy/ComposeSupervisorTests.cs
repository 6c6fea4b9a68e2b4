namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>Something else starts the old version again by other compose files: that is never called succeeded.</summary>
public sealed class ComposeSupervisorTests : ComposeTest
{
    public ComposeSupervisorTests() => UseNewest();

    [Theory]
    [InlineData("StopFirst", false)]
    [InlineData("StartFirst", false)]
    [InlineData("StopFirst", true)]
    public async Task What_an_up_with_the_old_files_puts_back_is_never_called_succeeded(string order, bool byUp)
    {
        Well("v1.0.0", "v1.1.0");
        WriteFile(GuideFile);
        var old = Repository.FullPath("old.yml");
        await File.WriteAllTextAsync(old, GuideFile.Replace("${API_VERSION:-latest}", "v1.0.0", StringComparison.Ordinal), Cancel);
        await File.WriteAllTextAsync(DotEnv, "API_VERSION=v1.0.0\n", Cancel);
        _ = Compose("up", "-d");
        if (byUp)
        {
            WriteFile(GuideFile + "    environment: [\"COLOUR=blue\"]\n");
        }

        var run = Task.Run(() => Run($"Deploy-ProService api v1.1.0 -Order {order}"), Cancel);
        await UntilAsync(() => run.IsCompleted || (Running is ["v1.1.0"] && Containers.Count == 1
            && !LeftVolumes().Any(volume => volume.StartsWith("pro-operation-", StringComparison.Ordinal))));
        Assert.False(run.IsCompleted, "It had ended before anybody could put the old version back.");
        _ = Compose("--file", old, "up", "-d");
        var result = await run;

        Check(result.Error, "UndoneFromOutside", System.Management.Automation.ErrorCategory.InvalidOperation);
        Assert.Equal("UndoneFromOutside", Text(Assert.Single(result.Output), "Outcome"));
        Assert.Equal(["v1.0.0"], Running);
        Assert.Equal("API_VERSION=v1.0.0\n", await File.ReadAllTextAsync(DotEnv, Cancel));
    }

    /// <summary>The old one ended when the new one began: what was verified meanwhile for long enough isn't waited for again.</summary>
    [Fact]
    public void A_verification_that_took_longer_is_not_followed_by_a_wait()
    {
        const string AfterSomeSeconds = "test $(( $(date +%s) - $(date -r /srv/version +%s) )) -ge 5";
        Build("v1.0.0", "");
        Build("v1.1.0", $"HEALTHCHECK --interval=1s --retries=30 CMD {AfterSomeSeconds}");
        WriteFile(GuideFile);
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");

        var result = One("Deploy-ProService api v1.1.0 -Order StopFirst");

        Assert.Equal("stop-first", Text(result, "Order"));
        Assert.True(Time(result, "verify") > TimeSpan.FromSeconds(3), Steps(result));
        Assert.True(Time(result, "remove the old container") < TimeSpan.FromSeconds(3), Steps(result));
        ComposeOwnsIt("v1.1.0");
    }
}
