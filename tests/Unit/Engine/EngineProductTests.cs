using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Machine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Who answers, and from where this process asks.</summary>
public sealed class EngineProductTests
{
    private const string Id = "4b2c7f3f2a0e9d8c7b6a5f4e3d2c1b0a99887766554433221100ffeeddccbbaa";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>As Podman 5.8.6 of Debian answers.</summary>
    [Fact]
    public async Task Podman_is_told_by_its_version_and_deployment_is_refused_by_name()
    {
        await using var server = ScriptedHttpServer.Start(_ => ScriptedResponse.Json("""
            { "Platform": { "Name": "linux/amd64/debian-unknown" }, "Components": [ { "Name": "Podman Engine", "Version": "5.8.6",
              "Details": { "APIVersion": "5.8.6", "MinAPIVersion": "4.0.0" } }, { "Name": "Conmon", "Version": "conmon version 2.1.13" } ],
              "Version": "5.8.6", "ApiVersion": "1.44", "MinAPIVersion": "1.24" }
            """, 200, ("Api-Version", "1.44"), ("Libpod-Api-Version", "5.8.6")));
        using var engine = EngineConnection.Open(new EngineEndpoint { Address = new Uri(server.Url), Source = "the test" });

        var refused = await Assert.ThrowsAsync<ProException>(() => EngineProduct.ThrowIfPodmanAsync(engine, Token));

        Assert.Equal("PodmanCannotDeploy", refused.Id);
        Assert.Contains("Podman 5.8.6", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dockers_engine_is_not_Podman()
    {
        await using var server = ScriptedHttpServer.Start(_ => ScriptedResponse.Json(
            """{ "Platform": { "Name": "Docker Engine - Community" } }""", 200, ("Api-Version", "1.51"),
            ("Server", "Docker/28.5.2 (linux)")));
        using var engine = EngineConnection.Open(new EngineEndpoint { Address = new Uri(server.Url), Source = "the test" });

        Assert.Null(await EngineProduct.PodmanVersionAsync(engine, Token));
    }

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
