using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Listing;

/// <summary>Get-ProImageVersion over images of all kinds.</summary>
public sealed class VersionListTests : EngineTest
{
    private const string Nothing = "0000000000000000000000000000000000000000";

    public VersionListTests() => Commit();

    /// <summary>An image as this module would have built it, at once.</summary>
    private string Image(string tag, string? revision = null, string? version = null, int day = 1) => TestEngine.Import(
        $"{Registry}/api:{tag}",
        tag,
        ("org.opencontainers.image.version", version ?? tag.Replace('_', '+')),
        ("org.opencontainers.image.revision", revision ?? Nothing),
        ("org.opencontainers.image.created", $"2026-03-{day:00}T10:00:00Z"),
        ("pro.dockerversioning.service", "api"),
        ("pro.dockerversioning.repository", $"{Registry}/api"));

    /// <summary>A container of v1.0.0, whose tag then goes to another build; the image's id.</summary>
    private string RunWithoutTag()
    {
        var dockerfile = $"FROM {Base}\nCOPY file /\n";
        _ = Release("v1.0.0", "api", dockerfile);
        _ = One("Build-ProImage api v1.0.0");
        var old = Id("api:v1.0.0");
        _ = TestEngine.CreateContainer($"{Registry}/api:v1.0.0", RegistryPath + "-run", start: true);
        _ = Commit("api", "moved", dockerfile);
        _ = Repository.Git("tag", "--force", "v1.0.0");
        _ = One("Build-ProImage api v1.0.0 -Force");
        Assert.NotEqual(old, Id("api:v1.0.0"));
        return old!;
    }

    private IReadOnlyList<string> List(string parameters = "") => Versions(Good($"Get-ProImageVersion api {parameters}"));

    [Fact]
    public void Newest_first_by_SemVer_commits_right_after_the_release_of_their_time()
    {
        _ = Image("aaaaaaaaaaaa", day: 3);
        _ = Image("v1.2.0-rc.1");
        _ = Image("v1.10.0");
        _ = Image("bbbbbbbbbbbb", day: 5);
        _ = Image("v1.2.0");
        _ = Image("v1.2.0-rc.2");
        _ = Image("v1.9.0_build.1");
        _ = Image("v1.2.0-3-gcccccccccccc", day: 1);
        Assert.Equal(
            ["bbbbbbbbbbbb", "aaaaaaaaaaaa", "v1.10.0", "v1.9.0+build.1", "v1.2.0-3-gcccccccccccc", "v1.2.0", "v1.2.0-rc.2", "v1.2.0-rc.1"],
            List());
    }

    [Fact]
    public void A_commit_build_is_right_after_the_release_that_its_label_describes_it_by()
    {
        _ = Release("v1.0.0", dockerfile: $"FROM {Base}\nCOPY file /\n");
        _ = One("Build-ProImage api v1.0.0");
        _ = Commit("api", "later", $"FROM {Base}\nCOPY file /\n");
        var built = Text(One("Build-ProImage api"), "Version")!;

        // Newer by its number, and older than the commit.
        _ = Image("v3.0.0");
        Assert.Equal(["v3.0.0", built!, "v1.0.0"], List());
        Assert.Equal([built!, "v1.0.0"], Versions(Good("(Get-ProImageVersion api)[1, 2]")));
    }

    [Fact]
    public void A_version_says_all_that_is_known_of_it()
    {
        var id = Image("v1.2.3", revision: Head, day: 7);
        TestEngine.Tag(id, $"{Registry}/api", "latest");
        TestEngine.Tag(id, $"{Registry}/api", "v1.2");
        TestEngine.Tag(id, $"{Registry}/api", "something-else");
        var version = One("Get-ProImageVersion api");
        Assert.Equal("api", Text(version, "Service"));
        Assert.Equal("v1.2.3", Text(version, "Version"));
        Assert.Equal("v1.2.3", Text(version, "Tag"));
        Assert.Equal($"{Registry}/api:v1.2.3", Text(version, "Reference"));
        Assert.Equal(["latest", "v1.2"], Texts(version, "Aliases"));
        Assert.Equal(id, Text(version, "ImageId"));
        Assert.Equal(TestEngine.HasContainerdStore ? id : null, Text(version, "Digest"));
        Assert.Equal(Head, Text(version, "Commit"));
        Assert.Equal(new DateTimeOffset(2026, 3, 7, 10, 0, 0, TimeSpan.Zero), version.Properties["Created"].Value);
        Assert.True(TestEngine.HasContainerdStore || 6L.Equals(version.Properties["Size"].Value));
        Assert.Equal(false, version.Properties["IsInUse"].Value);
        Assert.Equal(false, version.Properties["IsCurrent"].Value);
        Assert.Equal(false, version.Properties["IsPrerelease"].Value);
        Assert.Equal(true, version.Properties["IsBuiltByPro"].Value);
    }

