using System.Management.Automation;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>What must not be lost or taken for something else, through the cmdlets, on the real engine.</summary>
public sealed class FidelityTests : DeployTest
{
    private readonly List<string> _made = [];

    protected override void Dispose(bool disposing)
    {
        foreach (var container in _made)
        {
            _ = TestEngine.Call(HttpMethod.Delete, $"/containers/{container}?force=true");
        }

        base.Dispose(disposing);
    }

    [Theory]
    [InlineData("StopFirst")]
    [InlineData("StartFirst")]
    public void A_service_named_by_hex_digits_leaves_a_container_alone_whose_id_begins_so(string order)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0", health: "");
        _ = Make("v1.2.0");
        var stranger = TestEngine.CreateContainer(Base, $"pro-test-{Guid.NewGuid():N}", start: true, "sleep", "600");
        _made.Add(stranger);
        var before = Container(stranger);
        var name = stranger[..4];
        Start("v1.0.0", name);
        _made.Add(Container(name)["Id"]!.ToString());

        var failed = Run($"Deploy-ProService api v1.1.0 -Order {order} -HealthTimeout 00:00:05 -Confirm:$false");
        _made.Add(Container(name)["Id"]!.ToString());
        Assert.Equal("RestoredPrevious", Text(Assert.Single(failed.Output), "Outcome"));
        Assert.Equal("v1.0.0", Answer());
        Assert.Equal("Succeeded", Text(One($"Deploy-ProService api v1.2.0 -Order {order} -Confirm:$false"), "Outcome"));
        _made.Add(Container(name)["Id"]!.ToString());
        Assert.DoesNotContain(Good("Repair-ProService api -Confirm:$false"), one => Text(one, "Outcome") != "NothingToDo");

        Assert.Equal("v1.2.0", Answer());
        var now = Container(stranger);
        Assert.Equal(before["Name"]!.ToString(), now["Name"]!.ToString());
        Assert.Equal(before["State"]!["StartedAt"]!.ToString(), now["State"]!["StartedAt"]!.ToString());
        Assert.True((bool)now["State"]!["Running"]!);
    }

    [Fact]
    public void A_container_whose_image_was_removed_by_force_is_found_named_and_left_alone()
    {
        var image = Make("v1.0.0", labelled: false);
        _ = Make("v1.1.0");
        Start("v1.0.0");
        RemoveImage(image);
        var before = Untouched();

        Assert.Equal("v1.0.0", Assert.Single(Texts(One("Get-ProService api"), "CurrentVersion")));
        var error = Bad("Deploy-ProService api v1.1.0 -Confirm:$false", "ImageIsGone", ErrorCategory.InvalidOperation);

        Assert.Contains(ContainerName, error.ToString(), StringComparison.Ordinal);
        Assert.Contains("v1.0.0", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, Untouched());
        Assert.Equal("v1.0.0", Answer());
    }

    [Fact]
    public void One_that_was_started_by_the_id_of_an_image_that_is_gone_is_known_by_the_history()
    {
        var image = Make("v1.0.0", labelled: false);
        _ = Make("v1.1.0");
        Start("v1.0.0");
        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.0.0 -Force"), "Outcome"));
        _ = TestEngine.Call(HttpMethod.Delete, $"/containers/{ContainerName}?force=true");
        _ = TestEngine.Call(HttpMethod.Post, "/containers/create?name=" + ContainerName, new JsonObject
        {
            ["Image"] = image,
            ["HostConfig"] = new JsonObject
            {
                ["PortBindings"] =
                    new JsonObject { ["8080/tcp"] = new JsonArray(new JsonObject { ["HostIp"] = "127.0.0.1", ["HostPort"] = $"{Port}" }) },
            },
        });
        _ = TestEngine.Call(HttpMethod.Post, $"/containers/{ContainerName}/start");
        RemoveImage(image);

        var error = Bad("Deploy-ProService api v1.1.0 -Confirm:$false", "ImageIsGone", ErrorCategory.InvalidOperation);

        Assert.Contains($"{ContainerName} runs v1.0.0", error.ToString(), StringComparison.Ordinal);
        Assert.Equal("v1.0.0", Answer());
    }

    [Fact]
    public void A_typed_order_that_can_not_be_kept_is_an_error_and_one_of_a_file_a_warning()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Network = "host";
        IsPublished = false;
        Start("v1.0.0", wait: false);
        Network = "bridge";

        var error = Bad("Deploy-ProService api v1.1.0 -Order StartFirst -WhatIf", "OrderNotPossible", ErrorCategory.InvalidArgument);
        Assert.Contains("because it uses the host's network", error.ToString(), StringComparison.Ordinal);
        _ = Repository.Write("pro.json", """{ "services": { "api": { "order": "start-first" } } }""");
        var planned = Run("Deploy-ProService api v1.1.0 -WhatIf").ThrowIfFailed();
        Assert.Contains("because it uses the host's network", Assert.Single(planned.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_the_engine_chose_stays_and_a_MAC_address_too()
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        MakeNetwork(hasPeer: false);
        _ = TestEngine.Call(HttpMethod.Post, "/containers/create?name=" + ContainerName, new JsonObject
        {
            ["Image"] = $"{Registry}/api:v1.0.0",
            ["MacAddress"] = "02:42:ac:11:65:43",
            ["HostConfig"] = new JsonObject
            {
                ["NetworkMode"] = Network,
                ["PortBindings"] =
                    new JsonObject { ["8080/tcp"] = new JsonArray(new JsonObject { ["HostIp"] = "127.0.0.1", ["HostPort"] = "" }) },
            },
            ["NetworkingConfig"] = new JsonObject
            {
                ["EndpointsConfig"] = new JsonObject { [Network] = new JsonObject { ["MacAddress"] = "02:42:ac:11:65:43" } },
            },
        });
        _ = TestEngine.Call(HttpMethod.Post, $"/containers/{ContainerName}/start");
        var port = HostPort();
        Assert.Equal("v1.0.0", Answer(port));

        Assert.Equal("Succeeded", Text(One("Deploy-ProService api v1.1.0 -Confirm:$false"), "Outcome"));

        Assert.Equal(port, HostPort());
        Assert.Equal("v1.1.0", Answer(port));
        Assert.Equal("02:42:ac:11:65:43", Container()["NetworkSettings"]!["Networks"]![Network]!["MacAddress"]!.ToString());
    }

    private int HostPort() => int.Parse(
        Container()["NetworkSettings"]!["Ports"]!["8080/tcp"]![0]!["HostPort"]!.ToString(),
        System.Globalization.CultureInfo.InvariantCulture);

    // The engine refuses while the container runs; what runs goes on when it is started again.
    private void RemoveImage(string image)
    {
        _ = TestEngine.Call(HttpMethod.Post, $"/containers/{ContainerName}/stop?t=0");
        foreach (var tag in TestEngine.Inspect(image)["RepoTags"]!.AsArray().Select(tag => tag!.ToString()).ToArray())
        {
            _ = TestEngine.Call(HttpMethod.Delete, $"/images/{tag}?force=true");
        }

        _ = TestEngine.Call(HttpMethod.Delete, $"/images/{image}?force=true");
        _ = TestEngine.Call(HttpMethod.Post, $"/containers/{ContainerName}/start");
        Assert.Equal("v1.0.0", Answer());
        Assert.Null(TestEngine.IdOf(image));
    }
}
