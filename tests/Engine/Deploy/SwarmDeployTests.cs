using System.Management.Automation;
using Pro.DockerVersioning.Tests.Deployment.Container;
using Pro.DockerVersioning.Tests.Engine.Faults;

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
        Variables["REGISTRY"] = OwnEngine.Registry;
        _ = Repository.Commit(("apps/api/Dockerfile", "FROM scratch\n"));
        _swarm.Create(_name, "--rollback-monitor", "1s", "--restart-delay", "100ms", $"{OwnEngine.Registry}/api:v1.0.0");
    }

    private string Image => _swarm.Docker("service", "inspect", "--format", "{{.Spec.TaskTemplate.ContainerSpec.Image}}", _name).Trim();

    private string UpdateState => _swarm.Docker("service", "inspect", "--format", "{{.UpdateStatus.State}}", _name).Trim();

    private IReadOnlyList<string> Running =>
    [
        .. _swarm.Docker(
            "service", "ps", "--no-trunc", "--filter", "desired-state=running", "--format", "{{.Image}} {{.CurrentState}}", _name)
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
        Assert.StartsWith($"{OwnEngine.Registry}/api:v1.1.0@sha256:", Image, StringComparison.Ordinal);
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);

        // Nobody is asked, nothing is planned, and no line of the history says that something was done.
        var lines = Good("Get-ProHistory api").Count;
        var again = One("Invoke-ProRollback api v1.1.0");
        Assert.Equal("NothingToDo", Text(again, "Outcome"));
        Assert.Empty(Host.Prompts);
        Host.Clear();
        _ = Good("Deploy-ProService api v1.1.0 -WhatIf");
        Assert.Contains("api runs v1.1.0 already", Host.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("the swarm replaces", Host.Text, StringComparison.Ordinal);
        Assert.Equal(lines, Good("Get-ProHistory api").Count);

        var back = One("Invoke-ProRollback api -Previous -Confirm:$false");
        Assert.Equal("Succeeded v1.1.0 v1.0.0", $"{Text(back, "Outcome")} {Text(back, "From")} {Text(back, "Version")}");
        Assert.Equal(["v1.0.0", "v1.0.0"], Running);
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
    }

    /// <summary>The registry is in the engine's own network: that this session can't reach it is what the repair says.</summary>
    [Fact]
    public async Task The_alias_at_the_registry_is_moved_by_the_repair_of_an_update_that_was_interrupted()
    {
        _ = Repository.Write("pro.json", """
            { "services": { "api": { "context": "apps/api" } }, "environments": { "production": { "alias": "production" } } }
            """);
        using (var command = new WaitingCommand(Repository.Root, _swarm.Socket))
        {
            var (code, text) = await command.RunAsync(
                "Deploy-ProService api v1.1.0 -Environment production",
                new FaultPlan(Fault.Kill, 1, AmongChanges: true) { SinceCommit = true },
                static call => call.Contains("/services/", StringComparison.Ordinal) && call.Contains("/update", StringComparison.Ordinal),
                Cancel);
            Assert.True(code == 137, text);
        }

        var repair = Run("Repair-ProService api -Environment production").ThrowIfFailed();
        Assert.Equal("FinishedNew", Text(Assert.Single(repair.Output), "Outcome"));
        Assert.Contains(repair.Warnings, static warning => warning.Contains(
            "api:production could not be moved at the registry", StringComparison.Ordinal));
    }

    [Fact]
    public void The_plan_says_what_the_swarm_will_do_and_does_nothing()
    {
        var before = Image;
        Assert.Empty(Good("Deploy-ProService api v1.1.0 -Parallelism 1 -Delay 0:0:30 -WhatIf"));
        Assert.Contains(
            $"the swarm replaces 2 tasks of {_name}, 1 at a time with 30 s between, stop-first: 1 of 2 go on answering; about 35 s",
            Host.Text,
            StringComparison.Ordinal);
        Assert.Equal(before, Image);
    }

    [Fact]
    public void A_version_that_a_service_runs_or_goes_back_to_is_not_built_again_with_other_arguments()
    {
        foreach (var version in (string[])["v5.0.0", "v5.1.0"])
        {
            _ = Release(version, dockerfile: "FROM scratch\nARG DATE\nLABEL date=$DATE\nCOPY file /\n");
            _ = One($"Build-ProImage api {version} -BuildArg @{{ DATE = '1' }}");
        }

        // Without tasks, no container of this node shows it: they may all be on other nodes.
        var service = _name + "-elsewhere";
        _ = _swarm.Docker(
            "service", "create", "--quiet", "--detach", "--no-resolve-image", "--name", service,
            "--replicas", "0", $"{OwnEngine.Registry}/api:v5.0.0");
        try
        {
            _ = _swarm.Docker(
                "service", "update", "--quiet", "--detach", "--no-resolve-image", "--image", $"{OwnEngine.Registry}/api:v5.1.0", service);
            foreach (var version in (string[])["v5.0.0", "v5.1.0"])
            {
                var error = Bad(
                    $"Build-ProImage api {version} -BuildArg @{{ DATE = '2' }}", "VersionHasOtherArguments", ErrorCategory.ResourceExists);
                Assert.Contains("was deployed", error.ToString(), StringComparison.Ordinal);
            }
        }
        finally
        {
            _swarm.Remove(service);
        }

        Assert.Single(Run("Build-ProImage api v5.0.0 -BuildArg @{ DATE = '2' }").ThrowIfFailed().Warnings);
    }

    [Fact]
    public void A_service_of_a_stack_is_warned_of_with_the_line_that_would_undo_it()
    {
        _ = _swarm.Docker("service", "update", "--quiet", "--detach", "--label-add", "com.docker.stack.namespace=shop", _name);
        _ = Repository.Commit(("docker-compose.yml", $"services:\n  api:\n    image: {OwnEngine.Registry}/api:v1.0.0\n"));
        var warning = Assert.Single(Run("Deploy-ProService api v1.1.0 -WhatIf").ThrowIfFailed().Warnings);
        Assert.Contains("the next 'docker stack deploy' starts the image that its file names", warning, StringComparison.Ordinal);
        Assert.Contains($"docker-compose.yml:3 ('image: {OwnEngine.Registry}/api:v1.0.0')", warning, StringComparison.Ordinal);
        Assert.Contains($"'image: {OwnEngine.Registry}/api:v1.1.0'", warning, StringComparison.Ordinal);
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
        Assert.Contains("non-zero exit (3)", engine.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal("RolledBackByEngine", Text(Assert.Single(engine.Output), "Outcome"));
        Assert.Contains("out of luck", Texts(engine.Output[0], "LogTail"));
        Assert.Equal(["v1.0.0", "v1.0.0"], Running);
    }

    // A task that ends after the second for which it counts, on a machine that has much to do, would cost the other version its last one.
    private void WatchLonger() => _ = _swarm.Docker("service", "update", "--quiet", "--detach", "--update-monitor", "30s", _name);

    [Fact]
    public async Task Who_does_not_wait_gets_what_the_engine_has_accepted()
    {
        var result = One("Deploy-ProService api v1.1.0 -NoWait");
        Assert.Equal("Accepted", Text(result, "Outcome"));
        Assert.Contains(":v1.1.0@", Image, StringComparison.Ordinal);
        await UntilAsync(() => Running is ["v1.1.0", "v1.1.0"]);
    }

    [Fact]
    public void Who_asks_for_a_pause_gets_it_with_both_versions_there()
    {
        WatchLonger();

        // Without a delay the swarm goes on to the next task as soon as one runs, and may have replaced both before it sees the first fail.
        var result = Run("Deploy-ProService api v2.0.0 -FailureAction Pause -Delay 1m");
        Check(result.Error, "SwarmUpdatePaused", result.Error.CategoryInfo.Category);
        Assert.Equal("Paused", Text(Assert.Single(result.Output), "Outcome"));
        Assert.Contains(":v2.0.0@", Image, StringComparison.Ordinal);
        Assert.Contains("v1.0.0", Running);
    }

    [Fact]
    public void A_canary_goes_first_and_the_rest_follows()
    {
        var result = Run("Deploy-ProService api v1.1.0 -Canary 1 -CanaryWatch 0:0:2 -Verbose").ThrowIfFailed();
        Assert.Equal("Succeeded", Text(Assert.Single(result.Output), "Outcome"));
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);

        var sick = Run("Deploy-ProService api v2.0.0 -Canary 1 -CanaryWatch 0:0:2");
        Check(sick.Error, "SwarmUpdateRestored", ErrorCategory.InvalidOperation);
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);
    }

    [Fact]
    public void An_update_that_was_left_paused_on_purpose_is_not_repaired()
    {
        WatchLonger();
        var paused = Run("Deploy-ProService api v2.0.0 -FailureAction Pause");
        Check(paused.Error, "SwarmUpdatePaused", ErrorCategory.InvalidOperation);
        var before = Image;

        var repair = One("Repair-ProService api");
        Assert.Equal("NothingToDo", Text(repair, "Outcome"));
        Assert.Contains("the swarm says 'paused'", Text(repair, "Message"), StringComparison.Ordinal);
        Assert.Equal(before, Image);
        Assert.Equal("paused", UpdateState);
    }

    [Fact]
    public void An_update_by_somebody_else_is_not_repaired()
    {
        _ = _swarm.Docker(
            "service", "update", "--quiet", "--detach", "--update-delay", "1h", "--image", $"{OwnEngine.Registry}/api:v1.1.0", _name);

        var repair = One("Repair-ProService api");
        Assert.Equal("NothingToDo", Text(repair, "Outcome"));
        Assert.Contains("the swarm says 'updating'", Text(repair, "Message"), StringComparison.Ordinal);
        Assert.Contains(":v1.1.0", Image, StringComparison.Ordinal);
        Assert.Equal("updating", UpdateState);
    }

    [Fact]
    public void An_operator_is_asked_about_the_canary()
    {
        Host.Answers.Enqueue(0);
        Host.Answers.Enqueue(1);
        var refused = Run("Deploy-ProService api v1.1.0 -Canary 1 -Confirm");
        Check(refused.Error, "SwarmUpdateRestored", refused.Error.CategoryInfo.Category);
        Assert.Equal(2, Host.Prompts.Count);
        Assert.EndsWith("Deploy?", Host.Prompts[0], StringComparison.Ordinal);
        Assert.Contains("Go on with the other tasks?", Host.Prompts[1], StringComparison.Ordinal);
        Assert.Equal("RestoredPrevious", Text(Assert.Single(refused.Output), "Outcome"));
        Assert.Equal(["v1.0.0", "v1.0.0"], Running);

        Host.Answers.Enqueue(0);
        Host.Answers.Enqueue(0);
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0 -Canary 1 -Confirm"), "Outcome"));
        Assert.Equal(4, Host.Prompts.Count);
        Assert.Equal(["v1.1.0", "v1.1.0"], Running);
    }

    [Fact]
    public void One_whose_lock_is_gone_while_the_operator_thinks_goes_back_with_its_canary()
    {
        Host.Answers.Enqueue(0);
        Host.Answers.Enqueue(0);
        Host.BeforeAnswer = () =>
        {
            // The first question is the plan's: nothing is locked yet.
            if (Host.Prompts.Count == 1)
            {
                return;
            }

            var locks = _swarm.Docker("config", "ls", "--quiet", "--filter", "label=pro.dockerversioning.lock")
                .Split('\n', StringSplitOptions.RemoveEmptyEntries);
            _ = _swarm.Docker(["config", "rm", .. locks]);
        };
        var robbed = Run("Deploy-ProService api v1.1.0 -Canary 1 -Confirm");
        Check(robbed.Error, "LockLost", robbed.Error.CategoryInfo.Category);
        Assert.Contains("is no longer ours", robbed.Error.ToString(), StringComparison.Ordinal);
        Assert.Equal("RestoredPrevious", Text(Assert.Single(robbed.Output), "Outcome"));
        Assert.Equal(["v1.0.0", "v1.0.0"], Running);
    }

    [Fact]
    public void A_service_is_named_by_its_own_name_where_there_are_several()
    {
        _ = _swarm.Docker("service", "create", "--detach", "--name", _name + "-b", "--replicas", "0", $"{OwnEngine.Registry}/api:v1.0.0");
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
            _swarm.Remove(_name + "-b");
        }
    }

    // By the tasks' names: this kernel may have no IPVS, which virtual addresses and ingress ports need.
    [Fact]
    public async Task Of_two_thousand_requests_none_fails_while_two_replicas_are_updated_start_first()
    {
        foreach (var version in (string[])["v3.0.0", "v3.1.0"])
        {
            _swarm.Build($"{OwnEngine.Registry}/api:{version}", $"""
                FROM pro-sample/base:1
                HEALTHCHECK --interval=1s CMD wget -q -O /dev/null http://127.0.0.1:8080/version
                CMD mkdir /srv; echo {version} >/srv/version; httpd -p 8080 -h /srv; trap 'sleep 2; exit 0' TERM; while :; do sleep 60 & wait $!; done
                """);
            _ = _swarm.Docker("push", "--quiet", $"{OwnEngine.Registry}/api:{version}");
        }

        var network = _name + "-net";
        _ = _swarm.Docker("network", "create", "--driver", "overlay", "--attachable", network);
        _swarm.Remove(_name);
        _swarm.Create(_name, "--network", network, $"{OwnEngine.Registry}/api:v3.0.0");
        try
        {
            using var asker = new Asker(_swarm.StartDocker, _name + "-asker", network, $"tasks.{_name}:8080/version");
            _ = await asker.UntilAsync(answers => answers.Count > 50 && answers[^1] == "v3.0.0", Cancel);
            var before = asker.Answers.Count;
            Assert.Equal("Succeeded", Text(One("Deploy-ProService api v3.1.0 -Order StartFirst"), "Outcome"));
            _ = await asker.UntilAsync(answers => answers.TakeLast(50).All(answer => answer == "v3.1.0"), Cancel);
            Assert.Equal("Succeeded", Text(One("Invoke-ProRollback api v3.0.0 -Order StartFirst -Confirm:$false"), "Outcome"));
            var answers = (await asker.UntilAsync(
                answers => answers.Count > before + 2000 && answers.TakeLast(50).All(answer => answer == "v3.0.0"), Cancel))
                    .Skip(before).ToList();
            TestContext.Current.TestOutputHelper?.WriteLine($"{answers.Count(answer => answer == Asker.Failed)} failed of {answers.Count}");
            Assert.Equal(["v3.0.0", "v3.1.0"], answers.Distinct().Order());
        }
        finally
        {
            _swarm.Remove(_name);
            await UntilAsync(() => IsGone(network));
            _ = _swarm.Docker("service", "create", "--quiet", "--detach", "--name", _name, $"{OwnEngine.Registry}/api:v1.0.0");
        }
    }

    /// <summary>An engine can't rename a running container there.</summary>
    [Fact]
    public void A_container_on_an_attachable_overlay_network_is_stopped_first_and_replaced_and_restored()
    {
        const string Check = "HEALTHCHECK --interval=1s --retries=2 CMD [\"/bin/busybox\",\"test\",\"-e\",\"/bin/busybox\"]\n";
        const string Serve = "CMD [\"/bin/busybox\",\"httpd\",\"-f\",\"-p\",\"8080\",\"-h\",\"/bin\"]";
        _swarm.Publish("v4.0.0", Check + Serve);
        _swarm.Publish("v4.1.0", Check + "ENV NEW=1\n" + Serve);
        _swarm.Publish("v4.2.0", "HEALTHCHECK --interval=1s --retries=2 CMD [\"/bin/busybox\",\"false\"]\nENV NEW=2\n" + Serve);
        var network = _name + "-net";
        var container = _name + "-api";
        _ = _swarm.Docker("network", "create", "--driver", "overlay", "--attachable", network);
        _ = _swarm.Docker(
            "run", "--detach", "--name", container, "--network", network, "--network-alias", "shop", $"{OwnEngine.Registry}/api:v4.0.0");
        try
        {
            var refused = Bad($"Deploy-ProService api v4.1.0 -Container {container} -Order StartFirst -Confirm:$false", "OrderNotPossible",
                ErrorCategory.InvalidArgument);
            Assert.Contains($"its overlay network {network}", refused.ToString(), StringComparison.Ordinal);
            Runs("v4.0.0");
            Assert.Equal("Succeeded", Text(One($"Deploy-ProService api v4.1.0 -Container {container} -Confirm:$false"), "Outcome"));
            Runs("v4.1.0");
            var failed = Run($"Deploy-ProService api v4.2.0 -Container {container} -Confirm:$false");
            Assert.Equal("RestoredPrevious", Text(Assert.Single(failed.Output), "Outcome"));
            Runs("v4.1.0");
        }
        finally
        {
            _ = _swarm.Docker("rm", "--force", "--volumes", container);
            _ = _swarm.Docker("network", "rm", network);
        }

        void Runs(string version)
        {
            Assert.Equal($"{container} true", _swarm.Docker(
                "ps", "--all", "--filter", "name=" + container, "--format", "{{.Names}} {{if eq .State \"running\"}}true{{end}}").Trim());
            Assert.Equal(
                $"{OwnEngine.Registry}/api:{version} [shop]",
                _swarm.Docker("inspect", "--format", "{{.Config.Image}} {{range .NetworkSettings.Networks}}{{.Aliases}}{{end}}", container)
                    .Trim().Replace($" {_swarm.Docker("inspect", "--format", "{{.Id}}", container)[..12]}", "", StringComparison.Ordinal));
        }
    }

    private bool IsGone(string network)
    {
        try
        {
            _ = _swarm.Docker("network", "rm", network);
            return true;
        }
        catch (InvalidOperationException)
        {
            // Its last tasks are being removed.
            return false;
        }
    }

    protected override void Dispose(bool disposing)
    {
        _swarm.Remove(_name);
        base.Dispose(disposing);
    }
}