    [Fact]
    public void Images_of_the_old_scripts_without_labels_list_as_well_if_git_knows_their_commit()
    {
        var known = Head[..7];
        _ = TestEngine.Import($"{Registry}/api:v1.0.0", "1");
        _ = TestEngine.Import($"{Registry}/api:{known}", "2");
        _ = TestEngine.Import($"{Registry}/api:20240131", "6");
        _ = TestEngine.Import($"{Registry}/api:{(known[0] == 'd' ? "facade0" : "decade0")}", "7");
        _ = TestEngine.Import($"{Registry}/api:v1.0.0-5-gabc1234", "3");
        _ = TestEngine.Import($"{Registry}/api:latest", "4");
        _ = TestEngine.Import($"{Registry}/api:experiment", "5");
        var versions = Good("Get-ProImageVersion api");
        Assert.Equal([known, "v1.0.0-5-gabc1234", "v1.0.0"], Versions(versions));
        Assert.All(versions, version => Assert.Equal(false, version.Properties["IsBuiltByPro"].Value));
        Assert.All(versions, version => Assert.Null(version.Properties["Commit"].Value));
    }

    [Fact]
    public void Two_versions_on_one_image_list_as_two()
    {
        var id = Image("v1.0.0");
        TestEngine.Tag(id, $"{Registry}/api", "v1.0.1");
        var versions = Good("Get-ProImageVersion api");
        Assert.Equal(["v1.0.1", "v1.0.0"], Versions(versions));
        Assert.All(versions, version => Assert.Equal(id, Text(version, "ImageId")));
    }

    [Fact]
    public void A_stopped_container_uses_its_image_but_is_not_current()
    {
        _ = Release("v1.0.0", dockerfile: $"FROM {Base}\nCOPY file /\n");
        _ = One("Build-ProImage api v1.0.0");
        var name = RegistryPath + "-stopped";
        TestEngine.Kill(TestEngine.CreateContainer($"{Registry}/api:v1.0.0", name, start: true));
        var version = One("Get-ProImageVersion api");
        Assert.Equal(true, version.Properties["IsInUse"].Value);
        Assert.Equal(false, version.Properties["IsCurrent"].Value);
        Assert.Equal([name], Texts(version, "Containers"));
        Assert.Empty(Good("Get-ProImageVersion api -Current"));
    }

    [Theory]
    [InlineData("v1.0.0")]
    [InlineData("latest")]
    public void Current_is_what_runs_by_the_versions_tag_or_by_latest(string startedBy)
    {
        Build("v1.0.0");
        _ = TestEngine.CreateContainer($"{Registry}/api:{startedBy}", RegistryPath + "-run", start: true);
        Build("v1.1.0");
        Assert.Equal(["v1.0.0"], List("-Current"));
        Assert.Equal(["v1.0.0"], Texts(One("Get-ProService api"), "CurrentVersion"));
        Assert.Equal(["v1.1.0", "v1.0.0"], List());
    }

    [Fact]
    public void An_image_that_lost_its_tag_is_still_current_by_its_label()
    {
        var old = RunWithoutTag();
        var current = One("Get-ProImageVersion api -Current");
        Assert.Equal(old, Text(current, "ImageId"));
        Assert.Equal("v1.0.0", Text(current, "Version"));
        Assert.Null(current.Properties["Tag"].Value);
        Assert.Equal(old, Text(current, "Reference"));
        Assert.Equal(2, Good("Get-ProImageVersion api").Count);
    }

    [Fact]
    public void An_image_without_a_tag_is_its_repositorys_own_though_others_have_a_service_of_that_name()
    {
        var old = RunWithoutTag();
        Variables["REGISTRY"] = $"{Registry}/other";
        Assert.Empty(Good("Get-ProImageVersion api"));
        Assert.Empty(Texts(One("Get-ProService api"), "CurrentVersion"));
        _ = Bad("Invoke-ProRollback api v1.0.0 -Confirm:$false", "ImageNotFound", ErrorCategory.ObjectNotFound);
        Assert.Equal(0, Good("Get-ProDiskUsage").Single(line => Text(line, "Name") == "api").Properties["Count"].Value);
        Assert.DoesNotContain(
            Good("Remove-ProOldImage api -Dangling -GracePeriod 0 -Confirm:$false"), line => Text(line, "ImageId") == old);
    }

