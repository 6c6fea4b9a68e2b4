using System.Formats.Tar;
using System.Management.Automation;
using System.Text;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>
/// Podman's Docker-compatible API in the place of the engine (`scripts/engines.sh start podman`): all but deployments works.
/// </summary>
[Trait("Engine", "podman")]
public sealed class PodmanTests : EngineTest
{
    private const string Run1 = $"FROM {Base}\nARG COLOUR=grey\nRUN echo $COLOUR > /colour\nCOPY . /srv/\n";

    private readonly string _config;

    public PodmanTests()
    {
        _config = Directory.CreateDirectory(Path.Combine(Repository.Beside, "docker")).FullName;
        Variables["DOCKER_CONFIG"] = _config;
        Variables["XDG_STATE_HOME"] = Path.Combine(Repository.Beside, "state");
    }

    [Fact]
    public void It_builds_by_itself_though_a_client_with_BuildKit_is_on_PATH()
    {
        _ = Repository.WriteExecutable("apps/api/run.sh", "#!/bin/sh\n").Link("apps/api/latest", "run.sh");
        _ = Repository.Commit(("apps/api/Dockerfile", Run1), ("apps/api/.dockerignore", "Dockerfile\n"), ("apps/api/file", "one"));
        _ = Repository.Tag("v1.0.0");
        var result = Run("Build-ProImage api v1.0.0 -BuildArg @{ COLOUR = 'red' } -Verbose").ThrowIfFailed();
        Assert.Contains(
            result.Verbose, line => line.StartsWith("Builds with the Engine API (Podman): Podman 5.", StringComparison.Ordinal));
        var build = Assert.Single(result.Output);
        Assert.Equal("Podman", Text(build, "Builder"));
        Assert.Equal(Id("api:v1.0.0"), Text(build, "ImageId"));
        Assert.Equal(Head, Labels("api:v1.0.0")["org.opencontainers.image.revision"]);

        // As docker would build it: the Dockerfile is not in the image; modes, links and times are the commit's.
        var files = Files("api:v1.0.0");
        Assert.Equal("red", files["colour"].Text.Trim());
        Assert.Equal(
            ["srv/.dockerignore", "srv/file", "srv/latest", "srv/run.sh"],
            files.Keys.Where(name => name.StartsWith("srv/", StringComparison.Ordinal) && name.Length > 4).Order(StringComparer.Ordinal));
        Assert.Equal((TarEntryType.SymbolicLink, 0x1ED), (files["srv/latest"].Type, files["srv/run.sh"].Mode & 0x1FF));
        Assert.Equal(DateTimeOffset.Parse(Repository.Git("log", "-1", "--format=%cI")), files["srv/file"].Modified);
        Assert.Equal("AlreadyBuilt", Text(One("Build-ProImage api v1.0.0 -BuildArg @{ COLOUR = 'red' }"), "Outcome"));

        // It lists a digest for what no registry has: the version counts as published only after a push.
        Assert.Null(Text(One("Get-ProImageVersion api"), "Digest"));
        Assert.Contains(
            "other build arguments", Assert.Single(Run("Build-ProImage api v1.0.0").ThrowIfFailed().Warnings), StringComparison.Ordinal);
        _ = Good("Publish-ProImage api v1.0.0");
        _ = Bad("Build-ProImage api v1.0.0 -BuildArg @{ COLOUR = 'blue' }", "VersionHasOtherArguments", ErrorCategory.ResourceExists);
    }

