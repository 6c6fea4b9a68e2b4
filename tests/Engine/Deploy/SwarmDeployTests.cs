namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>A service of a swarm, deployed and rolled back by the cmdlets.</summary>
public sealed class SwarmDeployTests : EngineTest, IClassFixture<SwarmOfOne>
{
    private readonly SwarmOfOne _swarm;
    private readonly string _name = "s" + Guid.NewGuid().ToString("N")[..10];

    public SwarmDeployTests(SwarmOfOne swarm)
    {
        _swarm = swarm;
        Variables["DOCKER_HOST"] = swarm.Host;
        Variables["REGISTRY"] = SwarmOfOne.Registry;
        _ = Repository.Commit(("apps/api/Dockerfile", "FROM scratch\n"));
        _ = _swarm.Docker(
            "service", "create", "--quiet", "--name", _name, "--replicas", "2", "--update-monitor", "1s", "--rollback-monitor", "1s",
            "--restart-delay", "100ms", $"{SwarmOfOne.Registry}/api:v1.0.0");
    }

    private string Image => _swarm.Docker("service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", _name).Trim();

    private IReadOnlyList<string> Running =>
    [
        .. _swarm.Docker("service", "ps", "--no-trunc", "--filter", "desired-state=running", "--format", "{{.Image}} {{.CurrentState}}", _name)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Contains("Running", StringComparison.Ordinal))
            .Select(line => line.Split(' ', '@')[0].Split(':')[^1]),
    ];

    [Fact]
    public void A_version_is_deployed_by_its_digest_and_rolled_back()
    {
        var result = One("Deploy-ProService api v1.1.0");
        Assert.Equal("Succeeded Swarm v1.0.0", $"{Text(result, "Outcome")} {Text(result, "Strategy")} {Text(result, "From")}");
        Assert.Equal($"swarm.{_name}", Text(result, "Target"));
        Assert.StartsWith($"{SwarmOfOne.Registry}/api:v1.1.0@sha256:", Image, StringComparison.Ordinal);
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);

        var again = One("Deploy-ProService api v1.1.0");
        Assert.Equal("NothingToDo", Text(again, "Outcome"));

        var back = One("Invoke-ProRollback api -Previous -Confirm:$false");
        Assert.Equal("Succeeded v1.1.0 v1.0.0", $"{Text(back, "Outcome")} {Text(back, "From")} {Text(back, "Version")}");
        Assert.Equal(["v1.0.0", "v1.0.0"], Running);
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
    }

    [Fact]
    public void The_plan_says_what_the_swarm_will_do_and_does_nothing()
    {
        var before = Image;
        Assert.Empty(Good("Deploy-ProService api v1.1.0 -Parallelism 1 -Delay 0:0:30 -WhatIf"));
        Assert.Contains(
            $"the swarm replaces 2 tasks of {_name}, 1 at a time with 30 s between", Host.Text, StringComparison.Ordinal);
        Assert.Equal(before, Image);
    }

    [Fact]
    public void A_version_that_dies_is_taken_back_and_the_error_has_the_tasks_own_words()
    {
        var result = Run("Deploy-ProService api v2.0.0");
        Check(result.Error, "SwarmUpdateRestored", result.Error.CategoryInfo.Category);
        Assert.Contains("non-zero exit (3)", result.Error.ToString(), StringComparison.Ordinal);
        var output = Assert.Single(result.Output);
        Assert.Equal("RestoredPrevious", Text(output, "Outcome"));
        Assert.Contains("out of luck", Texts(output, "LogTail"));
        Assert.Equal(["v1.0.0", "v1.0.0"], Running);
        Assert.Contains(":v1.0.0@", Image, StringComparison.Ordinal);

        // The engine itself goes back where that is asked.
        var engine = Run("Deploy-ProService api v2.0.0 -FailureAction Rollback");
        Check(engine.Error, "SwarmRolledBackByEngine", engine.Error.CategoryInfo.Category);
        Assert.Equal("RolledBackByEngine", Text(Assert.Single(engine.Output), "Outcome"));
        Assert.Equal(["v1.0.0", "v1.0.0"], Running);
    }

    [Fact]
    public void A_canary_goes_first_and_the_rest_follows()
    {
        var result = Run("Deploy-ProService api v1.1.0 -Canary 1 -CanaryWatch 0:0:2 -Verbose").ThrowIfFailed();
        Assert.Equal("Succeeded", Text(Assert.Single(result.Output), "Outcome"));
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);

        var sick = Run("Deploy-ProService api v2.0.0 -Canary 1 -CanaryWatch 0:0:2");
        Check(sick.Error, sick.Error.FullyQualifiedErrorId.Split(',')[0], sick.Error.CategoryInfo.Category);
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);
    }

    [Fact]
    public void An_operator_is_asked_about_the_canary()
    {
        Host.Answers.Enqueue(1);
        var refused = Run("Deploy-ProService api v1.1.0 -Canary 1");
        Check(refused.Error, "SwarmUpdateRestored", refused.Error.CategoryInfo.Category);
        Assert.Contains("Go on with the other tasks?", Assert.Single(Host.Prompts), StringComparison.Ordinal);
        Assert.Equal("RestoredPrevious", Text(Assert.Single(refused.Output), "Outcome"));
        Assert.Equal(["v1.0.0", "v1.0.0"], Running);

        Host.Answers.Enqueue(0);
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0 -Canary 1"), "Outcome"));
        Assert.Equal(2, Host.Prompts.Count);
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);
    }

    [Fact]
    public void A_service_is_named_by_its_own_name_where_there_are_several()
    {
        _ = _swarm.Docker("service", "create", "--detach", "--name", _name + "-b", "--replicas", "0", $"{SwarmOfOne.Registry}/api:v1.0.0");
        try
        {
            var several = Run("Deploy-ProService api v1.1.0");
            Check(several.Error, "SeveralTargets", several.Error.CategoryInfo.Category);
            Assert.Contains($"-Container {_name}-b", several.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
            Assert.Equal("Succeeded", Text(One($"Deploy-ProService api v1.1.0 -Container {_name}"), "Outcome"));
            Assert.Equal(["v1.1.0", "v1.1.0"], Running);
        }
        finally
        {
            _ = _swarm.Docker("service", "rm", _name + "-b");
        }
    }

    protected override void Dispose(bool disposing)
    {
        _ = _swarm.Docker("service", "rm", _name);
        base.Dispose(disposing);
    }
}