    [Fact]
    public void A_container_of_another_service_or_of_another_name_for_the_image_makes_nothing_current()
    {
        Build("v1.0.0");
        TestEngine.Tag($"{Registry}/api:v1.0.0", $"{Registry}/elsewhere/api", "v9.9.9");
        _ = Repository.Commit(("apps/web/Dockerfile", CopyAll));
        _ = One("Build-ProImage web HEAD");
        Assert.Empty(List("-Current"));
        Assert.Equal(["v1.0.0"], List());
    }

    [Fact]
    public void After_a_push_the_digest_is_the_registrys()
    {
        Build("v1.0.0");
        _ = Good("Publish-ProImage api v1.0.0");
        using var registry = TestRegistry.Open();
        Assert.Equal(registry.DigestOf($"{RegistryPath}/api", "v1.0.0"), Text(One("Get-ProImageVersion api"), "Digest"));
    }

    [Fact]
    public void Filters_are_wildcards_ranges_stability_and_what_runs()
    {
        foreach (var tag in (string[])["v1.1.0", "v1.2.0", "v1.2.5", "v1.3.0-rc.1", "v2.0.0", "dddddddddddd"])
        {
            _ = Image(tag);
        }

        Assert.Equal(["v1.2.5", "v1.2.0"], List("'v1.2.*'"));
        Assert.Equal(["v1.2.0", "v1.1.0"], List("-Version v1.1.0, v1.2.0"));
        Assert.Equal(["v1.2.5", "v1.2.0", "v1.1.0"], List("-Range '>=1.1 <1.3'"));

        // As npm does: a pre-release only where the range names one of the same three numbers.
        Assert.Equal(["v2.0.0", "v1.3.0-rc.1"], List("-Range '>=1.3.0-rc.1'"));
        Assert.Empty(List("-Range '>=1.3.0-rc.2 <2'"));
        Assert.Equal(["v1.2.5", "v1.2.0"], List("-Range '>=1.2 <2' -Stable"));
        Assert.Equal(["v2.0.0", "v1.2.5", "v1.2.0", "v1.1.0"], List("-Stable"));
        Assert.Equal(["dddddddddddd"], List("dddd*"));
        Assert.Empty(List("v7*"));
        _ = Bad("Get-ProImageVersion api -Range 'nonsense'", "InvalidVersionRange", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void All_services_are_listed_in_their_order_and_names_come_from_the_pipeline_too()
    {
        _ = Repository.Commit(("apps/web/Dockerfile", CopyAll));
        _ = Image("v1.0.0");
        _ = TestEngine.Import($"{Registry}/web:v3.0.0", "web");
        Assert.Equal(["v1.0.0", "v3.0.0"], Versions(Good("Get-ProImageVersion")));
        Assert.Equal(["v3.0.0"], Versions(Good("Get-ProImageVersion w*")));
        Assert.Equal(["v3.0.0", "v1.0.0"], Versions(Good("'web', 'api' | Get-ProImageVersion")));
        Assert.Equal(["v1.0.0", "v3.0.0"], Versions(Good("Get-ProService | Get-ProImageVersion")));
        Assert.Equal(["api"], Good("Get-ProImageVersion api | Get-ProService").Select(service => Text(service, "Service")));
    }

    [Theory]
    [InlineData("Get-ProImageVersion apii, web")]
    [InlineData("'apii', 'web' | Get-ProImageVersion")]
    public void An_unknown_service_is_one_error_and_the_others_are_listed(string script)
    {
        _ = Repository.Commit(("apps/web/Dockerfile", CopyAll));
        _ = TestEngine.Import($"{Registry}/web:v3.0.0", "web");
        var result = Run(script);
        Check(result.Error, "ServiceNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains("\"api\"", result.Error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(["v3.0.0"], Versions(result.Output));
    }

    [Theory]
    [InlineData("Get-ProImageVersion", 1)]
    [InlineData("Get-ProService", 1)]
    [InlineData("'api', 'web', 'worker' | Get-ProImageVersion", 1)]
    [InlineData("Get-ProService | Get-ProImageVersion", 2)]
    public async Task A_command_asks_two_questions_however_many_images_there_are(string script, int commands)
    {
        for (var number = 0; number < 20; number++)
        {
            _ = Image($"v1.0.{number}");
        }

        _ = Repository.Commit(("apps/web/Dockerfile", CopyAll), ("apps/worker/Dockerfile", CopyAll));
        await using var proxy = EngineProxy.Start();
        var host = Environment.GetEnvironmentVariable("DOCKER_HOST");
        Variables["DOCKER_HOST"] = proxy.Url;
        var versions = Good(script);
        Variables["DOCKER_HOST"] = host;
        Assert.NotEmpty(versions);

        // One more learns the engine's API version.
        var asked = proxy.Requests.Where(path => !path.EndsWith("/version", StringComparison.Ordinal)
            && !path.EndsWith("/_ping", StringComparison.Ordinal));
        var questions = asked.Select(path => path[path.LastIndexOf('/', path.LastIndexOf('/') - 1)..]).Order();
        Assert.Equal([.. Enumerable.Repeat("/containers/json", commands), .. Enumerable.Repeat("/images/json", commands)], questions);
    }

    [Fact]
    public void The_table_is_plain_text_with_the_running_one_marked()
    {
        Build("v1.0.0");
        _ = TestEngine.CreateContainer($"{Registry}/api:v1.0.0", RegistryPath + "-run", start: true);
        _ = Image("v1.1.0");
        TestEngine.Tag($"{Registry}/api:v1.1.0", $"{Registry}/api", "v1.1");
        var screen = Shell.Render("Get-ProImageVersion api");
        Assert.DoesNotContain('\u001b', screen);
        var lines = screen.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.Contains("Service: api", screen, StringComparison.Ordinal);
        var header = Assert.Single(lines, line => line.StartsWith("Version", StringComparison.Ordinal));
        Assert.Matches("Version +Age +Size +State +Aliases +Containers", header);
        var running = Assert.Single(lines, line => line.Contains("v1.0.0", StringComparison.Ordinal));
        Assert.Matches($@"^\* v1\.0\.0 .*running.* {RegistryPath}-run$", running);
        var other = Assert.Single(lines, line => line.Contains("v1.1.0", StringComparison.Ordinal));
        Assert.Matches(@"^v1\.1\.0 .*B +v1\.1$", other);
    }

    [Fact]
    public void The_running_version_and_its_state_are_green_where_there_are_colours_and_no_other_line_is()
    {
        Build("v1.0.0");
        _ = TestEngine.CreateContainer($"{Registry}/api:v1.0.0", RegistryPath + "-run", start: true);
        _ = Image("v1.1.0");
        var lines = Shell.Render("Get-ProImageVersion api", colours: true).Split('\n');
        var running = Assert.Single(lines, line => line.Contains("v1.0.0", StringComparison.Ordinal));
        Assert.Contains("\u001b[92m* v1.0.0\u001b[0m", running, StringComparison.Ordinal);
        Assert.Contains("\u001b[92mrunning\u001b[0m", running, StringComparison.Ordinal);
        var other = Assert.Single(lines, line => line.Contains("v1.1.0", StringComparison.Ordinal));
        Assert.DoesNotContain("\u001b[92m", other, StringComparison.Ordinal);
    }

    [Fact]
    public void Services_list_with_what_runs_also_without_a_registry_or_an_engine()
    {
        _ = Repository.Commit(("apps/web/Dockerfile", CopyAll));
        var service = Good("Get-ProService")[0];
        Assert.Equal(
            ("api", "apps/api", "apps/api/Dockerfile"), (Text(service, "Service"), Text(service, "Context"), Text(service, "Dockerfile")));
        Assert.Equal($"{Registry}/api", Text(service, "Image"));
        Assert.Empty(Texts(service, "CurrentVersion"));

        Variables["DOCKER_HOST"] = "unix:///nowhere/docker.sock";
        var result = Run("Get-ProService").ThrowIfFailed();
        Assert.Equal(2, result.Output.Count);
        Assert.Contains("/nowhere/docker.sock", Assert.Single(result.Warnings), StringComparison.Ordinal);

        Variables["REGISTRY"] = null;
        result = Run("Get-ProService").ThrowIfFailed();
        Assert.Equal(["api", "web"], result.Output.Select(one => Text(one, "Image")));
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void The_table_of_services_shows_what_runs()
    {
        Build("v1.0.0");
        _ = TestEngine.CreateContainer($"{Registry}/api:v1.0.0", RegistryPath + "-run", start: true);
        Assert.Matches($"api +v1\\.0\\.0 +apps/api +apps/api/Dockerfile +{Registry}/api", Shell.Render("Get-ProService"));
    }

    private void Build(string tag)
    {
        _ = Release(tag, dockerfile: $"FROM {Base}\nCOPY file /\n");
        _ = One($"Build-ProImage api {tag}");
    }
}
