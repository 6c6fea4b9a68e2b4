using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Publish;

/// <summary>Publish-ProImage to a registry that everyone may write to.</summary>
public sealed class PublishTests : EngineTest
{
    private readonly TestRegistry _registry = TestRegistry.Open();

    private string Api => $"{RegistryPath}/api";

    private PSObject Build(string tag, string parameters = "")
    {
        if (!Repository.Git("tag").Split('\n').Contains(tag))
        {
            _ = Release(tag);
        }

        return One($"Build-ProImage api {tag} -WarningAction Ignore {parameters}");
    }

    [Fact]
    public void A_build_from_the_pipeline_is_pushed_with_the_aliases_that_belong_to_it()
    {
        _ = Release("v1.2.3");
        var publication = One("Build-ProImage api v1.2.3 | Publish-ProImage -Alias Minor, Major");
        Assert.Equal(["latest", "v1", "v1.2", "v1.2.3"], _registry.Tags(Api));
        Assert.Equal("api", Text(publication, "Service"));
        Assert.Equal("v1.2.3", Text(publication, "Version"));
        Assert.Equal($"{Registry}/api:v1.2.3", Text(publication, "Reference"));
        Assert.Equal("Published", Text(publication, "Outcome"));
        Assert.Equal(["latest", "v1.2", "v1"], Texts(publication, "Aliases"));
        var digest = _registry.DigestOf(Api, "v1.2.3");
        Assert.Equal(digest, Text(publication, "Digest"));
        Assert.Equal(digest, _registry.DigestOf(Api, "latest"));
        Assert.Equal(digest, _registry.DigestOf(Api, "v1"));
    }

    [Fact]
    public void Versions_from_the_pipeline_are_pushed_and_the_newest_takes_latest_whatever_their_order()
    {
        foreach (var tag in (string[])["v1.0.0", "v1.1.0", "v1.2.0-rc.1"])
        {
            _ = Build(tag);
        }

        var result = Good("Get-ProImageVersion api | Publish-ProImage");
        Assert.Equal(["v1.0.0", "v1.1.0", "v1.2.0-rc.1"], Versions(result).Order());
        Assert.Equal(["latest", "v1.0.0", "v1.1.0", "v1.2.0-rc.1"], _registry.Tags(Api));
        Assert.Equal(_registry.DigestOf(Api, "v1.1.0"), _registry.DigestOf(Api, "latest"));
    }

