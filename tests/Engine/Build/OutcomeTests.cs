using System.Management.Automation;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Tests.Engine.Build;

/// <summary>How builds end: built, already there, refused, failed, cut off.</summary>
public sealed class OutcomeTests : EngineTest
{
    private const string Fails = $"FROM {Base}\nRUN echo some words && echo the reason >&2 && exit 7\n";

    [Fact]
    public void What_is_built_already_is_returned_at_once_and_Force_builds_it_again()
    {
        _ = Release("v1.0.0");
        var first = One("Build-ProImage api v1.0.0");
        Assert.Equal("Built", Text(first, "Outcome"));
        var second = One("Build-ProImage api v1.0.0");
        Assert.Equal("AlreadyBuilt", Text(second, "Outcome"));
        Assert.Equal(Text(first, "ImageId"), Text(second, "ImageId"));
        Assert.Equal("", Text(second, "Builder"));
        Assert.Equal(["latest"], Texts(second, "Aliases"));
        Assert.Equal("Built", Text(One("Build-ProImage api v1.0.0 -Force"), "Outcome"));
    }

    [Theory]
    [InlineData("-BuildArg @{ X = '1' }")]
    [InlineData("-Label @{ x = '1' }")]
    [InlineData("-Target second")]
    public void Other_inputs_build_again(string parameters)
    {
        _ = Commit(dockerfile: "FROM scratch AS first\nARG X\nCOPY file /\nFROM first AS second\nCOPY file /second\n");
        _ = One("Build-ProImage api");
        Assert.Equal("Built", Text(One($"Build-ProImage api {parameters}"), "Outcome"));
        Assert.Equal("AlreadyBuilt", Text(One($"Build-ProImage api {parameters}"), "Outcome"));
    }

    [Theory]
    [InlineData("no_cache: true")]
    [InlineData("pull: true")]
    public void A_compose_file_that_wants_it_built_anew_is_heard(string wish)
    {
        // From scratch: there is no base that would have to be pulled.
        _ = Repository.Commit(
            ("apps/api/Dockerfile", CopyAll), ("compose.yaml", $"services:\n  api:\n    build: {{ context: apps/api, {wish} }}\n"));
        _ = One("Build-ProImage api");
        Assert.Equal("Built", Text(One("Build-ProImage api"), "Outcome"));
    }

    [Fact]
    public void Another_default_platform_is_another_input()
    {
        _ = Commit();
        _ = One("Build-ProImage api");
        Variables["DOCKER_DEFAULT_PLATFORM"] = "linux/amd64";
        Assert.Equal("Built", Text(One("Build-ProImage api"), "Outcome"));
        Assert.Equal("AlreadyBuilt", Text(One("Build-ProImage api"), "Outcome"));
    }

    [Fact]
    public void An_image_of_another_commit_under_that_version_is_refused_without_Force()
    {
        var old = Release("v1.0.0");
        _ = One("Build-ProImage api v1.0.0");
        var before = Id("api:v1.0.0");
        _ = Commit(text: "another");
        _ = Repository.Git("tag", "--force", "v1.0.0");
        var error = Bad("Build-ProImage api v1.0.0", "VersionIsAnotherCommit", ErrorCategory.ResourceExists);
        Assert.Contains(old[..12], error.ToString(), StringComparison.Ordinal);
        Assert.Contains(Head12, error.ToString(), StringComparison.Ordinal);
        Assert.Contains("the git tag has moved", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, Id("api:v1.0.0"));
        _ = One("Build-ProImage api v1.0.0 -Force");
        Assert.Equal(Head, Labels("api:v1.0.0")["org.opencontainers.image.revision"]);
        Assert.Equal(Id("api:v1.0.0"), Id("api:latest"));
    }

    [Fact]
    public void An_image_without_labels_under_that_version_is_refused_without_Force()
    {
        _ = Release("v1.0.0");
        var foreign = TestEngine.Import($"{Registry}/api:v1.0.0", "made by the old script");
        _ = Bad("Build-ProImage api v1.0.0", "VersionIsAnotherCommit", ErrorCategory.ResourceExists);
        Assert.Equal(foreign, Id("api:v1.0.0"));
        _ = One("Build-ProImage api v1.0.0 -Force");
        Assert.NotEqual(foreign, Id("api:v1.0.0"));
    }

    [Fact]
    public void A_failed_build_says_which_step_with_its_last_lines_and_makes_no_tag()
    {
        _ = Release("v1.0.0", dockerfile: Fails);
        var error = Bad("Build-ProImage api v1.0.0", "BuildStepFailed", ErrorCategory.InvalidOperation);
        var text = error.ToString();
        Assert.Contains("api v1.0.0", text, StringComparison.Ordinal);
        Assert.Contains("RUN echo some words", text, StringComparison.Ordinal);
        Assert.Contains("exit code 7", text, StringComparison.Ordinal);
        Assert.Contains("the reason", text, StringComparison.Ordinal);
        Assert.Empty(Tags());
    }

