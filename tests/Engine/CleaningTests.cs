using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Remove-ProOldImage and its kin, packaged, in the real PowerShell engine, on the real Docker engine.</summary>
public sealed class CleaningTests : CleaningTest
{
    [Fact]
    public void By_service_the_newest_stay_and_each_that_goes_is_told_and_recorded()
    {
        Engine.Load("api", "v1.0.0", "v1.9.0", "v1.10.0", "v1.10.1-rc.1", "v1.10.1-rc.2", "aaaaaaaaaaaa");
        Engine.Load("web", "v1.0.0", "v1.1.0", "v1.2.0");
        var output = Good("Remove-ProOldImage api 2 -KeepPrerelease 1 -GracePeriod 0 -Confirm:$false");
        Assert.Equal(["Removed v1.0.0", "Removed v1.10.1-rc.1"], Actions(output));
        Assert.All(output, result => Assert.Equal(LayerBytes, result.Properties["BytesFreed"].Value));
        Assert.Equal(
            ["api:aaaaaaaaaaaa", "api:v1.10.0", "api:v1.10.1-rc.2", "api:v1.9.0", "web:v1.0.0", "web:v1.1.0", "web:v1.2.0"],
                Engine.Tags());
        Assert.Contains($"2 removed; {TwoLayers} came free.", Shell.Host.Text, StringComparison.Ordinal);
        Assert.Equal(["v1.0.0", "v1.10.1-rc.1"], Good("Get-ProHistory -Kind Clean")
            .Select(line => line.Properties["Version"].Value.ToString()).Order());
        Assert.Empty(Good("Remove-ProOldImage api 2 -KeepPrerelease 1 -GracePeriod 0 -Confirm:$false"));
        Assert.Equal(["Removed v1.0.0"], Actions(Good("Remove-ProOldImage -Keep 2 -GracePeriod 0 -Confirm:$false")));
    }

    [Fact]
    public void WhatIf_shows_the_list_that_the_prompt_shows_and_that_is_carried_out()
    {
        Engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0");
        Engine.Tag("api:v1.1.0", "web:old");
        Assert.Empty(Good("Remove-ProOldImage api 1 -GracePeriod 0 -WhatIf"));
        var remove = $"Remove {Engine.Registry}/api:v1.0.0, {OneLayer}: older than the newest release";
        var untag = $"Untag {Engine.Registry}/api:v1.1.0: older than the newest release; the image has other names";
        Assert.Contains($"What if: {remove}", Shell.Host.Text, StringComparison.Ordinal);
        Assert.Contains($"What if: {untag}", Shell.Host.Text, StringComparison.Ordinal);

        // No.
        Shell.Host.Answers.Enqueue(2);
        Assert.Empty(Good("Remove-ProOldImage api 1 -GracePeriod 0"));
        var prompt = Assert.Single(Shell.Host.Prompts);
        Assert.Contains(remove, prompt, StringComparison.Ordinal);
        Assert.Contains(untag, prompt, StringComparison.Ordinal);
        Assert.Contains($"Remove 1 image and take away 1 name of images that stay? At most {OneLayer} come free.", prompt,
            StringComparison.Ordinal);
        Assert.Equal(4, Engine.Tags().Count);

        // Yes, once for the whole plan.
        Shell.Host.Answers.Enqueue(0);
        Assert.Equal(["Removed v1.0.0", "Untagged v1.1.0"], Actions(Good("Remove-ProOldImage api 1 -GracePeriod 0")));
        Assert.Equal(2, Shell.Host.Prompts.Count);
        Assert.Equal(["api:v1.2.0", "web:old"], Engine.Tags());
    }

