using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Configuration;

/// <summary>What stands around a command: variables, drives, programs of the current folder, another version of the module.</summary>
public sealed class SurroundingsTests : EngineTest
{
    [Fact]
    public void A_value_of_DOCKER_BUILDKIT_that_docker_does_not_take_is_a_builds_trouble_alone()
    {
        Variables["DOCKER_BUILDKIT"] = "yes";
        _ = Commit();
        _ = Good("Get-ProService");
        _ = Good("Get-ProImageVersion api");
        _ = Bad("Build-ProImage api", "EnvironmentVariableNotABoolean", ErrorCategory.InvalidArgument);
    }

    [Theory]
    [InlineData("Env:")]
    [InlineData("Env:\\PATH")]
    [InlineData("Variable:")]
    public void A_drive_without_folders_is_refused_by_name(string path)
    {
        var error = Bad($"Get-ProService -Path {path}", "PathIsNotAFolder", ErrorCategory.InvalidArgument);
        Assert.Contains(path, error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task A_program_of_the_current_folder_is_never_started()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The scheduler there has a whole path.");
        _ = Commit();
        var planted = Path.Combine(Repository.Root, "crontab");
        await File.WriteAllTextAsync(planted, "#!/bin/sh\ntouch planted-ran\n", Cancel);
        File.SetUnixFileMode(planted, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var result = await FreshProcess.RunAsync(
            $"Import-Module '{TestSetup.ModuleManifest}'; $env:PATH = '.:/nowhere'; "
                + "try { Register-ProCleanupTask -Daily -At 3am -Scheduler Cron -Shell /bin/true } catch { $_.FullyQualifiedErrorId }",
            Repository.Root,
            new Dictionary<string, string?> { ["XDG_STATE_HOME"] = Path.Combine(Repository.Beside, "state") },
            cancellationToken: Cancel);
        Assert.Contains("SchedulerMissing,", result.Output + result.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(Repository.Root, "planted-ran")));
    }

    [Fact]
    public async Task A_second_version_of_the_module_says_that_PowerShell_must_be_restarted()
    {
        var copy = Path.Combine(Repository.Beside, "Pro.DockerVersioning");
        foreach (var file in Directory.EnumerateFiles(TestSetup.ModuleFolder, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy, Path.GetRelativePath(TestSetup.ModuleFolder, file));
            _ = Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }

        var result = await FreshProcess.RunAsync(
            $"Import-Module '{TestSetup.ModuleManifest}'; Import-Module '{TestSetup.ModuleManifest}' -Force; 'again'; "
                + $"try {{ Import-Module '{copy}/Pro.DockerVersioning.psd1' }} catch {{ \"$_\" }}",
            Repository.Root,
            cancellationToken: Cancel);
        Assert.Contains("again", result.Output, StringComparison.Ordinal);
        Assert.Contains("Restart PowerShell", result.Output + result.Error, StringComparison.Ordinal);
        Assert.Contains(copy, result.Output + result.Error, StringComparison.Ordinal);
    }
}
