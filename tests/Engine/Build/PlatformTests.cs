using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Build;

/// <summary>
/// Images of several platforms, which only a builder that pushes itself can make: buildx on an engine with containerd's image store.
/// </summary>
public sealed class PlatformTests : EngineTest
{
    private readonly TestRegistry _registry = TestRegistry.Open();

    private string Api => $"{RegistryPath}/api";

    [Fact]
    [Trait("Run", "all")]
    public void Several_platforms_are_pushed_by_the_builder_as_one_version()
    {
        RequireBuildx();
        Assert.SkipUnless(
            TestEngine.HasContainerdStore, "The engine has no image store of containerd: its own builder makes one platform only.");
        _ = Release("v1.0.0");

        var first = One("Build-ProImage api v1.0.0 -Platform linux/amd64, linux/arm64 -Push");
        Assert.Equal("Built", Text(first, "Outcome"));
        Assert.Equal("docker buildx", Text(first, "Builder"));
        Assert.Null(first.Properties["ImageId"].Value);
        Assert.True((bool)first.Properties["IsPublished"].Value);
        Assert.Equal(["latest", "v1.0.0"], _registry.Tags(Api));
        var (digest, platforms) = _registry.IndexOf(Api, "v1.0.0");
        Assert.Equal(["linux/amd64", "linux/arm64"], platforms);
        Assert.Equal(digest, Text(first, "Digest"));
        Assert.Equal(digest, _registry.IndexOf(Api, "latest").Digest);

        var again = One("Build-ProImage api v1.0.0 -Platform linux/amd64, linux/arm64 -Push");
        Assert.Equal("AlreadyBuilt", Text(again, "Outcome"));
        Assert.Equal(digest, Text(again, "Digest"));

        // An older line's fix is published, and moves nothing back.
        _ = Release("v0.9.1");
        var older = One("Build-ProImage api v0.9.1 -Platform linux/amd64, linux/arm64 -Push -WarningAction Ignore");
        Assert.Equal(digest, _registry.IndexOf(Api, "latest").Digest);
        Assert.NotEqual(digest, Text(older, "Digest"));
        Assert.Equal(["latest", "v0.9.1", "v1.0.0"], _registry.Tags(Api));
    }

    [Fact]
    public void An_engine_whose_builder_makes_one_platform_only_says_what_would_make_several()
    {
        RequireBuildx();
        Assert.SkipWhen(TestEngine.HasContainerdStore, "This engine's builder makes several platforms.");
        _ = Release("v1.0.0");
        var error = Bad(
            "Build-ProImage api v1.0.0 -Platform linux/amd64, linux/arm64 -Push", "BuildDriverUnsupported", ErrorCategory.NotImplemented);
        Assert.Contains("docker buildx create", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(Tags());
        Assert.Empty(_registry.Tags(Api));
    }

    protected override void Dispose(bool disposing)
    {
        _registry.Dispose();
        base.Dispose(disposing);
    }

    private void RequireBuildx()
    {
        var plugins = Environment.GetEnvironmentVariable("PRO_TEST_DOCKER_CONFIG");
        Assert.SkipWhen(string.IsNullOrEmpty(plugins), "PRO_TEST_DOCKER_CONFIG names no folder with buildx.");
        Variables["DOCKER_CONFIG"] = plugins;
        OnlyClient(TestSettings.DockerClient);
    }
}