    [Fact]
    public void What_is_needed_stays_also_when_it_came_through_the_pipeline()
    {
        Configure("""{ "protect": [ "v1.0.*" ] }""");
        Engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0");
        Engine.Tag("api:v1.2.0", "api:pro-previous-0a1b2c3d");
        Engine.Start("api:v1.3.0", run: true);
        Engine.Start("api:v1.4.0", run: false);
        Engine.Tag("api:v1.5.0", "api:latest");
        var results = Good("Get-ProImageVersion api | Remove-ProOldImage -GracePeriod 0 -Confirm:$false")
            .ToDictionary(result => result.Properties["Version"].Value.ToString()!, result =>
            $"{result.Properties["Action"].Value}: {result.Properties["Reason"].Value}");
        Assert.Equal("Removed: asked for by name", results["v1.1.0"]);
        Assert.Equal("Kept: protected by 'v1.0.*'", results["v1.0.0"]);
        Assert.Equal("Kept: pro-previous-0a1b2c3d holds it as the previous version", results["v1.2.0"]);
        Assert.StartsWith("Kept: runs in pro-clean-", results["v1.3.0"], StringComparison.Ordinal);
        Assert.StartsWith("Kept: the stopped container pro-clean-", results["v1.4.0"], StringComparison.Ordinal);
        Assert.Equal("Kept: latest points at it", results["v1.5.0"]);
        Assert.DoesNotContain("api:v1.1.0", Engine.Tags());
        Assert.Equal(7, Engine.Tags().Count);
    }

