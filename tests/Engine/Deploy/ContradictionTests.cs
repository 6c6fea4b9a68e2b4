using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>Parameters that contradict each other, or that mean nothing for what was found, are errors; nothing is changed.</summary>
public sealed class ContradictionTests : DeployTest
{
    [Fact]
    public void Previous_together_with_a_version_is_refused_typed_and_piped()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.1.0");
        _ = Bad("Invoke-ProRollback api v1.0.0 -Previous -Confirm:$false", "ParametersContradict", ErrorCategory.InvalidArgument);
        _ = Bad("Get-ProImageVersion api -Current | Invoke-ProRollback -Previous -Confirm:$false", "ParametersContradict",
            ErrorCategory.InvalidArgument);
        _ = Bad($"Invoke-ProRollback api v1.0.0 -Reference {Registry}/api:v1.1.0 -Confirm:$false", "ParametersContradict",
            ErrorCategory.InvalidArgument);
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public void What_only_a_swarm_can_do_is_refused_for_a_container()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        foreach (var parameter in (string[])["-Canary 1", "-Parallelism 1", "-Delay 10s", "-Monitor 5s", "-FailureAction Pause", "-NoWait"])
        {
            var error = Bad($"Deploy-ProService api v1.1.0 {parameter}", "ParameterNotApplicable", ErrorCategory.InvalidArgument);
            Assert.Contains(parameter.Split(' ')[0], error.Exception.Message, StringComparison.Ordinal);
            Assert.Contains(ContainerName, error.Exception.Message, StringComparison.Ordinal);
        }

        _ = Bad("Deploy-ProService api v1.1.0 -AllowBlank TOKEN", "ParameterNotApplicable", ErrorCategory.InvalidArgument);
        _ = Bad("Deploy-ProService api v1.1.0 -BreakLock -LockTimeout 5m", "ParametersContradict", ErrorCategory.InvalidArgument);
        _ = Bad("Deploy-ProService api v1.1.0 -CanaryWatch 5s", "ParameterNotApplicable", ErrorCategory.InvalidArgument);
        _ = Bad("Deploy-ProService api v1.1.0 -NoWait -Watch 5m", "ParametersContradict", ErrorCategory.InvalidArgument);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void What_is_written_out_and_does_not_exist_is_an_error_and_a_pattern_may_find_nothing()
    {
        Variables["XDG_STATE_HOME"] = Directory.CreateDirectory(Path.Combine(Repository.Beside, "state")).FullName;
        _ = Make("v1.0.0");
        _ = Bad("Get-ProImageVersion api v9.9.9", "VersionNotFound", ErrorCategory.ObjectNotFound);
        Assert.Empty(Good("Get-ProImageVersion api v9.*"));
        Assert.Equal(["v1.0.0"], Versions(Run("Get-ProImageVersion api v1.0.0, v9.9.9").Output));
        _ = Bad("Get-ProHistory aip", "ServiceNotFound", ErrorCategory.ObjectNotFound);
        Assert.Empty(Good("Get-ProHistory aip*"));
        Assert.Empty(Good("Get-ProHistory api -Kind Rollback"));
        _ = Bad("Get-ProHistory -After 2026-02-01 -Before 2026-01-01", "ParametersContradict", ErrorCategory.InvalidArgument);
        _ = Bad("Get-ProCleanupTask none", "CleanupTaskNotFound", ErrorCategory.ObjectNotFound);
        Assert.Empty(Good("Get-ProCleanupTask none*"));
    }

    [Fact]
    public void A_deployment_is_asked_for_as_a_rollback_is()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        _ = Run("$global:PSDefaultParameterValues.Remove('Deploy-ProService:Confirm')").ThrowIfFailed();
        try
        {
            Host.Answers.Enqueue(2);
            Assert.Empty(Good("Deploy-ProService api v1.1.0"));
            Assert.EndsWith("Deploy?", Assert.Single(Host.Prompts), StringComparison.Ordinal);
            OnlyRuns("v1.0.0");
        }
        finally
        {
            _ = Run(Shell.AnswersDeploy).ThrowIfFailed();
        }
    }

    /// <summary>What stands in a redirected input may be a yes, but it was not meant for the question.</summary>
    [Theory]
    [InlineData("Deploy-ProService api v1.1.0", "")]
    [InlineData("Deploy-ProService api v1.1.0", "y\n")]
    [InlineData("Invoke-ProRollback api v1.1.0", "y\n")]
    [InlineData("Remove-ProOldImage api 0 -GracePeriod 0", "y\n")]
    [InlineData("Clear-ProBuildCache", "y\n")]
    public async Task If_nobody_can_answer_the_error_says_how_to_agree(string command, string input)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        _ = Make("v1.2.0");
        Start("v1.0.0");
        var result = await FreshProcess.RunAsync(
            $"Import-Module '{TestSetup.ModuleManifest}'; "
                + $"try {{ {command} }} catch {{ $_.FullyQualifiedErrorId; $_.ErrorDetails.RecommendedAction }}",
            Repository.Root,
            input: input,
            cancellationToken: Cancel);
        Assert.Contains("ConfirmationRequired,", result.Output + result.Error, StringComparison.Ordinal);
        Assert.Contains($"{command.Split(' ')[0]} … -Confirm:$false", result.Output, StringComparison.Ordinal);
        Assert.Equal(["v1.0.0", "v1.1.0", "v1.2.0"], Tags());
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void A_name_within_another_name_is_not_the_service()
    {
        _ = Make("v1.0.0");
        _ = Repository.Write("docker-compose.yml", "services:\n  rapid:\n    image: example.test/rapid:1\n");
        var error = Bad("Deploy-ProService api v1.0.0", "NothingRuns", ErrorCategory.ObjectNotFound);
        Assert.Contains("there is no compose file", error.Exception.Message, StringComparison.Ordinal);
    }
}