    [Fact]
    public void A_failed_build_leaves_a_good_image_of_the_same_version_and_its_aliases()
    {
        _ = Release("v1.0.0");
        _ = One("Build-ProImage api v1.0.0");
        var before = TestEngine.Tags(Registry);
        _ = Commit(dockerfile: Fails);
        _ = Repository.Git("tag", "--force", "v1.0.0");
        _ = Bad("Build-ProImage api v1.0.0 -Force", "BuildStepFailed", ErrorCategory.InvalidOperation);
        Assert.Equal(before, TestEngine.Tags(Registry));
    }

    [Fact]
    public void A_Dockerfile_that_is_wrong_names_the_line()
    {
        _ = Commit(dockerfile: "FROM scratch\nCOPPY file /\n");
        var error = Bad("Build-ProImage api", "DockerfileInvalid", ErrorCategory.InvalidData);
        Assert.Contains("COPPY", error.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("line 2", error.ToString() + error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_base_image_that_is_nowhere_is_named()
    {
        _ = Commit(dockerfile: $"FROM {Registry}/nothing:1\nCOPY file /\n");
        var error = Bad("Build-ProImage api", "BaseImageNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains($"{Registry}/nothing:1", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_several_services_one_that_fails_does_not_stop_the_others_and_the_exit_is_no_success()
    {
        _ = Commit("api");
        _ = Commit("web", dockerfile: Fails);
        _ = Commit("worker");
        var result = Run("Build-ProImage api, web, worker; $?");
        Assert.Null(result.Failure);
        Check(Assert.Single(result.Errors), "BuildStepFailed", ErrorCategory.InvalidOperation);
        Assert.Equal(["api", "worker"], result.Output.SkipLast(1).Select(build => Text(build, "Service")).Order());
        Assert.Equal(false, result.Output[^1].BaseObject);
        Assert.NotEmpty(Tags("api"));
        Assert.Empty(Tags("web"));
        Assert.NotEmpty(Tags("worker"));
    }

    [Fact]
    public void ErrorAction_Stop_ends_the_script_at_a_failed_build()
    {
        _ = Commit("api", dockerfile: Fails);
        var result = Run("Build-ProImage api -ErrorAction Stop; 'and on'");
        Assert.NotNull(result.Failure);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void Services_build_side_by_side_and_ThrottleLimit_1_builds_one_after_another()
    {
        foreach (var service in (string[])["api", "web", "worker"])
        {
            _ = Commit(service, dockerfile: $"FROM {Base}\nARG N\nRUN : $N; sleep 1\nCOPY file /{service}\n");
        }

        var unique = Guid.NewGuid();
        Assert.True(MostAtOnce(Run($"Build-ProImage -All -BuildArg @{{ N = '{unique}' }}").ThrowIfFailed()) > 1);
        Assert.Equal(1, MostAtOnce(Run($"Build-ProImage -All -BuildArg @{{ N = '{unique}-2' }} -ThrottleLimit 1").ThrowIfFailed()));

        static int MostAtOnce(ShellResult result)
        {
            var open = new HashSet<int>();
            var most = 0;
            foreach (var record in result.Progress)
            {
                _ = record.RecordType == ProgressRecordType.Completed ? open.Remove(record.ActivityId) : open.Add(record.ActivityId);
                most = Math.Max(most, open.Count);
            }

            return most;
        }
    }

    [Fact]
    public void All_wildcards_names_and_services_from_the_pipeline_mean_services()
    {
        foreach (var service in (string[])["api", "web", "worker"])
        {
            _ = Commit(service);
        }

        string[] all = ["api", "web", "worker"];
        Assert.Equal(all, Services("Build-ProImage -All"));
        Assert.Equal(["web", "worker"], Services("Build-ProImage w*"));
        Assert.Equal(["api", "web"], Services("'api', 'web' | Build-ProImage"));
        Assert.Equal(all, Services("Get-ProService | Build-ProImage"));
        Assert.Equal(["api"], Services("Build-ProImage API, api"));

        IEnumerable<string?> Services(string script) => Good(script).Select(build => Text(build, "Service")).Order();
    }

    [Fact]
    public void An_unknown_service_lists_the_known_ones_suggests_the_nearest_and_the_others_are_built()
    {
        _ = Commit("api");
        _ = Commit("worker");
        var error = Bad("Build-ProImage aip", "ServiceNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains("\"aip\"", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("Did you mean \"api\"?", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("api, worker", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        var result = Run("Build-ProImage aip, worker");
        Check(result.Error, "ServiceNotFound", ErrorCategory.ObjectNotFound);
        Assert.Equal("worker", Text(Assert.Single(result.Output), "Service"));
    }

    [Fact]
    public void WhatIf_shows_commit_tags_builder_and_why_latest_moves_or_stays_and_changes_nothing()
    {
        _ = Release("v1.1.9");
        var old = Head12;
        _ = Release("v2.0.0");
        _ = One("Build-ProImage api v2.0.0");
        var before = TestEngine.Tags(Registry);
        Host.Clear();
        Assert.Empty(Good("Build-ProImage api v1.1.9 -Alias Minor -WhatIf"));
        var screen = Host.Text;
        Assert.Contains($"What if: ", screen, StringComparison.Ordinal);
        Assert.Contains($"build {Registry}/api:v1.1.9 from the tree of v1.1.9 (commit {old}", screen, StringComparison.Ordinal);
        Assert.Matches("with .*(docker|buildx|Engine API)", screen);
        Assert.Contains("latest: stays at v2.0.0: v1.1.9 is older", screen, StringComparison.Ordinal);
        Assert.Contains("v1.1: is new, at v1.1.9", screen, StringComparison.Ordinal);
        Assert.Equal(before, TestEngine.Tags(Registry));

        // A line of the plan a line on the screen, each with its mark.
        Assert.All(screen.TrimEnd().Split('\n'), line => Assert.StartsWith("What if: ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void WhatIf_says_what_is_built_already_and_what_would_be_pushed()
    {
        _ = Release("v1.0.0");
        _ = One("Build-ProImage api v1.0.0");
        Host.Clear();
        _ = Good("Build-ProImage api v1.0.0 -Push -WhatIf");
        Assert.Contains("is built already", Host.Text, StringComparison.Ordinal);
        Assert.Contains($"push {Registry}/api:v1.0.0", Host.Text, StringComparison.Ordinal);
        using var registry = TestRegistry.Open();
        Assert.Empty(registry.Tags($"{RegistryPath}/api"));
    }

    [Theory]
    [InlineData("-Platform linux/amd64, linux/arm64", "BuildPlatformsNeedPush", ErrorCategory.InvalidArgument)]
    [InlineData("-Secret 'id=npm,src=nowhere'", "BuildSecretFileMissing", ErrorCategory.ObjectNotFound)]
    [InlineData("-Secret 'id=npm,env=PRO_TEST_SET_NOWHERE'", "BuildSecretVariableMissing", ErrorCategory.ObjectNotFound)]
    public void WhatIf_refuses_what_the_build_would_refuse(string parameters, string id, ErrorCategory category)
    {
        OnlyClient(TestSettings.DockerClient);
        _ = Commit();
        _ = Bad($"Build-ProImage api {parameters} -WhatIf", id, category);
        Assert.DoesNotContain("What if: ", Host.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(2, false)]
    public void Confirm_asks_once_for_the_whole_plan(int answer, bool builds)
    {
        _ = Commit("api");
        _ = Commit("web");
        Host.Answers.Enqueue(answer);
        Assert.Equal(builds ? 2 : 0, Good("Build-ProImage -All -Confirm").Count);
        var prompt = Assert.Single(Host.Prompts);
        Assert.Contains($"{Registry}/api:{Head12}", prompt, StringComparison.Ordinal);
        Assert.Contains($"{Registry}/web:{Head12}", prompt, StringComparison.Ordinal);
        Assert.Equal(builds, Tags("web").Count > 0);
    }

    [Fact]
    public void There_is_a_bar_for_each_service_with_the_step_and_its_number_and_none_stays_behind()
    {
        _ = Commit("api", dockerfile: $"FROM {Base}\nRUN echo one\nRUN echo two\n");
        _ = Commit("web");
        var result = Run("Build-ProImage -All -NoCache").ThrowIfFailed();
        var bars = result.Progress.GroupBy(record => record.ActivityId).ToList();
        Assert.Equal([$"Building api {Head12}", $"Building web {Head12}"], bars.Select(bar => bar.First().Activity).Order());
        Assert.All(bars, bar => Assert.Equal(ProgressRecordType.Completed, bar.Last().RecordType));
        Assert.Contains(
            bars.SelectMany(bar => bar),
            record => Regex.IsMatch(record.StatusDescription, "3/3.*RUN echo two") && record.PercentComplete > 0);
    }

    [Fact]
    public void The_bars_of_a_failed_build_go_as_well()
    {
        _ = Commit(dockerfile: Fails);
        var result = Run("Build-ProImage api");
        Assert.All(
            result.Progress.GroupBy(one => one.ActivityId), bar => Assert.Equal(ProgressRecordType.Completed, bar.Last().RecordType));
    }

    [Fact]
    public void The_log_goes_to_the_verbose_stream()
    {
        _ = Commit(dockerfile: $"FROM {Base}\nRUN echo \"the answer is $((6*7))\"\n");
        Assert.Contains(
            Run("Build-ProImage api -NoCache -Verbose").ThrowIfFailed().Verbose,
            line => line.Contains("the answer is 42", StringComparison.Ordinal));
    }
}