    [Theory]
    [InlineData("@() | Remove-ProOldImage -GracePeriod 0 -Confirm:$false")]
    [InlineData("Get-ProImageVersion web | Remove-ProOldImage -GracePeriod 0 -Confirm:$false")]
    public void An_empty_pipeline_removes_nothing(string script)
    {
        Engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "v1.4.0", "v1.5.0", "v1.6.0");
        Assert.Empty(Good(script));
        Assert.Equal(7, Engine.Tags().Count);
    }

    [Fact]
    public void What_is_young_stays_by_default()
    {
        Engine.Load("api", "v1.0.0", "v1.1.0");
        var result = Assert.Single(Good("Remove-ProOldImage api 1 -Confirm:$false"));
        Assert.Equal("Kept", result.Properties["Action"].Value.ToString());
        Assert.Contains("within the grace period of 1 hour", result.Properties["Reason"].Value.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "production", 10)]
    [InlineData("", "development", 3)]
    [InlineData("""{ "retention": { "production": 2 } }""", "production", 2)]
    [InlineData(
        """{ "retention": { "staging": 4 }, "environments": { "staging": { "engine": "unix:///var/run/docker.sock" } } }""", "Staging", 4)]
    public void An_environment_says_how_many_stay(string configuration, string environment, int left)
    {
        Configure(configuration);
        Engine.Load("api", [.. Enumerable.Range(0, 12).Select(number => $"v1.{number}.0")]);
        _ = Good($"Remove-ProOldImage api -Environment {environment} -GracePeriod 0 -Confirm:$false");
        Assert.Equal(left, Engine.Tags().Count);
    }

    [Fact]
    public void An_unknown_environment_is_refused()
    {
        var result = Shell.Run("Remove-ProOldImage api -Environment nowhere -Confirm:$false");
        Assert.StartsWith("EnvironmentNotFound,", result.Error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Unused_takes_all_versions_that_nothing_needs()
    {
        Engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0");
        Engine.Start("api:v1.2.0", run: true);
        var output = Good("Remove-ProOldImage api -Unused -GracePeriod 0 -Confirm:$false");
        Assert.Equal(["Removed v1.0.0", "Kept v1.1.0", "Kept v1.2.0"], Actions(output));
    }

    [Fact]
    public void Minor_and_major_aliases_keep_no_version_and_go_with_it()
    {
        Engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0");
        Engine.Tag("api:v1.0.0", "api:v1.0");
        Engine.Tag("api:v1.1.0", "api:v1.1");
        Engine.Tag("api:v1.2.0", "api:v1.2");
        Engine.Tag("api:v1.2.0", "api:v1");
        var results = Good("Remove-ProOldImage api 2 -GracePeriod 0 -Confirm:$false");
        Assert.Equal(["Untagged v1.0.0", "Removed v1.0.0"], Actions(results));
        Assert.Equal("goes with v1.0.0", results[0].Properties["Reason"].Value);
        Assert.Equal(["api:v1", "api:v1.1", "api:v1.1.0", "api:v1.2", "api:v1.2.0"], Engine.Tags());
        _ = Good("Remove-ProOldImage api 0 -GracePeriod 0 -Confirm:$false");
        Assert.Empty(Engine.Tags());
    }

    [Fact]
    public void Tags_of_somebody_else_that_look_like_commits_are_left_alone()
    {
        Engine.Load("api", "v1.0.0", "v1.1.0");
        foreach (var tag in new[] { "20240131", "1234567", "decade0", "deadbeefcafe", "v20240115", "2024-01-15" })
        {
            Engine.Tag("api:v1.0.0", $"api:{tag}");
        }

        Assert.Equal(
            ["v1.1.0", "v1.0.0"], Good("Get-ProImageVersion api").Select(version => version.Properties["Version"].Value.ToString()));
        Assert.Equal(["Untagged v1.0.0"], Actions(Good("Remove-ProOldImage api 1 -KeepCommit 0 -GracePeriod 0 -Confirm:$false")));
        Assert.All(
            Good("Remove-ProOldImage api -Unused -Protect v1.1.0 -GracePeriod 0 -Confirm:$false"),
            result => Assert.Equal("Kept", result.Properties["Action"].Value.ToString()));
        Assert.Equal(7, Engine.Tags().Count);
    }

    /// <summary>Only shown: the engine is everybody's.</summary>
    [Fact]
    public void Any_repository_shows_what_else_would_go_and_what_the_services_need()
    {
        Engine.Load("api", "v1.0.0", "v1.1.0");
        Engine.Load("other/worker", "v7.0.0");
        Engine.Start("api:v1.1.0", run: false);
        _ = Good("Remove-ProOldImage -Unused -AnyRepository -GracePeriod 0 -WhatIf");
        Assert.Contains($"Remove {Engine.Registry}/other/worker:v7.0.0, ", Shell.Host.Text, StringComparison.Ordinal);
        Assert.DoesNotContain($"{Engine.Registry}/api:v1.1.0", Shell.Host.Text, StringComparison.Ordinal);
        Assert.StartsWith(
            "AnyRepositoryWithService,",
            Shell.Run("Remove-ProOldImage api -Unused -AnyRepository -WhatIf").Error.FullyQualifiedErrorId,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MaxSize_lets_the_oldest_go_down_to_the_count_and_nothing_that_fits(bool isElsewhere)
    {
        await using var proxy = EngineProxy.Start(isOnPort: true);
        Engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0");
        if (isElsewhere)
        {
            // The size of images is the engine's to tell; only free space needs its disk.
            Set("DOCKER_HOST", proxy.Url);
            Assert.StartsWith(
                "FreeSpaceUnknown,",
                Shell.Run("Remove-ProOldImage api 1 -TargetFree 1TB -GracePeriod 0 -Confirm:$false").Error.FullyQualifiedErrorId,
                StringComparison.Ordinal);
        }

        Assert.All(Good("Remove-ProOldImage api 1 -MaxSize 1TB -GracePeriod 0 -Confirm:$false"), result =>
            Assert.Contains("(-MaxSize)", $"{result}", StringComparison.Ordinal));
        Assert.Equal(3, Engine.Tags().Count);
        var result = Shell.Run("Remove-ProOldImage api 1 -MaxSize 2kB -GracePeriod 0 -Confirm:$false");
        Assert.Equal(["Removed v1.0.0", "Removed v1.1.0"], Actions(result.Output));
        Assert.Contains("more than the 2KB asked for", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.StartsWith("ParameterArgumentTransformationError,",
            Shell.Run("Remove-ProOldImage -MaxSize much -WhatIf").Error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public void Dangling_goes_by_its_id_and_stays_where_a_stopped_container_has_it()
    {
        // Another project's api, side by side: its images look the same but for their repository.
        Engine.Load("other/api", "v1.0.0", "v1.2.0");
        var foreign = Engine.IdOf("other/api:v1.0.0");
        Engine.Tag("other/api:v1.2.0", "other/api:v1.0.0");
        Engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0");
        var (free, held) = (Engine.IdOf("api:v1.0.0"), Engine.IdOf("api:v1.1.0"));
        Engine.Start("api:v1.1.0", run: false);
        Engine.Tag("api:v1.2.0", "api:v1.0.0");
        Engine.Tag("api:v1.2.0", "api:v1.1.0");
        var results = Good("Remove-ProOldImage api -Dangling -GracePeriod 0 -Confirm:$false")
            .ToDictionary(result => (string)result.Properties["ImageId"].Value, result => $"{result}");
        Assert.StartsWith($"Removed {free}", results[free], StringComparison.Ordinal);
        Assert.StartsWith($"Kept {held}: the stopped container", results[held], StringComparison.Ordinal);
        Assert.False(Engine.Has(free));
        Assert.True(Engine.Has(held));
        Assert.False(results.ContainsKey(foreign));
        Assert.True(Engine.Has(foreign));
        Engine.Remove(foreign);
    }

    [Fact]
    public void Commits_have_a_count_a_pattern_protects_and_what_is_not_old_stays()
    {
        Engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0", "aaaaaaaaaaaa", "bbbbbbbbbbbb");
        var young = Good("Remove-ProOldImage api 0 -OlderThan 01:00:00 -GracePeriod 0 -Confirm:$false");
        Assert.Equal(5, young.Count);
        Assert.All(young, result => Assert.Contains("not more than 1 hour (-OlderThan)", $"{result}", StringComparison.Ordinal));
        var output = Good("Remove-ProOldImage api 1 -KeepCommit 0 -Protect v1.1.*, bbb* -GracePeriod 0 -Confirm:$false");
        Assert.Equal(
            ["Kept bbbbbbbbbbbb", "Kept v1.1.0", "Removed aaaaaaaaaaaa", "Removed v1.0.0"], Actions(output).Order(StringComparer.Ordinal));
        Assert.Contains("protected by 'bbb*'", string.Join('\n', output), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-MaxSize 1GB -TargetFree 1GB", "ParametersContradict")]
    [InlineData("-Keep 0 -Protect v1.0.0, v1.O.0", "VersionNotFound")]
    [InlineData("-Keep \"$env:PRO_TEST_UNSET\"", "ParameterArgumentTransformationError")]
    [InlineData("-Keep 0.5", "ParameterArgumentTransformationError")]
    [InlineData("-Keep $true", "ParameterArgumentTransformationError")]
    public void What_is_typed_wrongly_removes_nothing(string typed, string id)
    {
        Engine.Load("api", "v1.0.0", "v1.1.0");
        var refused = Shell.Run($"Remove-ProOldImage api {typed} -GracePeriod 0 -Confirm:$false");
        Assert.StartsWith(id + ",", refused.Error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(refused.Output);
        Assert.Equal(["api:v1.0.0", "api:v1.1.0"], Engine.Tags());
    }

    [Fact]
    public void Yes_to_all_is_a_yes_and_verbose_says_why_the_others_stay()
    {
        Engine.Load("api", "v1.0.0", "v1.1.0");
        Shell.Host.Answers.Enqueue(1);
        var result = Shell.Run("Remove-ProOldImage api 1 -GracePeriod 0 -Verbose").ThrowIfFailed();
        Assert.Equal(["Removed v1.0.0"], Actions(result.Output));
        Assert.Contains($"{Engine.Registry}/api:v1.1.0 stays: the newest release.", result.Verbose);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_service_that_an_operation_holds_or_was_cut_off_in_is_left_alone_and_the_others_are_cleaned(bool isLeftBehind)
    {
        var service = Engine.Nonce;
        AddService(service);
        Engine.Load(service, "v1.0.0", "v1.1.0");
        Engine.Load("web", "v1.0.0", "v1.1.0");
        Engine.Lock(service, isLeftBehind);
        var results = Good($"Remove-ProOldImage {service}, web 1 -GracePeriod 0 -Confirm:$false");
        Assert.Equal(["Removed v1.0.0", "Skipped v1.0.0"], Actions(results).Order(StringComparer.Ordinal));
        var skipped = $"{results.Single(result => $"{result}".StartsWith("Skip", StringComparison.Ordinal))}";
        Assert.Contains($"the service is locked: roll back {service} to v1.0.0, by mei on elsewhere", skipped, StringComparison.Ordinal);
        Assert.Equal(isLeftBehind, skipped.Contains($"is gone: 'Repair-ProService {service}' looks after it", StringComparison.Ordinal));
        Assert.Equal(3, Engine.Tags().Count);
    }

    [Fact]
    public void Where_enough_is_free_nothing_goes_and_where_not_the_oldest_go_down_to_the_count()
    {
        Engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0");
        Assert.Empty(Good("Remove-ProOldImage api 1 -TargetFree 1kB -GracePeriod 0 -Confirm:$false"));
        var result = Shell.Run("Remove-ProOldImage api 1 -TargetFree 9000TB -GracePeriod 0 -Confirm:$false");
        Assert.Equal(["Removed v1.0.0", "Removed v1.1.0"], Actions(result.Output));
        Assert.Contains("less than the", Assert.Single(result.Warnings), StringComparison.Ordinal);
        var nothing = Shell.Run("Remove-ProOldImage api 1 -TargetFree 9000TB -GracePeriod 0 -Confirm:$false");
        Assert.Contains("what is left is needed", Assert.Single(nothing.Warnings), StringComparison.Ordinal);
        Assert.StartsWith(
            "ParameterArgumentTransformationError,", Shell.Run("Remove-ProOldImage -TargetFree much -Confirm:$false")
                .Error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_too_little_is_free_since_a_line_failed_the_warning_does_not_say_that_the_rest_is_needed()
    {
        await using var proxy = EngineProxy.Start();
        proxy.Before = request => Task.FromResult(
            request.Method == "DELETE" && request.Path.EndsWith("/api:v1.0.0", StringComparison.Ordinal)
                ? ScriptedResponse.Json("""{"message":"conflict: somebody needs it"}""", 409) : null);
        Engine.Load("api", "v1.0.0", "v1.1.0", "v1.2.0");
        Set("DOCKER_HOST", proxy.Url);
        var result = Shell.Run("Remove-ProOldImage api 1 -TargetFree 9000TB -GracePeriod 0 -Confirm:$false");
        Assert.Equal(["Failed v1.0.0", "Removed v1.1.0"], Actions(result.Output));
        Assert.Contains("somebody needs it", $"{Assert.Single(result.Errors)}", StringComparison.Ordinal);
        Assert.Contains("the errors say why", Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void The_tables_show_what_matters()
    {
        Engine.Load("api", "v1.0.0", "v1.1.0");
        var usage = Shell.Render("Get-ProDiskUsage");
        Assert.Matches(@"(?m)^api +\d+ +\d+ +\S+B +\S+B \[[#.]{10}\] +\d+%", usage);
        Assert.Matches(@"(?m)^build cache ", usage);
        var removed = Shell.Render("Remove-ProOldImage api 1 -GracePeriod 0 -Confirm:$false");
        Assert.Matches($@"(?m)^Removed +api +v1\.0\.0 +{Regex.Escape(OneLayer)} older than the newest release", removed);
    }

    [Fact]
    public void The_cache_is_cleared_only_after_a_yes()
    {
        Shell.Host.Answers.Enqueue(2);
        Assert.Empty(Good("Clear-ProBuildCache -OlderThan 36500.00:00:00"));
        Assert.Contains("unused for 36500 days", Assert.Single(Shell.Host.Prompts), StringComparison.Ordinal);
        var result = Assert.Single(Good("Clear-ProBuildCache -OlderThan 36500.00:00:00 -Confirm:$false"));
        Assert.Equal(0L, result.Properties["BytesFreed"].Value);
    }
}
