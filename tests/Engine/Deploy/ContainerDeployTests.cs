using System.Management.Automation;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Engine.Faults;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>Deploying and rolling back a container of its own, through the cmdlets, on the real engine.</summary>
public sealed class ContainerDeployTests : DeployTest
{
    [Theory]
    [InlineData("StopFirst", "stop-first")]
    [InlineData("StartFirst", "start-first")]
    public void A_rollback_keeps_what_the_operator_has_set_and_is_recorded(string order, string told)
    {
        var old = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.1.0");
        var result = One($"Invoke-ProRollback api v1.0.0 -Order {order} -Reason 'too slow' -Confirm:$false");
        Assert.Equal("Succeeded", Text(result, "Outcome"));
        Assert.Equal("v1.1.0", Text(result, "From"));
        Assert.Equal("v1.0.0", Text(result, "Version"));
        Assert.Equal("Container", Text(result, "Strategy"));
        Assert.Equal(told, Text(result, "Order"));
        Assert.Equal("Healthy", Text(result, "Health"));
        Assert.Equal(old, Text(result, "ImageId"));
        Assert.Equal("container." + ContainerName, Text(result, "Target"));
        Assert.Contains("v1.0.0 of hello starts", Texts(result, "LogTail").Single(), StringComparison.Ordinal);
        Assert.InRange((TimeSpan)result.Properties["Downtime"].Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10));
        Assert.Contains(Texts(result, "Steps"), step => step.StartsWith("verify ", StringComparison.Ordinal));
        OnlyRuns("v1.0.0");
        Assert.Equal(["Rollback v1.0.0 Succeeded"], History());
        var line = One("Get-ProHistory api | Where-Object Target -eq 'container." + ContainerName + "'");
        Assert.Equal("too slow", Text(line, "Reason"));
        Assert.Equal("True", Text(line, "IsVerified"));
        Assert.Contains("v1.1.0 of hello starts", Texts(line, "LogTail").Single(), StringComparison.Ordinal);
        Assert.Contains("VERSION=v1.0.0", Container()["Config"]!["Env"]!.AsArray().Select(one => one!.ToString()));
    }

    [Fact]
    public void A_deployment_takes_the_newest_stable_version_here_and_keeps_the_way_back()
    {
        var old = Make("v1.9.0");
        _ = Make("v1.10.0");
        _ = Make("v2.0.0-rc.1");
        Start("v1.9.0");
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api"), "Outcome"));
        OnlyRuns("v1.10.0");
        var previous = Assert.Single(Tags(), tag => tag.StartsWith("pro-previous-", StringComparison.Ordinal));
        Assert.Equal(old, Id("api:" + previous));
        Assert.Equal(["Deploy v1.10.0 Succeeded"], History());
    }

    [Fact]
    public void A_deployment_pulls_what_only_the_registry_has()
    {
        _ = Make("v1.0.0");
        var pushed = Make("v1.1.0");
        TestEngine.Push($"{Registry}/api", "v1.1.0");
        TestEngine.Untag($"{Registry}/api:v1.1.0");
        Start("v1.0.0");
        Assert.Null(Id("api:v1.1.0"));
        var result = One("Deploy-ProService api");
        Assert.Equal("Succeeded", Text(result, "Outcome"));
        Assert.Equal(pushed, Text(result, "ImageId"));
        using var registry = TestRegistry.Open();
        Assert.Equal(registry.DigestOf($"{RegistryPath}/api", "v1.1.0"), Text(result, "Digest"));
        OnlyRuns("v1.1.0");
    }

    [Theory]
    [InlineData("Invoke-ProRollback -Confirm:$false")]
    [InlineData("Deploy-ProService")]
    public void A_list_of_versions_is_refused_before_anything_is_touched(string command)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        _ = Make("v1.2.0");
        Start("v1.2.0");
        var before = Container()["Id"]!.ToString();
        var error = Bad($"Get-ProImageVersion api | {command}", "SeveralVersions", ErrorCategory.InvalidArgument);
        Assert.Contains("v1.2.0, v1.1.0, v1.0.0", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("Select-Object -First 1", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(before, Container()["Id"]!.ToString());
        Assert.Empty(History());

        var one = One($"Get-ProImageVersion api | Where-Object {{ \"$($_.Version)\" -eq 'v1.1.0' }} | {command}");
        Assert.Equal("v1.1.0", Text(one, "Version"));
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public void A_rollback_below_the_databases_schema_is_warned_of_in_the_plan_and_when_it_is_done()
    {
        const string Told = "works on schema level 10, and v1.0.0 on 9 (pro.dockerversioning.schema)";
        _ = Make("v1.0.0", schema: "9");
        _ = Make("v1.1.0", schema: "10");
        Start("v1.0.0");
        Assert.Empty(Run("Deploy-ProService api v1.1.0").ThrowIfFailed().Warnings);
        Assert.Empty(Good("Invoke-ProRollback api v1.0.0 -WhatIf -WarningAction Ignore"));
        Assert.Contains(Told, Host.Text, StringComparison.Ordinal);
        var result = Run("Invoke-ProRollback api v1.0.0 -Confirm:$false").ThrowIfFailed();
        Assert.Contains(Told, Assert.Single(result.Warnings), StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void The_schema_of_an_image_that_has_to_be_pulled_is_told_as_soon_as_it_is_here()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", schema: "10");
        TestEngine.Push($"{Registry}/api", "v1.0.0");
        TestEngine.Untag($"{Registry}/api:v1.0.0");
        Start("v1.1.0");
        var result = Run("Invoke-ProRollback api v1.0.0 -Confirm:$false").ThrowIfFailed();
        Assert.Contains("and v1.0.0 names none", Assert.Single(result.Warnings), StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void What_runs_already_is_left_alone_unless_it_is_forced()
    {
        _ = Make("v1.0.0");
        Start("v1.0.0");
        var before = Container()["Id"]!.ToString();
        Assert.Equal("NothingToDo", Text(One("Deploy-ProService api v1.0.0"), "Outcome"));
        Assert.Equal("NothingToDo", Text(One("Invoke-ProRollback api v1.0.0 -Confirm:$false"), "Outcome"));
        Assert.Equal(before, Container()["Id"]!.ToString());
        Assert.Empty(History());
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.0.0 -Force"), "Outcome"));
        Assert.NotEqual(before, Container()["Id"]!.ToString());
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void The_previous_version_is_the_one_that_was_proven_and_never_the_one_that_was_left()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.0.5");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        _ = Good("Deploy-ProService api v1.1.0");
        var result = One("Invoke-ProRollback api -Previous -Confirm:$false");
        Assert.Equal("v1.0.0", Text(result, "Version"));
        OnlyRuns("v1.0.0");
        _ = Bad("Invoke-ProRollback api -Previous -Confirm:$false", "NoPreviousVersion", ErrorCategory.ObjectNotFound);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void After_a_rollback_by_version_previous_goes_on_backwards()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        _ = Make("v1.2.0");
        Start("v1.0.0");
        _ = Good("Deploy-ProService api v1.1.0; Deploy-ProService api v1.2.0");
        Assert.Equal("v1.1.0", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Version"));
        Assert.Equal("v1.0.0", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Version"));
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void Where_nothing_is_known_there_is_no_previous_version()
    {
        _ = Make("v1.0.0");
        Start("v1.0.0");
        _ = Bad("Invoke-ProRollback api -Previous -Confirm:$false", "NoPreviousVersion", ErrorCategory.ObjectNotFound);
        OnlyRuns("v1.0.0");
    }

    [Theory]
    [InlineData("StopFirst", true)]
    [InlineData("StartFirst", false)]
    public void A_version_that_never_gets_healthy_is_not_kept(string order, bool isCut)
    {
        var old = Make("v1.0.0");
        _ = Make("v1.1.0", health: ":");
        Start("v1.0.0");
        var (result, error) = Restored($"Deploy-ProService api v1.1.0 -Order {order}");
        Assert.Contains("v1.0.0 runs again, and is healthy", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("unhealthy", error.ToString(), StringComparison.Ordinal);
        Assert.Contains(Texts(result, "LogTail"), line => line.Contains("v1.1.0 of hello starts", StringComparison.Ordinal));
        Assert.Equal("Unhealthy", Text(result, "Health"));
        Assert.Equal(ContainerName + " v1.1.0", Text(result, "HealthContainer"));
        Assert.Equal("Healthy", Text(result, "PreviousHealth"));
        Assert.Contains(
            Texts(Good("Get-ProHistory api -Kind Deploy")[0], "LogTail"),
            line => line.Contains("v1.1.0 of hello starts", StringComparison.Ordinal));
        if (isCut)
        {
            // It got sick after two checks, a second apart; nobody answered all that time.
            Assert.InRange((TimeSpan)result.Properties["Downtime"].Value, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
        }
        else
        {
            Assert.Null(result.Properties["Downtime"].Value);
        }

        OnlyRuns("v1.0.0");
        Assert.Equal(old, Container()["Image"]!.ToString());
        Assert.Equal(["Restore v1.0.0 Succeeded", "Deploy v1.1.0 RestoredPrevious"], History());
    }

    [Fact]
    public void The_plan_says_for_how_long_an_unhealthy_version_can_keep_the_service_down()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", retries: 3);
        Start("v1.0.0");
        Assert.Empty(Good("Deploy-ProService api v1.1.0 -WhatIf"));
        // 10 s to stop each, its time-out of 2 s, a minute (nobody knows yet how long it needs), and 7 s until its port must answer.
        Assert.Contains("down for at most 89 s", Host.Text, StringComparison.Ordinal);

        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0"), "Outcome"));
        Host.Clear();
        Assert.Empty(Good("Invoke-ProRollback api v1.0.0 -WhatIf"));
        // It started at once: three times that is less than the least of 15 s.
        Assert.Contains("down for at most 44 s", Host.Text, StringComparison.Ordinal);
        Host.Clear();
        Assert.Empty(Good("Invoke-ProRollback api v1.0.0 -HealthTimeout 0:0:5 -WhatIf"));
        Assert.Contains("down for at most 32 s", Host.Text, StringComparison.Ordinal);
        Host.Clear();
        Assert.Empty(Good("Invoke-ProRollback api v1.0.0 -Order StartFirst -WhatIf"));
        Assert.Contains("doesn't answer on the ports once it has them, api is down for at most 15 s", Host.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_health_timeout_of_pro_json_is_the_plans_and_the_verdicts_and_a_typed_one_goes_before()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: ":", retries: 60);
        Start("v1.0.0");
        _ = Repository.Write("pro.json", """{ "services": { "api": { "context": "apps/api", "healthTimeout": "5s" } } }""");
        Assert.Empty(Good("Deploy-ProService api v1.1.0 -HealthTimeout 9s -WhatIf"));
        Assert.Contains("down for at most 36 s", Host.Text, StringComparison.Ordinal);
        Host.Clear();
        Assert.Empty(Good("Deploy-ProService api v1.1.0 -WhatIf"));
        Assert.Contains("down for at most 32 s", Host.Text, StringComparison.Ordinal);

        var (result, _) = Restored("Deploy-ProService api v1.1.0");
        Assert.Equal("TimedOut", Text(result, "Health"));
        Assert.Contains("5 s", Text(result, "HealthMessage"), StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void A_version_without_any_check_is_called_running_and_the_result_says_what_that_is_worth()
    {
        _ = Make("v1.0.0", isChecked: false);
        _ = Make("v1.1.0", isChecked: false);
        Start("v1.0.0");
        var result = One("Deploy-ProService api v1.1.0");
        Assert.Equal("Running Stability", $"{Text(result, "Health")} {Text(result, "HealthProof")}");
        Assert.Matches("^ran for 3\\.[0-9] s without an exit or a restart; no health check verified it$", Text(result, "HealthMessage"));
        Assert.Equal(ContainerName + " v1.1.0", Text(result, "HealthContainer"));
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public void A_version_that_ends_at_once_is_not_kept()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: "exit 3");
        Start("v1.0.0");
        var (_, error) = Restored("Deploy-ProService api v1.1.0");
        Assert.Contains("3", error.ToString(), StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void One_that_gets_sick_while_it_is_watched_is_not_kept()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: "touch /srv/health; (sleep 3; rm /srv/health) &", retries: 1);
        Start("v1.0.0");
        var (result, _) = Restored("Deploy-ProService api v1.1.0 -Watch 00:00:30");
        Assert.Contains(Texts(result, "Steps"), step => step.StartsWith("watch ", StringComparison.Ordinal));
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void An_image_that_is_nowhere_touches_nothing()
    {
        _ = Make("v1.0.0");
        Start("v1.0.0");
        var before = Untouched();
        var error = Bad("Invoke-ProRollback api v0.9.0 -Confirm:$false", "ImageNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains("v1.0.0", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(before, Untouched());
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void A_tag_that_was_moved_is_not_what_was_proven()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.1.0");
        _ = Good("Invoke-ProRollback api v1.0.0 -Confirm:$false; Deploy-ProService api v1.1.0");
        var other = Make("v1.0.0", health: "touch /srv/health /srv/other");
        _ = Bad("Invoke-ProRollback api v1.0.0 -Confirm:$false", "NotTheVerifiedImage", ErrorCategory.InvalidData);
        OnlyRuns("v1.1.0");
        var result = Run("Invoke-ProRollback api v1.0.0 -Force -Confirm:$false").ThrowIfFailed();
        Assert.Contains(result.Warnings, warning => warning.Contains("has changed: the tag now names", StringComparison.Ordinal));
        Assert.Equal(other, Container()["Image"]!.ToString());
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void Of_several_the_one_that_is_meant_must_be_named()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.1.0");
        _ = TestEngine.CreateContainer($"{Registry}/api:v1.1.0", ContainerName + "2", start: true);
        var error = Bad("Invoke-ProRollback api v1.0.0 -Confirm:$false", "SeveralTargets", ErrorCategory.InvalidArgument);
        Assert.Contains($"-Container {ContainerName}2", error.ToString() + error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("Succeeded", Text(One($"Invoke-ProRollback api v1.0.0 -Container {ContainerName} -Confirm:$false"), "Outcome"));
        TestEngine.RemoveContainer(ContainerName + "2");
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void Images_without_labels_work()
    {
        _ = Make("v1.0.0", labelled: false);
        _ = Make("v1.1.0", labelled: false);
        Start("v1.1.0");
        var result = One("Invoke-ProRollback api v1.0.0 -Confirm:$false");
        Assert.Equal("v1.1.0", Text(result, "From"));
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void The_operator_picks_from_a_list_on_which_the_one_before_is_marked()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        _ = Make("v1.2.0");
        Start("v1.0.0");
        _ = Good("Deploy-ProService api v1.1.0");

        // The second of the list, and yes.
        Host.Answers.Enqueue(2);
        Host.Answers.Enqueue(0);
        var result = One("Invoke-ProRollback api");
        Assert.Equal("v1.0.0", Text(result, "Version"));
        var list = Host.Prompts[0].Split('\n');
        Assert.Equal("Roll back api", list[0].Trim());
        Assert.Contains(list, line => line.StartsWith("2  v1.1.0", StringComparison.Ordinal)
            && line.Contains("running now", StringComparison.Ordinal));
        Assert.Contains(list, line => line.StartsWith("3  v1.0.0", StringComparison.Ordinal)
            && line.Contains("the one before", StringComparison.Ordinal));
        Assert.Contains("Roll back?", Host.Prompts[1], StringComparison.Ordinal);
        Assert.Equal(2, Host.Defaults[0]);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void The_way_back_is_offered_although_nine_others_are_newer()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        _ = Good("Deploy-ProService api v1.1.0");
        foreach (var patch in Enumerable.Range(1, 9))
        {
            TestEngine.Tag($"{Registry}/api:v1.1.0", $"{Registry}/api", $"v1.1.{patch}");
        }

        // The last of the list is the default; the plan is not agreed to.
        Host.Answers.Enqueue(8);
        Host.Answers.Enqueue(2);
        Assert.Empty(Good("Invoke-ProRollback api"));
        Assert.Contains("9  v1.0.0", Host.Prompts[0], StringComparison.Ordinal);
        Assert.Equal(8, Host.Defaults[0]);
        Assert.Contains("v1.1.0 -> v1.0.0", Host.Prompts[1], StringComparison.Ordinal);
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public void A_container_that_removes_itself_is_restored_whatever_the_size_of_its_configuration()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: ":");
        var large = "LARGE=" + Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(50_000));
        _ = DockerClient.Run(null, "run", "--detach", "--rm", "--name", ContainerName, "--env", large, $"{Registry}/api:v1.0.0");
        _ = Restored("Deploy-ProService api v1.1.0");
        Assert.Equal($"{Registry}/api:v1.0.0", Container()["Config"]!["Image"]!.ToString());
        Assert.Contains(large, Container()["Config"]!["Env"]!.AsArray().Select(one => one!.ToString()));
        NothingLeft();
    }

    [Fact]
    public void A_container_that_removes_itself_leaves_its_last_lines_to_the_history()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        _ = DockerClient.Run(null, "run", "--detach", "--rm", "--name", ContainerName, $"{Registry}/api:v1.0.0");
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0"), "Outcome"));
        var line = Good("Get-ProHistory api").First(one => Text(one, "Target") == "container." + ContainerName);
        Assert.Contains(Texts(line, "LogTail"), text => text.StartsWith("v1.0.0 of", StringComparison.Ordinal));
    }

    [Fact]
    public void A_paused_container_is_replaced_by_one_that_runs()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        _ = TestEngine.Call(HttpMethod.Post, $"/containers/{ContainerName}/pause");
        var result = One("Deploy-ProService api v1.1.0");
        Assert.Equal("Succeeded Healthy", $"{Text(result, "Outcome")} {Text(result, "Health")}");
        Assert.Equal("running", Container()["State"]!["Status"]!.ToString());
        OnlyRuns("v1.1.0");
    }

    /// <summary>Two of the four by PRO_TEST_SEED: each order, and each decision.</summary>
    public static TheoryData<string, string, bool> HealthUrls => new(
        [.. FaultMatrix.Some("StopFirst", "StartFirst")
            .SelectMany(kept => new[] { (kept, "version", true), (Other(kept), "v1.0.0", false) })]);

    private static string Other(string order) => order == "StopFirst" ? "StartFirst" : "StopFirst";

    [Theory]
    [MemberData(nameof(HealthUrls))]
    public void A_health_url_decides_over_what_has_no_check_of_its_own(string order, string page, bool isKept)
    {
        _ = Make("v1.0.0", isChecked: false);
        _ = Make("v1.1.0", isChecked: false);
        Start("v1.0.0");
        WriteHealthUrl(page);
        var script = $"Deploy-ProService api v1.1.0 -Order {order} -HealthTimeout 0:0:5";
        var result = isKept ? One(script) : Restored(script).Result;
        Assert.Equal(isKept ? "Succeeded" : "RestoredPrevious", Text(result, "Outcome"));
        if (!isKept && order == "StartFirst")
        {
            // It was asked before it got the port.
            Assert.Null(result.Properties["Downtime"].Value);
        }

        OnlyRuns(isKept ? "v1.1.0" : "v1.0.0");
    }

    [Fact]
    public void A_health_url_that_can_not_be_asked_before_the_ports_change_hands_is_a_reason_for_stop_first()
    {
        _ = Make("v1.0.0", isChecked: false);
        _ = Make("v1.1.0", isChecked: false);
        Start("v1.0.0");
        _ = Repository.Write(
            "pro.json", """{ "services": { "api": { "context": "apps/api", "healthUrl": "http://shop.invalid/version" } } }""");
        var error = Bad("Deploy-ProService api v1.1.0 -Order StartFirst -WhatIf", "OrderNotPossible", ErrorCategory.InvalidArgument);
        Assert.Contains("http://shop.invalid/version (healthUrl) names a host", error.ToString(), StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
    }

    /// <summary>The name stands in a script of the image: the old container answers it for as long as it runs.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_check_that_only_the_old_container_answers_is_not_believed(bool isPublished)
    {
        MakeNetwork(hasPeer: false);
        IsPublished = isPublished;
        var script = $"echo wget -q -O /dev/null http://{ContainerName}:8080/health > /check";
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: script, check: "sh /check");
        _ = Make("v1.2.0", health: $"{script}; touch /srv/health", check: "sh /check");
        Start("v1.0.0");
        var before = Container()["Id"]!.ToString();
        var (result, _) = Restored("Deploy-ProService api v1.1.0 -Order StartFirst");
        Assert.Equal("Unhealthy Healthy", $"{Text(result, "Health")} {Text(result, "PreviousHealth")}");
        Assert.Equal(before, Container()["Id"]!.ToString());
        OnlyRuns("v1.0.0");

        result = One("Deploy-ProService api v1.2.0 -Order StartFirst");
        Assert.Equal("Succeeded start-first", $"{Text(result, "Outcome")} {Text(result, "Order")}");
        Assert.Equal(isPublished, result.Properties["Downtime"].Value is not null);
        OnlyRuns("v1.2.0");
    }

    /// <summary>A proxy that routes to healthy containers only knows the new one from then on.</summary>
    [Fact]
    public void Start_first_keeps_the_old_container_until_the_engine_itself_says_healthy()
    {
        MakeNetwork(hasPeer: false);
        IsPublished = false;
        _ = Make("v1.0.0", interval: 6);
        _ = Make("v1.1.0", interval: 6);
        Start("v1.0.0");
        var old = Container()["Id"]!.ToString();

        var events = TestEngine.EventsOf(() =>
        {
            var result = One("Deploy-ProService api v1.1.0 -Order StartFirst");
            Assert.Equal("Succeeded start-first", $"{Text(result, "Outcome")} {Text(result, "Order")}");
        }).ToList();

        var healthy = events.IndexOf(("health_status: healthy", Container()["Id"]!.ToString()));
        var stopped = events.IndexOf(("kill", old));
        Assert.True(healthy >= 0 && stopped > healthy, string.Join('\n', events));
    }

    /// <summary>Healthy inside, and nobody reaches it: the old one answered there.</summary>
    [Theory]
    [InlineData("StopFirst")]
    [InlineData("StartFirst")]
    public void One_that_answers_only_itself_is_not_kept(string order)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: "killall httpd; httpd -p 127.0.0.1:8080 -h /srv; touch /srv/health");
        Start("v1.0.0");
        var (_, error) = Restored($"Deploy-ProService api v1.1.0 -Order {order}");
        Assert.Contains($"The new version of {ContainerName} runs, but after", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("doesn't answer where the old container did", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("0.0.0.0", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("StopFirst", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void A_health_url_that_both_would_answer_is_said_not_to_be_asked()
    {
        MakeNetwork(hasPeer: false);
        IsPublished = false;
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        WriteHealthUrl("version");
        var result = Run("Deploy-ProService api v1.1.0 -Order StartFirst -WhatIf").ThrowIfFailed();
        Assert.Contains("(healthUrl) is not asked", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Empty(Run("Deploy-ProService api v1.1.0 -WhatIf").ThrowIfFailed().Warnings);
    }

    [Theory]
    [InlineData("StopFirst")]
    [InlineData("StartFirst")]
    public void A_health_url_of_a_port_that_is_not_the_services_is_refused_in_the_plan(string order)
    {
        _ = Make("v1.0.0", isChecked: false);
        _ = Make("v1.1.0", isChecked: false);
        Start("v1.0.0");
        var before = Untouched();
        Repository.Write(
            "pro.json", """{ "services": { "api": { "context": "apps/api", "healthUrl": "http://u:s3cret@localhost:9/?s3cret" } } }""");
        var error = Bad(
            $"Deploy-ProService api v1.1.0 -Order {order} -WhatIf", "HealthUrlPortNotPublished", ErrorCategory.InvalidArgument);
        Assert.Contains(
            $"names port 9, which {ContainerName} doesn't publish: it publishes {Port}.", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", error + error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(before, Untouched());
    }

    [Fact]
    public void A_no_changes_nothing()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.1.0");
        var before = Untouched();
        Host.Answers.Enqueue(2);
        Assert.Empty(Good("Invoke-ProRollback api v1.0.0"));
        Assert.Equal(before, Untouched());
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public async Task A_job_must_name_the_version()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.1.0");
        // The choice in its input was not meant for the list of versions.
        var result = await FreshProcess.RunAsync(
            $"Import-Module '{TestSetup.ModuleManifest}'; Invoke-ProRollback api -Confirm:$false", Repository.Root, input: "2\n",
            cancellationToken: Cancel);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("No version of api was named", result.Output + result.Error, StringComparison.Ordinal);
        Assert.Contains("v1.1.0, v1.0.0", result.Output + result.Error, StringComparison.Ordinal);
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public void An_upgrade_by_rollback_is_warned_of()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        var result = Run("Invoke-ProRollback api v1.1.0 -Confirm:$false").ThrowIfFailed();
        Assert.Contains(result.Warnings, warning => warning.Contains("this is an upgrade", StringComparison.Ordinal));
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public void An_upgrade_by_rollback_has_a_way_back_as_every_deployment()
    {
        var old = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        _ = Good("Invoke-ProRollback api v1.1.0 -Confirm:$false");
        Assert.Equal(old, Id("api:" + Assert.Single(Tags(), tag => tag.StartsWith("pro-previous-", StringComparison.Ordinal))));

        // The same version again takes nothing of it away.
        _ = Good("Invoke-ProRollback api v1.1.0 -Force -Confirm:$false");
        Assert.Equal("v1.0.0", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Version"));
        OnlyRuns("v1.0.0");
    }

    [Theory]
    [InlineData("-Keep 0")]
    [InlineData("-Unused")]
    public void After_a_rollback_cleaning_leaves_the_version_to_which_the_next_one_goes(string mode)
    {
        _ = Make("v1.0.0");
        _ = Make("v2.0.0");
        _ = Make("v3.0.0");
        Start("v1.0.0");
        _ = Good("Deploy-ProService api v2.0.0; Deploy-ProService api v3.0.0; Invoke-ProRollback api -Previous -Confirm:$false");
        OnlyRuns("v2.0.0");
        var gone = Good($"Remove-ProOldImage api {mode} -GracePeriod 0 -Confirm:$false")
            .Where(result => Text(result, "Action") == "Removed");
        Assert.Equal(["v3.0.0"], gone.Select(result => Text(result, "Version")).Where(version => version is not null).Distinct());
        Assert.Equal("v1.0.0", Text(One("Invoke-ProRollback api -Previous -Confirm:$false"), "Version"));
        OnlyRuns("v1.0.0");
    }

    [Theory]
    [InlineData("Invoke-ProRollback api v1.0.0 -WhatIf")]
    [InlineData("Deploy-ProService api v1.0.0 -Order StartFirst -WhatIf")]
    public void What_would_be_done_is_shown_and_not_done(string script)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.1.0");
        var before = Untouched();
        Host.Clear();
        Assert.Empty(Good(script));
        Assert.Contains("What if: api: v1.1.0 -> v1.0.0", Host.Text, StringComparison.Ordinal);
        Assert.Contains($"the container {ContainerName} is re-created", Host.Text, StringComparison.Ordinal);
        Assert.Equal(before, Untouched());
        Assert.Empty(History());
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public void Versions_come_from_the_pipeline()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.1.0");
        var result = One("Get-ProImageVersion api | Where-Object { \"$($_.Version)\" -eq 'v1.0.0' } | Invoke-ProRollback -Confirm:$false");
        Assert.Equal("v1.0.0", Text(result, "Version"));
        OnlyRuns("v1.0.0");
    }

    [Theory]
    [InlineData("StopFirst")]
    [InlineData("StartFirst")]
    public async Task Ctrl_C_in_the_middle_brings_the_old_one_back(string order)
    {
        _ = Make("v1.0.0");
        var slow = Make("v1.1.0", health: ":", retries: 60);
        Start("v1.0.0");
        var (result, _) = await StopOnceUpAsync($"Deploy-ProService api v1.1.0 -Order {order}", slow, TimeSpan.FromSeconds(30));
        Assert.Equal(PSInvocationState.Stopped, result.State);
        Assert.Contains("Stopped before v1.1.0 was verified. api v1.0.0 runs again, and is healthy.", Host.Text, StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
        Assert.Equal(["Restore v1.0.0 Succeeded", "Deploy v1.1.0 Stopped"], History());
    }

    [Theory]
    [InlineData("v1.1.0", 1, "v1.0.0")]
    [InlineData("v1.2.0", 0, "v1.2.0")]
    public async Task The_exit_code_of_a_job_tells(string version, int code, string runs)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: ":");
        _ = Make("v1.2.0");
        Start("v1.0.0");
        var script = Path.Combine(Repository.Beside, "job.ps1");
        await File.WriteAllTextAsync(
            script,
            $"$ErrorActionPreference = 'Stop'\nImport-Module '{TestSetup.ModuleManifest}'\n"
                + $"Deploy-ProService api {version} -Confirm:$false\n",
            Cancel);
        var result = await FreshProcess.RunFileAsync(script, Repository.Root, Cancel);
        Assert.True(code == result.ExitCode, result.Output + result.Error);
        OnlyRuns(runs);
    }

    [Trait("Run", "all")] // LockTests has twenty processes.
    [Fact]
    public async Task Of_twenty_at_once_one_does_it_and_the_others_are_told_who()
    {
        _ = Make("v1.0.0", health: "(sleep 12; touch /srv/health) &", retries: 60);
        _ = Make("v1.1.0");
        Start("v1.1.0");
        var shells = Enumerable.Range(0, 20).Select(_ => new Shell().In(Repository.Root)).ToArray();
        var results = await Task.WhenAll(shells.Select(shell => Task.Factory.StartNew(
            () => shell.Run("Invoke-ProRollback api v1.0.0 -Confirm:$false"), Cancel, TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        foreach (var shell in shells)
        {
            shell.Dispose();
        }

        var done = Assert.Single(results, result => result.Failure is null && result.Errors.Count == 0);
        Assert.Equal("Succeeded", Text(Assert.Single(done.Output), "Outcome"));
        Assert.All(results.Where(result => result != done), result =>
        {
            Check(result.Error, "TargetLocked", ErrorCategory.ResourceBusy);
            Assert.Contains($"(process {Environment.ProcessId}), since", result.Error.ToString(), StringComparison.Ordinal);
        });
        OnlyRuns("v1.0.0");
    }

    [Theory]
    [InlineData("-Previous")]
    [InlineData("v1.0.0")]
    public void The_way_back_is_there_although_its_tag_was_taken(string asked)
    {
        var old = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        _ = Good("Deploy-ProService api v1.0.0 -Force; Deploy-ProService api v1.1.0");
        TestEngine.Untag($"{Registry}/api:v1.0.0");
        Assert.Equal(old, Text(One($"Invoke-ProRollback api {asked} -Confirm:$false"), "ImageId"));
        Assert.Equal(old, Id("api:v1.0.0"));
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void A_container_that_had_ended_is_replaced_by_one_that_runs()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        _ = TestEngine.Call(HttpMethod.Post, $"/containers/{ContainerName}/stop");
        var result = One("Deploy-ProService api v1.1.0");
        Assert.Equal("Healthy", Text(result, "Health"));
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public async Task What_was_interrupted_is_repaired_first_if_the_operator_agrees()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Start("v1.0.0");
        await KillAtStopAsync("Deploy-ProService api v1.1.0");
        Assert.Empty(Good("Deploy-ProService api v1.1.0 -WhatIf"));
        Host.Answers.Enqueue(2);
        Assert.Empty(Good("Invoke-ProRollback api v1.0.0"));
        Assert.Equal([$"{ContainerName}.pro-next", $"{ContainerName}.pro-prev"], Containers());
        var result = Run("Deploy-ProService api v1.1.0").ThrowIfFailed();
        Assert.Contains(result.Warnings, warning => warning.Contains("v1.0.0 is running again", StringComparison.Ordinal));
        OnlyRuns("v1.1.0");
        Assert.Equal(["Deploy v1.1.0 Succeeded", "Repair v1.0.0 RestoredPrevious"], History());
        Assert.Equal("NothingToDo", Text(One("Repair-ProService api"), "Outcome"));
    }

    /// <summary>
    /// Somebody removed the container after a command had died on it: its lock says nothing any more, and stops cleaning for ever.
    /// </summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void The_lock_of_a_container_that_was_removed_goes_if_its_holder_is_gone(bool isLeftBehind, bool isRemoved)
    {
        _ = Make("v1.0.0");
        if (!isRemoved)
        {
            Start("v1.0.0", ContainerName + "-other");
        }

        var volume = $"pro-lock-container.{ContainerName}-other";
        var renewals = 0;
        Claim(volume);

        // A holder elsewhere lives as long as it renews its lock.
        using var lives = isLeftBehind ? null
            : new Timer(_ => Claim($"pro-lock-next.{ContainerName}.{++renewals}"), null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
        _ = Run("Repair-ProService api -Container nobody -WhatIf");
        Assert.NotNull(TestEngine.Call(HttpMethod.Get, "/volumes/" + volume)?["Labels"]);
        _ = Run("Repair-ProService api -Container nobody");
        Assert.Equal(isLeftBehind && isRemoved, TestEngine.Call(HttpMethod.Get, "/volumes/" + volume)?["Labels"] is null);

        void Claim(string name)
        {
            var claim = new JsonObject
            {
                ["target"] = $"container.{ContainerName}-other",
                ["nonce"] = ContainerName,
                ["chain"] = ContainerName,
                ["renewal"] = renewals,
                ["operation"] = "roll back",
                ["user"] = "mei",
                ["host"] = "elsewhere",
                ["process"] = new JsonObject
                {
                    ["machine"] = isLeftBehind ? ThisMachine.Key : "another",
                    ["id"] = ThisMachine.GoneProcess,
                    ["start"] = "1",
                },
                ["since"] = DateTimeOffset.UtcNow.AddHours(-2),
            };
            _ = TestEngine.Call(HttpMethod.Post, "/volumes/create", new JsonObject
            {
                ["Name"] = name,
                ["Labels"] = new JsonObject { ["pro.dockerversioning.lock"] = claim.ToJsonString() },
            });
        }
    }

    /// <summary>It asks once, at its start, and ends if that fails.</summary>
    [Fact]
    public void One_that_asks_for_a_peer_at_once_finds_it_in_a_warm_swap()
    {
        MakeNetwork(hasPeer: true);
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: $"ping -c 1 {Peer} || exit 1; touch /srv/health");
        Start("v1.0.0");
        var result = One("Deploy-ProService api v1.1.0 -Order StartFirst");
        Assert.Equal("Succeeded start-first", $"{Text(result, "Outcome")} {Text(result, "Order")}");
        OnlyRuns("v1.1.0");
    }

    /// <summary>The gateway leads nowhere until the ports have changed hands.</summary>
    [Theory]
    [InlineData(true, "reaches its neighbours and nothing else")]
    [InlineData(false, "has no network")]
    public void One_that_needs_what_is_outside_at_its_start_is_refused_in_a_warm_swap_with_the_way_to_do_it(bool ownNetwork, string told)
    {
        if (ownNetwork)
        {
            MakeNetwork(hasPeer: false);
        }

        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: "ping -c 1 -W 2 $(ip route | awk '/^default/ { print $3 }') || exit 1; touch /srv/health");
        Start("v1.0.0");

        var (_, error) = Restored("Deploy-ProService api v1.1.0 -Order StartFirst");

        Assert.Contains(told, error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("-Order StopFirst", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        OnlyRuns("v1.0.0");
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0 -Order StopFirst"), "Outcome"));
        OnlyRuns("v1.1.0");
    }

    private void WriteHealthUrl(string page) => Repository.Write(
        "pro.json",
        $$"""{ "services": { "api": { "context": "apps/api", "healthUrl": "http://127.0.0.1:{{Port}}/{{page}}" } } }""");
}
