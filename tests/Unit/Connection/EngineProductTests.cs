using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Xunit;

namespace Pro.DockerVersioning.Tests.Connection;

/// <summary>Who answers, and from where this process asks.</summary>
public sealed class EngineProductTests
{
    private const string Id = "4b2c7f3f2a0e9d8c7b6a5f4e3d2c1b0a99887766554433221100ffeeddccbbaa";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Written from the source of Podman 5.8, and never recorded.</summary>
    [Fact]
    public async Task Podman_is_told_by_its_version_and_deployment_is_refused_by_name()
    {
        await using var server = ScriptedHttpServer.Start(_ => ScriptedResponse.Json("""
            { "Platform": { "Name": "linux/amd64/debian-unstable" }, "Components": [ { "Name": "Podman Engine", "Version": "5.8.0",
              "Details": { "APIVersion": "5.8.0", "MinAPIVersion": "4.0.0" } }, { "Name": "Conmon", "Version": "conmon version 2.1.12" } ],
              "Version": "5.8.0", "ApiVersion": "1.41", "MinAPIVersion": "1.24" }
            """, 200, ("Api-Version", "1.41"), ("Libpod-API-Version", "5.8.0")));
        using var engine = EngineConnection.Open(new EngineEndpoint { Address = new Uri(server.Url), Source = "the test" });

        var refused = await Assert.ThrowsAsync<ProException>(() => EngineProduct.ThrowIfPodmanAsync(engine, Token));

        Assert.Equal("PodmanCannotDeploy", refused.Id);
        Assert.Contains("Podman 5.8.0", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "Platform": { "Name": "Docker Engine - Community" }, "Components": [ { "Name": "Engine", "Version": "28.5.2" }, { "Name": "containerd" } ] }""")]
    [InlineData("""{ "Version": "20.10.24", "Components": null }""")]
    public void Dockers_engine_is_not_Podman(string version) =>
        Assert.Null(EngineProduct.PodmanVersion(JsonNode.Parse(version)!.AsObject()));

    [Theory]
    [InlineData("715 700 254:1 /var/lib/docker/containers/ID/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/vda1 rw", true)]
    [InlineData("716 700 254:1 /lib/docker/containers/ID/hostname /etc/hostname rw,relatime - ext4 /dev/vda1 rw", true)]
    [InlineData("90 30 0:50 / /var/lib/docker/containers/ID/mounts/shm rw - tmpfs shm rw", false)]
    [InlineData("91 30 254:1 /data/ID/hosts /etc/hosts rw - ext4 /dev/vda1 rw", false)]
    [InlineData("", false)]
    public void The_own_container_is_read_off_what_the_engine_has_mounted_there(string line, bool isFound) => Assert.Equal(
        isFound ? Id : null,
        OwnContainer.Read("22 1 254:1 / / rw - ext4 /dev/vda1 rw\n" + line.Replace("ID", Id, StringComparison.Ordinal) + "\n"));
}