    [Fact]
    public void A_version_that_is_not_here_is_an_error_that_says_what_is()
    {
        _ = Build("v1.0.0-rc.1");
        var error = Bad("Publish-ProImage api v1.0.0", "VersionNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains("v1.0.0-rc.1", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        _ = Bad("Publish-ProImage aip v1.0.0", "ServiceNotFound", ErrorCategory.ObjectNotFound);
    }

    [Fact]
    public void Aliases_at_the_registry_go_by_its_own_tags_and_the_engines_are_left_alone()
    {
        _ = Build("v2.0.0");
        _ = Good("Publish-ProImage api v2.0.0 -Alias Minor, Major");
        foreach (var tag in (string[])["v2.0.0", "latest"])
        {
            TestEngine.Untag($"{Registry}/api:{tag}");
        }

        // On this engine it is the newest; at the registry a newer one is there.
        _ = Build("v1.1.9");
        Assert.Equal(Id("api:v1.1.9"), Id("api:latest"));
        var publication = One("Publish-ProImage api v1.1.9 -Alias Minor, Major");
        Assert.Equal(["v1.1", "v1"], Texts(publication, "Aliases"));
        Assert.Contains(Texts(publication, "AliasReasons"), reason => reason.StartsWith("latest: stays", StringComparison.Ordinal));
        Assert.Equal(_registry.DigestOf(Api, "v2.0.0"), _registry.DigestOf(Api, "latest"));
        Assert.Equal(_registry.DigestOf(Api, "v1.1.9"), _registry.DigestOf(Api, "v1"));
        Assert.Equal(Id("api:v1.1.9"), Id("api:latest"));
        Assert.Null(Id("api:v1.1"));
    }

    [Fact]
    public void A_commit_moves_the_registrys_latest_only_from_its_ancestor()
    {
        _ = Commit(text: "one");
        _ = Good("Build-ProImage api | Publish-ProImage");
        var first = _registry.DigestOf(Api, Head12);
        Assert.Equal(first, _registry.DigestOf(Api, "latest"));
        _ = Commit(text: "two");
        _ = Good("Build-ProImage api | Publish-ProImage");
        var second = _registry.DigestOf(Api, Head12);
        Assert.Equal(second, _registry.DigestOf(Api, "latest"));
        _ = Repository.Git("checkout", "--quiet", "-b", "side", "HEAD~1");
        _ = Commit(text: "aside");
        _ = Good("Build-ProImage api -WarningAction Ignore | Publish-ProImage");
        Assert.Equal(second, _registry.DigestOf(Api, "latest"));
    }

    [Fact]
    public void What_is_published_already_is_said_and_changes_nothing()
    {
        _ = Build("v1.0.0");
        var first = One("Publish-ProImage api v1.0.0");
        var second = One("Publish-ProImage api v1.0.0");
        Assert.Equal("AlreadyPublished", Text(second, "Outcome"));
        Assert.Equal(Text(first, "Digest"), Text(second, "Digest"));
    }

    [Fact]
    public void The_same_content_that_this_engine_never_pushed_is_recognised_by_its_configuration()
    {
        _ = Build("v1.0.0");
        var first = One("Publish-ProImage api v1.0.0");
        var id = Id("api:v1.0.0")!;

        // Untagged and tagged again the engine has forgotten under which digest the registry knows it.
        TestEngine.Tag(id, $"{Registry}/kept", "1");
        TestEngine.Untag($"{Registry}/api:latest");
        TestEngine.Untag($"{Registry}/api:v1.0.0");
        TestEngine.Tag(id, $"{Registry}/api", "v1.0.0");
        Assert.Null(Text(One("Get-ProImageVersion api"), "Digest"));
        var second = One("Publish-ProImage api v1.0.0");
        Assert.Equal("AlreadyPublished", Text(second, "Outcome"));
        Assert.Equal(Text(first, "Digest"), Text(second, "Digest"));
    }

    [Fact]
    public void A_version_that_the_registry_has_with_another_content_is_not_overwritten_without_Force()
    {
        _ = Build("v1.0.0");
        _ = Good("Publish-ProImage api v1.0.0");
        var before = _registry.DigestOf(Api, "v1.0.0");
        _ = Commit(text: "another");
        _ = Repository.Git("tag", "--force", "v1.0.0");
        _ = Build("v1.0.0", "-Force");
        var error = Bad("Publish-ProImage api v1.0.0", "PublishedOtherwise", ErrorCategory.ResourceExists);
        Assert.Contains(before!, error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, _registry.DigestOf(Api, "v1.0.0"));
        var publication = One("Publish-ProImage api v1.0.0 -Force");
        Assert.Equal("Published", Text(publication, "Outcome"));
        Assert.NotEqual(before, _registry.DigestOf(Api, "v1.0.0"));
        Assert.Equal(_registry.DigestOf(Api, "v1.0.0"), _registry.DigestOf(Api, "latest"));
    }

    [Fact]
    public void Push_publishes_after_building_and_the_result_says_so()
    {
        _ = Release("v1.2.3");
        var build = One("Build-ProImage api v1.2.3 -Push -Alias Minor");
        Assert.Equal(true, build.Properties["IsPublished"].Value);
        Assert.Equal(_registry.DigestOf(Api, "v1.2.3"), Text(build, "Digest"));
        Assert.Equal(["latest", "v1.2", "v1.2.3"], _registry.Tags(Api));
        var again = One("Build-ProImage api v1.2.3 -Push -Alias Minor");
        Assert.Equal("AlreadyBuilt", Text(again, "Outcome"));
        Assert.Equal(true, again.Properties["IsPublished"].Value);
    }

    [Fact]
    public void Several_services_are_pushed_side_by_side_with_a_bar_each_and_none_stays_behind()
    {
        // Layers that the registry has already are done before a bar of theirs could be seen.
        _ = Commit("api", "api" + RegistryPath);
        _ = Commit("web", "web" + RegistryPath);
        var result = Run("Build-ProImage -All | Publish-ProImage").ThrowIfFailed();
        Assert.Equal(2, result.Output.Count);
        Assert.Contains(result.Progress, bar => bar.Activity.StartsWith("Pushing api", StringComparison.Ordinal));
        Assert.Contains(result.Progress, bar => bar.Activity.StartsWith("Pushing web", StringComparison.Ordinal));

        // containerd's store says nothing of a layer that is pushed at once.
        Assert.True(TestEngine.HasContainerdStore || result.Progress.Any(bar => bar.ParentActivityId > 0));
        Assert.NotEmpty(_registry.Tags($"{RegistryPath}/web"));
    }

    [Fact]
    public void An_alias_that_stays_for_something_newer_at_the_registry_is_warned_of_but_not_that_of_a_pre_release()
    {
        _ = Build("v2.0.0");
        _ = Good("Publish-ProImage api v2.0.0");
        _ = Build("v1.1.9");
        var warning = Assert.Single(Run("Publish-ProImage api v1.1.9").ThrowIfFailed().Warnings);
        Assert.Contains("api v1.1.9: at the registry, latest: stays at v2.0.0: v1.1.9 is older", warning, StringComparison.Ordinal);
        Assert.Contains("-Latest Always", warning, StringComparison.Ordinal);
        Assert.Single(Run("Build-ProImage api v1.1.9 -Push").ThrowIfFailed().Warnings);
        Assert.Empty(Run("Publish-ProImage api v1.1.9 -Latest Never").ThrowIfFailed().Warnings);
        _ = Build("v3.0.0-rc.1");
        Assert.Empty(Run("Publish-ProImage api v3.0.0-rc.1").ThrowIfFailed().Warnings);
    }

    [Fact]
    public void Versions_of_one_command_are_no_news_to_each_other()
    {
        foreach (var tag in (string[])["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"])
        {
            _ = Build(tag);
        }

        for (var round = 0; round < 2; round++)
        {
            // Side by side, and the second time all are there already: judged in turns, the newest keeps it however they end.
            Assert.Empty(Run("Get-ProImageVersion api | Publish-ProImage -ThrottleLimit 4").ThrowIfFailed().Warnings);
            Assert.Equal(_registry.DigestOf(Api, "v1.3.0"), _registry.DigestOf(Api, "latest"));
        }
    }

    [Fact]
    public void A_Registry_that_is_not_the_piped_images_own_is_an_error_and_nothing_is_pushed()
    {
        var build = Build("v1.0.0");
        var error = Bad(
            $"Get-ProImageVersion api | Publish-ProImage -Registry {TestSettings.PrivateRegistry}/{RegistryPath}",
            "NamedForAnotherRegistry",
            ErrorCategory.InvalidArgument);
        Assert.Contains(TestSettings.Registry, error.ToString(), StringComparison.Ordinal);
        Assert.Contains(TestSettings.PrivateRegistry, error.ToString(), StringComparison.Ordinal);
        Assert.Contains("docker tag", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(_registry.Tags(Api));
        Assert.Equal(Text(build, "Reference"), Text(One($"Get-ProImageVersion api | Publish-ProImage -Registry {Registry}"), "Reference"));
    }

    [Fact]
    public void What_the_registry_got_since_the_plan_holds_latest_back_also_for_a_version_that_is_there_already()
    {
        _ = Build("v1.0.0");
        _ = Build("v1.1.0");
        _ = Good("Publish-ProImage api v1.0.0");

        // While the prompt waits, somebody else publishes a newer one.
        Host.Answers.Enqueue(0);
        Host.BeforeAnswer = () =>
        {
            TestEngine.Push($"{Registry}/api", "v1.1.0");
            TestEngine.Push($"{Registry}/api", "latest");
        };
        var publication = One("Publish-ProImage api v1.0.0 -Confirm -WarningAction Ignore");
        Assert.Equal("AlreadyPublished", Text(publication, "Outcome"));
        Assert.Empty(Texts(publication, "Aliases"));
        Assert.Equal(_registry.DigestOf(Api, "v1.1.0"), _registry.DigestOf(Api, "latest"));
    }

    [Fact]
    public void A_pushed_build_tells_its_digest_also_when_it_is_built_already()
    {
        var build = Build("v1.0.0", "-Push");
        Assert.Equal(Text(build, "Digest"), Text(Build("v1.0.0"), "Digest"));
    }

    [Fact]
    public void WhatIf_says_each_line_with_its_reason_and_pushes_nothing()
    {
        _ = Build("v2.0.0");
        _ = Good("Publish-ProImage api v2.0.0");
        _ = Build("v1.1.9");
        Host.Clear();
        Assert.Empty(Good("Publish-ProImage api v1.1.9 -Alias Minor -WhatIf"));
        Assert.Contains($"push {Registry}/api:v1.1.9: the registry hasn't got it", Host.Text, StringComparison.Ordinal);
        Assert.Contains("at the registry, latest: stays at v2.0.0: v1.1.9 is older", Host.Text, StringComparison.Ordinal);
        Assert.Contains("at the registry, v1.1: is new, at v1.1.9", Host.Text, StringComparison.Ordinal);
        Assert.All(Host.Text.TrimEnd().Split('\n'), line => Assert.StartsWith("What if: ", line, StringComparison.Ordinal));
        Assert.Equal(["latest", "v2.0.0"], _registry.Tags(Api));
    }

    [Fact]
    public void Confirm_asks_once_for_all()
    {
        _ = Build("v1.0.0");
        _ = Build("v1.1.0");
        Host.Answers.Enqueue(2);
        Assert.Empty(Good("Get-ProImageVersion api | Publish-ProImage -Confirm"));
        Assert.Contains("v1.1.0", Assert.Single(Host.Prompts), StringComparison.Ordinal);
        Assert.Empty(_registry.Tags(Api));
    }

    [Fact]
    public void An_empty_pipeline_publishes_nothing_and_an_image_without_a_tag_says_that_it_has_no_name()
    {
        _ = Release("v1.0.0", dockerfile: $"FROM {Base}\nCOPY file /\n");
        Assert.Empty(Good("Get-ProImageVersion api | Publish-ProImage"));
        _ = One("Build-ProImage api v1.0.0");
        _ = TestEngine.CreateContainer($"{Registry}/api:v1.0.0", RegistryPath + "-run", start: true);
        _ = Commit(text: "moved");
        _ = Repository.Git("tag", "--force", "v1.0.0");
        _ = One("Build-ProImage api v1.0.0 -Force");
        var error = Bad("Get-ProImageVersion api -Current | Publish-ProImage", "ImageWithoutTag", ErrorCategory.InvalidOperation);
        Assert.Contains("v1.0.0", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:1")]
    [InlineData("registry.invalid")]
    public void A_registry_out_of_reach_is_an_error_with_its_name_and_a_remedy(string host)
    {
        _ = Release("v1.0.0");
        _ = One($"Build-ProImage api v1.0.0 -Registry {host}/{RegistryPath}");
        var result = Run($"Publish-ProImage api v1.0.0 -Registry {host}/{RegistryPath}");
        Assert.Equal("RegistryUnreachable", result.Error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains(host, result.Error.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(result.Error.ErrorDetails.RecommendedAction);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void A_push_that_fails_is_an_error_and_the_image_that_was_built_stays()
    {
        _ = Release("v1.0.0");
        var result = Run($"Build-ProImage api v1.0.0 -Push -Registry 127.0.0.1:1/{RegistryPath}");
        Check(Assert.Single(result.Errors), "RegistryUnreachable", ErrorCategory.ConnectionError);
        Assert.Empty(result.Output);
        Assert.NotNull(TestEngine.IdOf($"127.0.0.1:1/{RegistryPath}/api:v1.0.0"));
    }

    [Fact]
    public void Latest_Never_and_Always_hold_at_the_registry_too()
    {
        _ = Build("v1.0.0");
        _ = Build("v1.1.0");
        Assert.Empty(Texts(One("Publish-ProImage api v1.1.0 -Latest Never"), "Aliases"));
        Assert.Equal(["v1.1.0"], _registry.Tags(Api));
        Assert.Equal(["latest"], Texts(One("Publish-ProImage api v1.0.0 -Latest Always"), "Aliases"));
        Assert.Equal(_registry.DigestOf(Api, "v1.0.0"), _registry.DigestOf(Api, "latest"));
    }

    [Fact]
    public void One_version_that_is_refused_does_not_keep_the_others()
    {
        _ = Build("v1.0.0");
        _ = Build("v1.1.0");
        var result = Run("'v1.0.0', 'v7.0.0', 'v1.1.0' | ForEach-Object { @{ Service = 'api'; Version = $_ } } | "
            + "ForEach-Object { [pscustomobject] $_ } | Publish-ProImage");
        Check(Assert.Single(result.Errors), "VersionNotFound", ErrorCategory.ObjectNotFound);
        Assert.Equal(["v1.0.0", "v1.1.0"], Versions(result.Output).Order());
    }

    protected override void Dispose(bool disposing)
    {
        _registry.Dispose();
        base.Dispose(disposing);
    }
}
