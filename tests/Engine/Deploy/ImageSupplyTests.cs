using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>What has to be pulled, and can't be as it was meant: nothing is touched.</summary>
public sealed class ImageSupplyTests : DeployTest
{
    private const long Large = 1L << 50;

    [Fact]
    public void An_image_for_which_the_disk_has_no_space_is_refused_unless_it_is_forced()
    {
        OnlyAtRegistry();
        using var registry = TestRegistry.Open();
        registry.Change($"{RegistryPath}/api", "v1.1.0", manifest =>
        {
            foreach (var layer in manifest["layers"]!.AsArray())
            {
                layer!["size"] = Large;
            }
        });
        var before = Container()["Id"]!.ToString();
        var error = Bad("Deploy-ProService api v1.1.0", "NoSpaceForImage", ErrorCategory.ResourceUnavailable);
        Assert.Contains("-Force", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal(before, Container()["Id"]!.ToString());

        var forced = Run("Deploy-ProService api v1.1.0 -Force");
        Assert.Contains(forced.Warnings, warning => warning.Contains("to pull, and unpacked it is larger", StringComparison.Ordinal));
        OnlyRuns(forced.Errors.Count == 0 ? "v1.1.0" : "v1.0.0");
    }

    [Fact]
    public void Layers_that_another_version_has_brought_need_no_space()
    {
        OnlyAtRegistry();
        TestEngine.Push($"{Registry}/api", "v1.0.0");
        using var registry = TestRegistry.Open();
        var bases = new List<string>();
        registry.Change(
            $"{RegistryPath}/api",
            "v1.0.0",
            manifest => bases.AddRange(manifest["layers"]!.AsArray().Select(layer => layer!["digest"]!.ToString())));
        registry.Change($"{RegistryPath}/api", "v1.1.0", manifest =>
        {
            var shared = manifest["layers"]!.AsArray().Where(layer => bases.Contains(layer!["digest"]!.ToString())).ToList();
            Assert.NotEmpty(shared);
            shared.ForEach(layer => layer!["size"] = Large);
        });
        _ = Run("Deploy-ProService api v1.1.0").ThrowIfFailed();
        OnlyRuns("v1.1.0");
    }

    [Fact]
    public void What_the_registry_no_longer_has_whole_is_an_error_and_touches_nothing()
    {
        OnlyAtRegistry();
        using var registry = TestRegistry.Open();
        string? config = null;
        registry.Change($"{RegistryPath}/api", "v1.1.0", manifest => config = manifest["config"]!["digest"]!.ToString());
        registry.Delete($"{RegistryPath}/api", config!, "blobs");
        var before = Container()["Id"]!.ToString();
        _ = Bad("Deploy-ProService api v1.1.0", "PullFailed", ErrorCategory.ResourceUnavailable);
        Assert.Equal(before, Container()["Id"]!.ToString());
        OnlyRuns("v1.0.0");
    }

    [Fact]
    public void A_tag_that_was_pushed_over_at_the_registry_is_not_what_was_deployed()
    {
        OnlyAtRegistry();
        _ = Good("Deploy-ProService api v1.1.0; Deploy-ProService api v1.0.0");
        using var registry = TestRegistry.Open();
        var deployed = registry.DigestOf($"{RegistryPath}/api", "v1.1.0")!;
        var previous = Tags().Single(tag => tag.StartsWith("pro-previous-", StringComparison.Ordinal));
        TestEngine.Untag($"{Registry}/api:v1.1.0");
        TestEngine.Untag($"{Registry}/api:{previous}");
        var other = Make("v1.1.0", health: "touch /srv/health /srv/other");
        TestEngine.Push($"{Registry}/api", "v1.1.0");
        TestEngine.Untag($"{Registry}/api:v1.1.0");
        registry.Delete($"{RegistryPath}/api", deployed);
        _ = Bad("Deploy-ProService api v1.1.0", "RegistryTagMoved", ErrorCategory.InvalidData);
        OnlyRuns("v1.0.0");
        Assert.Equal(other, Text(Assert.Single(Run("Deploy-ProService api v1.1.0 -Force").ThrowIfFailed().Output), "ImageId"));
        OnlyRuns("v1.1.0");
    }

    /// <summary>The registry has it for two platforms, and the container was started for the one that isn't the engine's.</summary>
    [Fact]
    public void An_image_is_pulled_for_the_platform_of_the_container_that_runs()
    {
        Assert.SkipUnless(
            System.Runtime.InteropServices.RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.X64,
            "Only a 64-bit PC runs two platforms by itself.");
        using var registry = TestRegistry.Open();
        foreach (var version in (string[])["v1.0.0", "v1.1.0"])
        {
            _ = Make(version);
            TestEngine.Push($"{Registry}/api", version);
            registry.MakeIndex($"{RegistryPath}/api", version, "386", "VARIANT=386");
            TestEngine.Untag($"{Registry}/api:{version}");
        }

        _ = DockerClient.Run(
            null, "run", "--quiet", "--detach", "--name", ContainerName, "--platform", "linux/386", "--publish", $"127.0.0.1:{Port}:8080",
            $"{Registry}/api:v1.0.0");
        Assert.Equal("v1.0.0", Answer());
        Assert.Equal("386", Variant());

        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0"), "Outcome"));

        Assert.Equal("v1.1.0", Answer());
        Assert.Equal("386", Variant());

        string Variant() => DockerClient.Run(null, "exec", ContainerName, "sh", "-c", "echo $VARIANT").Trim();
    }

    /// <summary>v1.0.0 runs; the registry alone has v1.1.0.</summary>
    private void OnlyAtRegistry()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        TestEngine.Push($"{Registry}/api", "v1.1.0");
        TestEngine.Untag($"{Registry}/api:v1.1.0");
        Start("v1.0.0");
    }
}
