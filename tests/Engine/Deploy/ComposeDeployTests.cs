using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>A service of a compose project, deployed and rolled back: compose goes on owning it, and the pin lasts.</summary>
/// <remarks>With the plugin where it is there. <see cref="ComposeV1Tests"/> does the main ones with docker-compose 1.x too.</remarks>
public class ComposeDeployTests : ComposeTest
{
    private const ErrorCategory Failed = ErrorCategory.InvalidOperation;

    public ComposeDeployTests()
        : this(isNewest: true)
    {
    }

    /// <param name="isNewest">Whether the newest compose is tried; else docker-compose 1.x.</param>
    private protected ComposeDeployTests(bool isNewest)
    {
        if (isNewest)
        {
            UseNewest();
        }
    }

    [Fact]
    public async Task A_first_start_comes_from_the_repositorys_file_and_pins_the_version()
    {
        WriteFile(GuideFile);
        Well("v1.0.0");
        var result = One("Deploy-ProService api v1.0.0");
        Assert.Equal("Succeeded", Text(result, "Outcome"));
        Assert.Equal("Compose", Text(result, "Strategy"));
        Assert.Equal("Healthy", Text(result, "Health"));
        Assert.Null(result.Properties["From"].Value);
        Assert.Equal("v1.0.0", await AnswerAsync());
        Assert.Equal("API_VERSION=v1.0.0\n", await File.ReadAllTextAsync(DotEnv, Cancel));
        ComposeOwnsIt("v1.0.0");

        Assert.Equal("NothingToDo", Text(One("Deploy-ProService api v1.0.0"), "Outcome"));
        ComposeOwnsIt("v1.0.0");
    }

    [Fact]
    public async Task Where_only_the_image_differs_compose_finds_the_swapped_container_as_its_own()
    {
        WriteFile(GuideFile);
        Well("v1.0.0", "v1.1.0");
        _ = One("Deploy-ProService api v1.0.0");
        var name = Container["Name"]!.ToString();
        var result = One("Deploy-ProService api v1.1.0");
        Assert.Equal("Succeeded v1.0.0", $"{Text(result, "Outcome")} {Text(result, "From")}");
        Assert.Contains("swap", Steps(result), StringComparison.Ordinal);
        Assert.Equal("v1.1.0", await AnswerAsync());
        Assert.Equal(name, Container["Name"]!.ToString());
        Assert.Equal("API_VERSION=v1.1.0\n", await File.ReadAllTextAsync(DotEnv, Cancel));
        ComposeOwnsIt("v1.1.0");

        var back = One("Invoke-ProRollback api -Previous -Confirm:$false");
        Assert.Equal("Succeeded v1.1.0 v1.0.0", $"{Text(back, "Outcome")} {Text(back, "From")} {Text(back, "Version")}");
        Assert.Equal("v1.0.0", await AnswerAsync());
        ComposeOwnsIt("v1.0.0");
        _ = Compose("restart", "-t", "0");
        _ = Compose("down", "-t", "0");
        Assert.Empty(Containers);
    }

    [Fact]
    public async Task Where_the_file_has_changed_compose_itself_updates_it()
    {
        WriteFile(GuideFile);
        Well("v1.0.0", "v1.1.0");
        _ = One("Deploy-ProService api v1.0.0");
        _ = Docker("exec", Container["Id"]!.ToString(), "sh", "-c", "echo v1.0.0 says goodbye >/proc/1/fd/1");
        WriteFile(GuideFile + "    environment: [\"COLOUR=blue\"]\n");
        var result = One("Deploy-ProService api v1.1.0");
        Assert.Equal("Succeeded", Text(result, "Outcome"));
        Assert.Contains($"{ComposeCommand} up", Steps(result), StringComparison.Ordinal);

        // Nobody is known to be answered before the proof, and the old one's last words are in the history. The step goes on after the
        // proof, with a look at the ports.
        var swap = One("(Get-ProHistory api)[0]");
        Assert.InRange(
            (TimeSpan)result.Properties["Downtime"].Value,
            (TimeSpan)swap.Properties["HealthyAfter"].Value,
            (TimeSpan)result.Properties["Duration"].Value);
        Assert.Contains("v1.0.0 says goodbye", Texts(swap, "LogTail"));
        Assert.Equal("v1.1.0", await AnswerAsync());
        Assert.Contains("COLOUR=blue", Container["Config"]!["Env"]!.ToJsonString(), StringComparison.Ordinal);
        Assert.Equal("API_VERSION=v1.1.0\n", await File.ReadAllTextAsync(DotEnv, Cancel));
        ComposeOwnsIt("v1.1.0");
    }