    [Theory]
    [InlineData("RUN echo almost there; echo the reason >&2; exit 9", "BuildStepFailed", "the reason")]
    [InlineData("COPY generated.js /", "BuildContextFileMissing", "generated.js")]
    [InlineData("RUNN true", "DockerfileInvalid", "RUNN")]
    public void A_build_that_fails_is_told_as_Dockers_is(string line, string id, string words)
    {
        _ = Commit(dockerfile: $"FROM {Base}\n{line}\n");
        var error = Run("Build-ProImage api").Error;
        Assert.Equal(id, error.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains(words, error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Tags());
    }

    [Theory]
    [InlineData("-Secret 'id=x,env=PATH'")]
    [InlineData("-CacheFrom x/y:1")]
    public void What_it_has_not_is_refused_with_the_reason(string parameter)
    {
        _ = Commit();
        var error = Bad($"Build-ProImage api {parameter}", "BuilderLacksFeature", ErrorCategory.NotImplemented);
        Assert.Contains(parameter.Split(' ')[0], error.ToString(), StringComparison.Ordinal);
        Assert.Contains("Docker engine", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void It_publishes_and_the_aliases_follow()
    {
        using var registry = TestRegistry.Open();
        _ = Release("v1.0.0");
        var first = One("Build-ProImage api v1.0.0 | Publish-ProImage -Alias Minor");
        Assert.Equal("Published", Text(first, "Outcome"));
        Assert.Equal(["latest", "v1.0", "v1.0.0"], registry.Tags($"{RegistryPath}/api"));
        Assert.Equal(registry.DigestOf($"{RegistryPath}/api", "v1.0.0"), Text(first, "Digest"));
        Assert.Equal("AlreadyPublished", Text(One("Publish-ProImage api v1.0.0"), "Outcome"));

        // Another content under the same version is refused, as with Docker's engine.
        _ = Commit(text: "other");
        _ = Repository.Git("tag", "--force", "v1.0.0");
        _ = One("Build-ProImage api v1.0.0 -Force -WarningAction Ignore");
        _ = Bad("Publish-ProImage api v1.0.0", "PublishedOtherwise", ErrorCategory.ResourceExists);
    }

    [Fact]
    public void It_publishes_with_the_users_login()
    {
        using var registry = TestRegistry.Private();
        Variables["REGISTRY"] = $"{TestSettings.PrivateRegistry}/{RegistryPath}";
        _ = Release("v1.0.0");
        _ = One("Build-ProImage api v1.0.0");
        _ = Bad("Publish-ProImage api v1.0.0", "RegistryLoginRequired", ErrorCategory.AuthenticationError);
        var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{TestSettings.PrivateUser}:{TestSettings.PrivatePassword}"));
        File.WriteAllText(
            Path.Combine(_config, "config.json"), $$$"""{ "auths": { "{{{TestSettings.PrivateRegistry}}}": { "auth": "{{{auth}}}" } } }""");
        Assert.Equal("Published", Text(One("Publish-ProImage api v1.0.0"), "Outcome"));
        Assert.Contains("v1.0.0", registry.Tags($"{RegistryPath}/api"));
    }

    [Fact]
    public void It_lists_cleans_and_keeps_a_history()
    {
        foreach (var tag in (string[])["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0"])
        {
            _ = Release(tag, dockerfile: $"FROM {Base}\nCOPY file /\n");
            _ = One($"Build-ProImage api {tag}");
        }

        Assert.Equal(["v1.3.0", "v1.2.0", "v1.1.0", "v1.0.0"], Versions(Good("Get-ProImageVersion api")));
        _ = TestEngine.CreateContainer($"{Registry}/api:v1.0.0", RegistryPath + "-run", start: true);
        Assert.Equal(["v1.0.0"], Texts(One("Get-ProService api"), "CurrentVersion"));

        var before = TestEngine.Tags(Registry);
        _ = Good("Remove-ProOldImage api -Keep 1 -GracePeriod 0s -WhatIf");
        Assert.Equal(before, TestEngine.Tags(Registry));
        _ = Good("Remove-ProOldImage api -Keep 1 -GracePeriod 0s -Confirm:$false");
        Assert.Equal(["v1.3.0", "v1.0.0"], Versions(Good("Get-ProImageVersion api")));
        Assert.NotEmpty(Good("Get-ProDiskUsage"));
        _ = Bad("Clear-ProBuildCache -Confirm:$false", "PodmanHasNoBuildCache", ErrorCategory.NotImplemented);

        Assert.Equal(4, Good("Get-ProHistory api -Kind Build").Count);
        Assert.Equal(2, Good("Get-ProHistory api -Kind Clean").Count);
    }

    [Theory]
    [InlineData("Deploy-ProService api v1.1.0")]
    [InlineData("Deploy-ProService api v1.1.0 -WhatIf")]
    [InlineData("Invoke-ProRollback api v1.1.0 -Confirm:$false")]
    [InlineData("Repair-ProService api")]
    public void A_deployment_is_refused_by_name_and_nothing_is_touched(string command)
    {
        _ = Commit();
        foreach (var tag in (string[])["v1.0.0", "v1.1.0"])
        {
            TestEngine.Tag(Base, $"{Registry}/api", tag);
        }

        var id = TestEngine.CreateContainer($"{Registry}/api:v1.0.0", RegistryPath + "-run", start: true);
        var error = Bad(command, "PodmanCannotDeploy", ErrorCategory.NotImplemented);
        Assert.Contains("Podman 5.", error.ToString(), StringComparison.Ordinal);
        var container = TestEngine.Call(HttpMethod.Get, $"/containers/{RegistryPath}-run/json")!;
        Assert.Equal((id, "running"), (container["Id"]!.ToString(), container["State"]!["Status"]!.ToString()));
        TestEngine.RemoveContainer(RegistryPath + "-run");
        foreach (var tag in (string[])["v1.0.0", "v1.1.0"])
        {
            TestEngine.Untag($"{Registry}/api:{tag}");
        }
    }
}
