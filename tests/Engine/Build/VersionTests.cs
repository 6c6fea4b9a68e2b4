using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Build;

/// <summary>What a build is called, and of which commit it is.</summary>
public sealed class VersionTests : EngineTest
{
    [Fact]
    public void A_version_from_the_pipeline_is_the_one_that_is_built()
    {
        var first = Release("v1.0.0");
        _ = Release("v1.1.0");
        _ = Good("Build-ProImage api v1.0.0; Build-ProImage api v1.1.0");
        var built = Good("Get-ProImageVersion api -Version v1.0.0, v1.1.0 | Build-ProImage -Force -Latest Never");
        Assert.Equal(["v1.0.0", "v1.1.0"], Versions(built).Order());
        Assert.Equal(first, Labels("api:v1.0.0")["org.opencontainers.image.revision"]);
        _ = Bad("Get-ProImageVersion api -Version v1.0.0 | Build-ProImage -Describe", "DescribeAndVersion", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void Other_build_arguments_warn_and_after_a_publication_are_refused_without_Force()
    {
        _ = Release("v1.0.0", dockerfile: "FROM scratch\nARG DATE\nLABEL date=$DATE\nCOPY file /\n");
        _ = One("Build-ProImage api v1.0.0 -BuildArg @{ DATE = '1' }");
        Assert.Contains(
            "other build arguments",
            Assert.Single(Run("Build-ProImage api v1.0.0 -BuildArg @{ DATE = '2' }").ThrowIfFailed().Warnings),
            StringComparison.Ordinal);
        Assert.Equal("2", Labels("api:v1.0.0")["date"]);
        _ = One("Publish-ProImage api v1.0.0");
        foreach (var parameter in (string[])["", "-WhatIf"])
        {
            _ = Bad($"Build-ProImage api v1.0.0 -BuildArg @{{ DATE = '3' }} {parameter}", "VersionHasOtherArguments",
                ErrorCategory.ResourceExists);
        }

        Assert.Equal("2", Labels("api:v1.0.0")["date"]);
        _ = One("Build-ProImage api v1.0.0 -BuildArg @{ DATE = '2' }");
        _ = One("Build-ProImage api v1.0.0 -BuildArg @{ DATE = '3' } -Force");
        Assert.Equal("3", Labels("api:v1.0.0")["date"]);
    }

    [Fact]
    public void A_version_that_runs_is_not_built_again_with_other_arguments()
    {
        _ = Release("v1.0.0", dockerfile: $"FROM {Base}\nARG DATE\nLABEL date=$DATE\n");
        _ = One("Build-ProImage api v1.0.0 -BuildArg @{ DATE = '1' }");
        var name = "pro-test-" + Guid.NewGuid().ToString("N");
        _ = TestEngine.CreateContainer($"{Registry}/api:v1.0.0", name, start: false);
        try
        {
            var error = Bad(
                "Build-ProImage api v1.0.0 -BuildArg @{ DATE = '2' }", "VersionHasOtherArguments", ErrorCategory.ResourceExists);
            Assert.Contains("deployed", error.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            TestEngine.RemoveContainer(name);
        }
    }

    [Fact]
    public void Without_a_version_HEAD_is_built_under_twelve_digits_of_its_hash()
    {
        _ = Commit();
        var build = One("Build-ProImage api");
        Assert.Equal(Head12, Text(build, "Version"));
        Assert.Equal($"{Registry}/api:{Head12}", Text(build, "Reference"));
        Assert.Equal(Head, Text(build, "Commit"));
        Assert.Equal(TestEngine.IdOf($"{Registry}/api:{Head12}"), Text(build, "ImageId"));
        Assert.Equal(Head, Labels($"api:{Head12}")["org.opencontainers.image.revision"]);
    }

    [Fact]
    public void A_tag_is_built_from_the_tree_that_it_names_whatever_is_checked_out()
    {
        var tagged = Release("v1.2.3");
        _ = Commit(text: "later");
        _ = Repository.Write("apps/api/file", "never committed");
        var build = One("Build-ProImage api v1.2.3 -WarningAction Ignore");
        Assert.Equal(tagged, Text(build, "Commit"));
        Assert.Equal("v1.2.3", Files("api:v1.2.3")["file"].Text);
        Assert.Equal("never committed", File.ReadAllText(Repository.FullPath("apps/api/file")));
    }

    [Fact]
    public void An_annotated_tag_is_its_commit()
    {
        var commit = Commit();
        _ = Repository.AnnotatedTag("v2.0.0-rc.1");
        Assert.Equal(commit, Text(One("Build-ProImage api v2.0.0-rc.1"), "Commit"));
    }

    [Theory]
    [InlineData("main", 0)]
    [InlineData("HEAD~1", 1)]
    [InlineData("v1.0.0~0", 2)]
    [InlineData("nightly", 1)]
    public void Any_commit_ish_is_built_under_its_hash(string name, int back)
    {
        _ = Release("v1.0.0");
        _ = Commit(text: "two");
        _ = Repository.Tag("nightly");
        _ = Commit(text: "three");
        var commit = Repository.Sha($"HEAD~{back}");
        Assert.Equal(commit[..12], Text(One($"Build-ProImage api '{name}'"), "Version"));
        Assert.Equal(commit, Labels($"api:{commit[..12]}")["org.opencontainers.image.revision"]);
    }

    [Fact]
    public void Any_unique_prefix_of_a_hash_is_that_commit()
    {
        _ = Commit();
        Assert.Equal(Head12, Text(One($"Build-ProImage api {Head[..9]}"), "Version"));
    }

    [Fact]
    public void A_build_number_with_a_plus_becomes_an_underscore_in_the_image_tag_and_comes_back()
    {
        _ = Release("v1.0.0+build.7");
        Assert.Equal($"{Registry}/api:v1.0.0_build.7", Text(One("Build-ProImage api v1.0.0+build.7"), "Reference"));
        Assert.Equal("v1.0.0+build.7", Text(One("Get-ProImageVersion api"), "Version"));
    }

    [Fact]
    public void What_git_describe_prints_is_that_commit_with_twelve_digits()
    {
        _ = Release("v1.2.3");
        _ = Commit(text: "two");
        var commit = Commit(text: "three");
        var text = Repository.Git("describe", "--tags", "--abbrev=7");
        Assert.Equal($"v1.2.3-2-g{commit[..7]}", text);
        var build = One($"Build-ProImage api {text}");
        Assert.Equal($"v1.2.3-2-g{commit[..12]}", Text(build, "Version"));
        Assert.Equal(commit, Text(build, "Commit"));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void A_describe_text_that_lies_is_refused(int count)
    {
        _ = Release("v1.2.3");
        _ = Commit(text: "two");
        var commit = Commit(text: "three");
        var error = Bad($"Build-ProImage api v1.2.3-{count}-g{commit[..12]}", "DescribeMismatch", ErrorCategory.InvalidArgument);
        Assert.Contains("2 commits after 'v1.2.3'", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Tags());
    }

    [Fact]
    public void Describe_on_a_tag_is_the_tag_and_past_it_what_git_prints()
    {
        _ = Release("v1.2.3");
        Assert.Equal("v1.2.3", Text(One("Build-ProImage api -Describe"), "Version"));
        _ = Commit(text: "two");
        Assert.Equal(Repository.Git("describe", "--tags", "--abbrev=12"), Text(One("Build-ProImage api -Describe"), "Version"));
    }

    [Fact]
    public void Tags_that_are_not_versions_are_named_to_the_user()
    {
        _ = Release("v1.2.3");
        _ = Commit(text: "two");
        _ = Repository.Tag("nightly").Write(".git/refs/tags/.DS_Store", "junk\n");
        Host.Clear();
        var result = Run("Build-ProImage api -Describe -WhatIf").ThrowIfFailed();
        Assert.Contains("is named by the nearest tag that is a version. Passed over: nightly", Host.Text, StringComparison.Ordinal);
        Assert.Contains(
            "aren't tags, and were passed over: .DS_Store. Remove them from .git/refs/tags.", Assert.Single(result.Warnings),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_and_a_version_exclude_each_other()
    {
        _ = Release("v1.2.3");
        _ = Bad("Build-ProImage api v1.2.3 -Describe", "DescribeAndVersion", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void A_release_that_is_no_tag_says_how_to_make_it()
    {
        _ = Release("v1.2.3");
        var error = Bad("Build-ProImage api v1.2.4", "TagNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains("git tag -a v1.2.4", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("the newest is v1.2.3", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Ref_builds_a_release_that_is_no_tag_yet()
    {
        _ = Commit();
        var commit = Commit(text: "two");
        _ = Commit(text: "three");
        var build = One("Build-ProImage api v3.0.0 -Ref main~1");
        Assert.Equal("v3.0.0", Text(build, "Version"));
        Assert.Equal(commit, Text(build, "Commit"));
        Assert.Equal("two", Files("api:v3.0.0")["file"].Text);
    }

    [Fact]
    public void Ref_against_the_tag_of_another_commit_is_refused()
    {
        _ = Release("v1.2.3");
        _ = Commit(text: "two");
        _ = Bad("Build-ProImage api v1.2.3 -Ref HEAD", "RefIsNotTheTag", ErrorCategory.ResourceExists);
        Assert.Equal("v1.2.3", Text(One("Build-ProImage api v1.2.3 -Ref HEAD~1"), "Version"));
        _ = Bad("Build-ProImage api -Ref HEAD", "RefNeedsVersion", ErrorCategory.InvalidArgument);
    }

    [Theory]
    [InlineData("1.2.3", "v1.2.3")]
    [InlineData("version-1.2.3", "v1.2.3")]
    [InlineData("release_1.2.3", "v1.2.3")]
    public void A_tag_of_a_bad_name_is_refused_with_the_right_one(string name, string right)
    {
        _ = Commit();
        _ = Repository.Tag(name);
        var error = Bad($"Build-ProImage api {name}", "InvalidVersion", ErrorCategory.InvalidArgument);
        Assert.Contains($"git tag -a {right} ", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(Tags());
    }

    [Fact]
    public void A_release_too_long_for_an_image_tag_is_refused_while_a_long_name_means_its_commit()
    {
        _ = Commit();
        var release = "v1.2.3-" + new string('a', 122);
        var name = "nightly-" + new string('a', 121);
        _ = Repository.Tag(release).Tag(name);
        var error = Bad($"Build-ProImage api {release}", "VersionTooLong", ErrorCategory.InvalidArgument);
        Assert.Contains("shorter", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(Tags());
        Assert.Equal(Head12, Text(One($"Build-ProImage api {name}"), "Version"));
    }

    [Fact]
    public void A_version_without_its_v_suggests_the_tag_that_was_meant()
    {
        _ = Release("v1.2.3");
        Assert.Contains("v1.2.3", Bad("Build-ProImage api 1.2.3", "VersionNotFound", ErrorCategory.ObjectNotFound)
            .ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_working_tree_keeps_the_plain_version_where_it_is_the_commits_to_the_byte()
    {
        _ = Release("v1.2.3");
        Assert.Equal("v1.2.3", Text(One("Build-ProImage api v1.2.3 -WorkingTree"), "Version"));
        Assert.Equal(Head12, Text(One("Build-ProImage api -WorkingTree"), "Version"));
    }

    [Fact]
    public void A_changed_working_tree_is_dirty_and_moves_no_alias()
    {
        _ = Release("v1.2.3");
        _ = Repository.Write("apps/api/file", "changed").Write("apps/api/new", "untracked");
        var build = One("Build-ProImage api v1.2.3 -WorkingTree -Alias Minor -WarningAction Ignore");
        Assert.Matches("^v1\\.2\\.3-dirty\\.[0-9a-f]{12}$", Text(build, "Version"));
        Assert.Equal([Text(build, "Version")!], Tags());
        var files = TestEngine.FilesOf(Text(build, "Reference")!);
        Assert.Equal("changed", files["file"].Text);
        Assert.Equal("untracked", files["new"].Text);
        Assert.Equal(Text(build, "Version"), Text(One("Build-ProImage api v1.2.3 -WorkingTree -WarningAction Ignore"), "Version"));
    }

    [Fact]
    public void A_repository_without_commits_says_what_to_do()
    {
        _ = Repository.Write("apps/api/Dockerfile", CopyAll);
        var error = Bad("Build-ProImage api", "RepositoryHasNoCommits", ErrorCategory.InvalidOperation);
        Assert.Contains("git commit", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);

        // What is no way out isn't offered as one.
        _ = Bad("Build-ProImage api -WorkingTree", "RepositoryHasNoCommits", ErrorCategory.InvalidOperation);
        Assert.DoesNotContain("or build", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }
}