    /// <summary>For <see cref="ComposeV1Tests"/>: it is a matter of the engine as well.</summary>
    internal Task An_up_that_would_break_off_is_refused()
    {
        WriteFile(GuideFile);
        Well("v1.0.0", "v1.1.0");
        _ = One("Deploy-ProService api v1.0.0");
        var before = Started();
        WriteFile(GuideFile + "    environment: [\"COLOUR=blue\"]\n");

        _ = Bad("Deploy-ProService api v1.1.0 -WhatIf", "ComposeTooOldForEngine", ErrorCategory.NotImplemented);
        _ = Bad("Deploy-ProService api v1.1.0", "ComposeTooOldForEngine", ErrorCategory.NotImplemented);
        Assert.Equal(before, Started());

        WriteFile(GuideFile);
        _ = One("Deploy-ProService api v1.1.0");
        return Task.CompletedTask;

        string Started() => $"{Container["Id"]} {Container["State"]!["StartedAt"]}";
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sick_version_in_a_changed_file_gives_way_to_exactly_what_was_there(bool cannotStart)
    {
        WriteFile(GuideFile + "    volumes: [/kept]\n    environment: [\"COLOUR=green\"]\n");
        Well("v1.0.0");
        Sick("v1.1.0");
        _ = One("Deploy-ProService api v1.0.0");
        var id = Container["Id"]!.ToString();
        _ = Docker("exec", id, "sh", "-c", "echo precious > /kept/file");
        var before = Container;
        WriteFile(GuideFile + "    volumes: [/kept]\n"
            + (cannotStart ? "    entrypoint: [/no/such/program]\n" : "    environment: [\"COLOUR=blue\"]\n"));
        var result = Run("Deploy-ProService api v1.1.0");
        Check(result.Error, "RestoredPrevious", result.Error.CategoryInfo.Category);
        var output = Assert.Single(result.Output);
        Assert.Equal("RestoredPrevious", Text(output, "Outcome"));
        Assert.InRange(
            (TimeSpan)output.Properties["Downtime"].Value, Time(output, "restore"), (TimeSpan)output.Properties["Duration"].Value);
        Assert.Equal("v1.0.0", await AnswerAsync());
        var after = Container;
        Assert.Equal(before["Name"]!.ToString(), after["Name"]!.ToString());
        Assert.Equal(before["Image"]!.ToString(), after["Image"]!.ToString());
        foreach (var part in (string[])["Env", "Image", "Labels", "Cmd", "Entrypoint", "Healthcheck"])
        {
            Assert.Equal(before["Config"]![part]?.ToJsonString(), after["Config"]![part]?.ToJsonString());
        }

        Assert.Equal("precious", Docker("exec", after["Id"]!.ToString(), "cat", "/kept/file").Trim());
        Assert.Equal("API_VERSION=v1.0.0\n", await File.ReadAllTextAsync(DotEnv, Cancel));
        NothingIsLeft();
        WriteFile(GuideFile + "    volumes: [/kept]\n    environment: [\"COLOUR=green\"]\n");
        ComposeOwnsIt("v1.0.0");
    }

    [Fact]
    public async Task An_image_that_is_written_out_is_pinned_by_a_file_over_it()
    {
        WriteFile(GuideFile.Replace("${API_VERSION:-latest}", "v1.0.0", StringComparison.Ordinal));
        Well("v1.0.0", "v1.1.0");
        _ = Compose("up", "-d");
        var result = Run("Deploy-ProService api v1.1.0").ThrowIfFailed();
        Assert.Equal("Succeeded", Text(Assert.Single(result.Output), "Outcome"));
        var over = Repository.FullPath($"docker-compose.{Project}.pro.yml");
        Assert.Contains(Path.GetFileName(over), Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Contains($"{Registry}/api:v1.1.0", await File.ReadAllTextAsync(over, Cancel), StringComparison.Ordinal);
        Assert.Equal("v1.1.0", await AnswerAsync());
        Assert.Contains(over, Label(Container, "project.config_files"), StringComparison.Ordinal);
        var before = Lives;
        _ = Compose("-f", ComposeFile, "-f", over, "up", "-d");
        Assert.Equal(before, Lives);

        _ = One("Invoke-ProRollback api v1.0.0 -Confirm:$false -WarningAction Ignore");
        Assert.Equal("v1.0.0", await AnswerAsync());
        before = Lives;
        _ = Compose("-f", ComposeFile, "-f", over, "up", "-d");
        Assert.Equal(before, Lives);
        NothingIsLeft();
    }

    [Fact]
    public void Replicas_go_one_after_another_and_all_back_when_the_second_fails()
    {
        WriteFile(WithoutPorts + "    volumes: [gate:/gate]\nvolumes:\n  gate: {}\n");
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d", "--scale", "api=2");
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0"), "Outcome"));
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);
        Assert.Equal("API_VERSION=v1.1.0\n", File.ReadAllText(DotEnv));
        ComposeOwnsIt("v1.1.0", "--scale", "api=2");

        // Only one of them can make the folder.
        Build("v1.2.0", """
            HEALTHCHECK --interval=1s --retries=2 CMD test -e /tmp/first
            ENTRYPOINT ["sh", "-c", "mkdir /gate/folder && touch /tmp/first; exec \"$@\"", "sh"]
            """);
        var result = Run("Deploy-ProService api v1.2.0");
        Check(result.Error, "RestoredPrevious", Failed);
        Assert.Contains("gate/folder", string.Join('\n', Texts(Assert.Single(result.Output), "LogTail")), StringComparison.Ordinal);
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);
        Assert.Equal("API_VERSION=v1.1.0\n", File.ReadAllText(DotEnv));
        ComposeOwnsIt("v1.1.0", "--scale", "api=2");
    }

