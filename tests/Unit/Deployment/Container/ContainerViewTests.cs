using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

public sealed class ContainerViewTests
{
    [Fact]
    public void The_names_of_Docker_lead_to_what_the_engine_says()
    {
        var view = Of("""
            {
              "Id": "c1", "Name": "/web", "Image": "sha256:1", "Created": "2026-01-01T00:00:00Z", "RestartCount": 2,
              "State": { "Status": "running", "Running": true, "StartedAt": "2026-01-02T00:00:00.123456789Z", "ExitCode": 137 },
              "Config": { "Image": "web:v1", "Labels": { "team": "shop", "none": null } },
              "HostConfig": { "NetworkMode": "app", "RestartPolicy": { "Name": "always" },
                "PortBindings": { "80/tcp": [ { "HostPort": "80" } ] } },
              "NetworkSettings": { "Networks": { "app": {} }, "Ports": { "80/tcp": null } }
            }
            """);

        Assert.Equal(("c1", "web", "web:v1", "sha256:1"), (view.Id, view.Name, view.Image, view.ImageId));
        Assert.Equal(("running", true, 137L, 2L), (view.Status, view.IsRunning, view.ExitCode, view.RestartCount));
        Assert.True(view.StartedAt > view.CreatedAt.AddDays(1));
        Assert.Equal(new Dictionary<string, string> { ["team"] = "shop", ["none"] = "" }, view.Labels);
        Assert.Equal(("app", "always"), (view.NetworkMode, view.RestartPolicy.Text("Name")));
        Assert.True(view.Networks.ContainsKey("app"));
        Assert.Null(view.Ports["80/tcp"]);
        Assert.Equal("80", view.PortBindings["80/tcp"]![0].Text("HostPort"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData(
        """
        { "State": null, "Config": null, "HostConfig": null, "NetworkSettings": { "Networks": null, "Ports": null }, "Mounts": null }
        """)]
    public void What_the_engine_does_not_say_reads_as_nothing(string json)
    {
        var view = Of(json);

        Assert.Equal(("", "", "", "", ""), (view.Id, view.Name, view.Image, view.ImageId, view.Platform));
        Assert.Equal(("", false, null, 0L), (view.Status, view.IsRunning, view.ExitCode, view.RestartCount));
        Assert.Equal(default, view.StartedAt);
        Assert.Null(view.RestartPolicy);
        Assert.Empty(view.Labels);
        Assert.Empty(view.Networks);
        Assert.Empty(view.Ports);
        Assert.Empty(view.PortBindings);
        Assert.Empty(view.Mounts);
        Assert.Empty(view.Environment);
    }

    private static ContainerView Of(string json) => new(JsonNode.Parse(json)!.AsObject());
}