    [Fact]
    public void A_replica_that_differs_from_the_file_is_composes_to_make_again()
    {
        WriteFile(WithoutPorts);
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\n");
        _ = Compose("up", "-d");
        WriteFile(WithoutPorts + "    environment: [\"COLOUR=blue\"]\n");
        _ = Compose("up", "-d", "--no-recreate", "--scale", "api=2");
        WriteFile(WithoutPorts);
        Assert.Single(Containers, one => one["Config"]!["Env"]!.ToJsonString().Contains("COLOUR", StringComparison.Ordinal));

        var result = One("Deploy-ProService api v1.1.0");

        Assert.Contains($"{ComposeCommand} up", Steps(result), StringComparison.Ordinal);
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);
        Assert.All(Containers, one => Assert.DoesNotContain("COLOUR", one["Config"]!["Env"]!.ToJsonString(), StringComparison.Ordinal));
        ComposeOwnsIt("v1.1.0", "--scale", "api=2");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_killed_up_is_put_right_also_when_no_container_is_left(bool noneIsLeft)
    {
        // No label of a container could hold it; what keeps the way back must.
        var large = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(60_000));
        var before = GuideFile + $"    volumes: [/kept]\n    environment: [\"LARGE={large}\"]\n";
        WriteFile(before);
        Well("v1.0.0");
        Build("v1.1.0", "HEALTHCHECK --interval=1s --retries=1000 CMD exit 1");
        _ = One("Deploy-ProService api v1.0.0");
        _ = Docker("exec", Container["Id"]!.ToString(), "sh", "-c", "echo precious > /kept/file");
        WriteFile(GuideFile + "    volumes: [/kept]\n    environment: [\"COLOUR=blue\"]\n");
        using (var child = StartChild("Deploy-ProService api v1.1.0 -HealthTimeout 00:05:00"))
        {
            // Compose starts the new one before it removes the old one.
            await UntilAsync(() => Containers.Count == 1 && Running is ["v1.1.0"]);
            child.Kill();
            await child.WaitForExitAsync(Cancel);
        }

        var volume = Assert.Single(Container["Mounts"]!.AsArray())!["Name"]!.ToString();
        if (noneIsLeft)
        {
            // The moment between the removal of the old one and the creation of the new one; volumes stay.
            _ = Docker("rm", "--force", Container["Id"]!.ToString());
        }

        var repair = Run("Repair-ProService api").ThrowIfFailed();
        Assert.Equal("RestoredPrevious v1.0.0", $"{Text(Assert.Single(repair.Output), "Outcome")} {Text(repair.Output[0], "Version")}");
        await UntilAsync(() => Container["State"]!["Health"]!["Status"]!.ToString() == "healthy");
        Assert.Equal("v1.0.0", await AnswerAsync());
        Assert.Equal(volume, Assert.Single(Container["Mounts"]!.AsArray())!["Name"]!.ToString());
        Assert.Equal("precious", Docker("exec", Container["Id"]!.ToString(), "cat", "/kept/file").Trim());
        Assert.Equal("API_VERSION=v1.0.0\n", await File.ReadAllTextAsync(DotEnv, Cancel));
        Assert.Contains("LARGE=" + large, Container["Config"]!["Env"]!.ToJsonString(), StringComparison.Ordinal);
        WriteFile(before);
        ComposeOwnsIt("v1.0.0");
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
    }
}
