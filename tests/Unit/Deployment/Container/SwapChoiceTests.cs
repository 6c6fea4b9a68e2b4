using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed class SwapChoiceTests : IAsyncLifetime
{
    private SwapScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await SwapScene.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_scene is not null)
        {
            await _scene.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("""{ "HostConfig": { "NetworkMode": "APP" } }""", nameof(SwapFlow.StartFirst), "")]
    [InlineData("""{ "HostConfig": { "NetworkMode": "none" } }""", nameof(SwapFlow.StartFirst), "")]
    [InlineData("""{ "ExposedPorts": { "80/tcp": {} }, "HostConfig": { "NetworkMode": "APP", "PortBindings": BOUND } }""",
        nameof(SwapFlow.WarmHeld), "")]
    [InlineData("""{ "ExposedPorts": { "80/tcp": {} }, "HostConfig": { "PortBindings": BOUND } }""", nameof(SwapFlow.WarmDetached), "")]
    [InlineData("""{ "HostConfig": { "NetworkMode": "host" } }""", nameof(SwapFlow.StopFirst), "it uses the host's network")]
    [InlineData("""{ "HostConfig": { "AutoRemove": true } }""", nameof(SwapFlow.StopFirst), "it removes itself")]
    [InlineData(
        """{ "HostConfig": { "NetworkMode": "container:PEER" } }""", nameof(SwapFlow.StopFirst), "it shares another container's network")]
    [InlineData("""{ "HostConfig": { "Links": [ "PEER:peer" ] } }""", nameof(SwapFlow.StopFirst), "it is linked")]
    [InlineData("""{ "HostConfig": { "PortBindings": { "80/tcp": [ { "HostPort": "" } ] } } }""", nameof(SwapFlow.StopFirst),
        "the engine chose one")]
    [InlineData("""{ "HostConfig": { "NetworkMode": "APP", "PortBindings": BOUND } }""", nameof(SwapFlow.StopFirst),
        "its port 80/tcp is not bound")]
    [InlineData("""{ "HostConfig": { "PublishAllPorts": true }, "ExposedPorts": { "80/tcp": {} } }""", nameof(SwapFlow.StopFirst),
        "the engine chose one")]
    [InlineData(
        """{ "ExposedPorts": { "53/udp": {} }"""
            + """, "HostConfig": { "PortBindings": { "53/udp": [ { "HostIp": "127.0.0.1", "HostPort": "28354" } ] } } }""",
        nameof(SwapFlow.StopFirst), "it publishes no TCP port")]
    [InlineData("""{ "ExposedPorts": { "80/tcp": {} }, "HostConfig": { "NetworkMode": "INSIDE", "PortBindings": BOUND } }""",
        nameof(SwapFlow.StartFirst), "")]
    [InlineData(
        """{ "HostConfig": { "NetworkMode": "APP" }, NAMED"""
            + """, "Healthcheck": { "Test": [ "CMD-SHELL", "wget -q -O- http://shop:8080/ || exit 1" ] } }""",
        nameof(SwapFlow.StopFirst), "its HEALTHCHECK asks for shop")]
    [InlineData(
        """{ "ExposedPorts": { "80/tcp": {} }, "HostConfig": { "NetworkMode": "APP", "PortBindings": BOUND }, NAMED"""
            + """, "Healthcheck": { "Test": [ "CMD", "nc", "-z", "SHOP", "80" ] } }""",
        nameof(SwapFlow.StopFirst), "its HEALTHCHECK asks for shop")]
    [InlineData("""{ "HostConfig": { "NetworkMode": "APP" }, "Labels": { "traefik.http.routers.web.rule": "Host(`x`)" } }""",
        nameof(SwapFlow.StartFirst), "by its label traefik.http.routers.web.rule")]
    [InlineData("""{ "HostConfig": { "NetworkMode": "APP" }, "Env": [ "VIRTUAL_HOST=shop.example.com" ] }""", nameof(SwapFlow.StartFirst),
        "by its variable VIRTUAL_HOST")]
    [InlineData("""{ "MacAddress": "02:42:0a:00:00:77" }""", nameof(SwapFlow.StopFirst), "its MAC address 02:42:0a:00:00:77 is fixed")]
    public async Task The_flow_fits_the_container_and_a_warning_says_why_it_is_stopped_first(string body, string flow, string reason)
    {
        var peer = body.Contains("PEER", StringComparison.Ordinal) ? await PeerAsync() : "";
        if (body.Contains("INSIDE", StringComparison.Ordinal))
        {
            body = body.Replace(
                "INSIDE", await _scene.Engine.NetworkAsync("inside", new JsonObject { ["Internal"] = true }), StringComparison.Ordinal);
        }

        await StartAsync(body.Replace("PEER", peer, StringComparison.Ordinal).Replace(
            "NAMED", $$"""
            "NetworkingConfig": { "EndpointsConfig": { "{{_scene.App}}": { "Aliases": [ "shop" ] } } }
            """, StringComparison.Ordinal));

        var choice = await ChooseAsync();

        Assert.Equal(flow, choice.Flow.ToString());
        Assert.Equal(flow == nameof(SwapFlow.StopFirst) ? UpdateOrder.StopFirst : UpdateOrder.StartFirst, choice.Order);
        Assert.Contains(
            choice.Warnings, warning => warning.Contains(reason.Length > 0 ? reason : "both can write to /data", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("pause", "it is paused")]
    [InlineData("stop", "does not run, so the new version starts")]
    public async Task One_that_does_not_serve_is_stopped_first(string action, string reason)
    {
        await StartAsync("{ }");
        _ = await _scene.Engine.Http.PostAsync($"containers/{_scene.Name}/{action}", null, Cancel);

        Assert.Contains(reason, Assert.Single((await ChooseAsync()).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_keeps_ending_is_stopped_first_whatever_the_engine_says_of_it_now()
    {
        await StartAsync("""
            { "Cmd": [ "sh", "-c", "sleep 0.3; exit 3" ],
              "HostConfig": { "NetworkMode": "APP", "RestartPolicy": { "Name": "always" } } }
            """);
        var states = new HashSet<string>();
        for (var until = DateTime.UtcNow.AddSeconds(30); DateTime.UtcNow < until && states.Count < 2;)
        {
            var now = await _scene.Engine.InspectAsync(_scene.Name);
            if (now["RestartCount"]!.GetValue<int>() > 0)
            {
                _ = states.Add(now["State"].Text("Status"));
                var choice = await ChooseAsync();
                Assert.True(choice.ServesNobody, "An order that was typed has nobody to keep an answer for.");
                var warning = Assert.Single(choice.Warnings);
                Assert.True(
                    warning.Contains("it keeps ending: the engine has restarted it", StringComparison.Ordinal)
                    || warning.Contains("because it is restarting", StringComparison.Ordinal), warning);
            }
        }

        Assert.Contains("running", states);
    }

    /// <summary>What keeps ending has been restarted once more since the plan.</summary>
    [Fact]
    public async Task That_it_is_stopped_first_is_said_once_though_the_reason_has_other_words_now()
    {
        await StartAsync("""{ "MacAddress": "02:42:0a:00:00:77" }""");
        var choice = await ChooseAsync();
        Assert.Equal(SwapFlow.StopFirst, choice.Flow);

        _ = await _scene.RunAsync(choice with { Warnings = ["the same in other words"] }, order: UpdateOrder.StartFirst);

        Assert.DoesNotContain(_scene.Reports, report => report is WarningReport);
    }

    [Fact]
    public async Task One_that_was_restarted_some_time_ago_is_not_in_a_crash_loop()
    {
        await StartAsync("""{ "Cmd": [ "sh", "-c", "sleep 600" ], "HostConfig": { "NetworkMode": "APP" } }""");
        var now = new ContainerView(await _scene.Engine.InspectAsync(_scene.Name));
        now.Json["RestartCount"] = 3L;
        var started = now.StartedAt;

        Assert.Contains("3 times", StartFirstObstacles.OfRestarts(now, started.AddSeconds(9)), StringComparison.Ordinal);
        Assert.Null(StartFirstObstacles.OfRestarts(now, started.AddSeconds(11)));
    }

    [Fact]
    public async Task The_next_images_HEALTHCHECK_counts_and_the_operators_stands_before_it()
    {
        _ = await _scene.Engine.ImageAsync("asking", JsonNode.Parse("""
            { "Cmd": [ "sleep", "600" ], "Healthcheck": { "Test": [ "CMD-SHELL", "wget -q -O- http://shop/" ] } }
            """)!.AsObject());
        _ = await _scene.StartOldAsync(SwapFlow.StartFirst);

        var choice = await ChooseAsync(UpdateOrder.StartFirst, _scene.Engine.Prefix + ":asking");

        Assert.Contains("its HEALTHCHECK asks for shop", Assert.Single(choice.Warnings), StringComparison.Ordinal);
        Assert.Equal(SwapFlow.StartFirst, (await ChooseAsync(UpdateOrder.StartFirst, _scene.Engine.Prefix + ":new")).Flow);
    }

    [Theory]
    [InlineData("StopFirst")]
    [InlineData("StartFirst")]
    public async Task One_that_others_link_to_is_refused_and_they_are_named(string order)
    {
        await StartAsync("{ }");
        var linked = await _scene.Engine.CreateAsync("linking", JsonNode.Parse($$"""
            { "Image": "{{TestEngine.Base}}", "HostConfig": { "Links": [ "{{_scene.Name}}:shop" ] } }
            """)!.AsObject());

        var refused = await Assert.ThrowsAsync<ProException>(() => ChooseAsync(Enum.Parse<UpdateOrder>(order)));

        Assert.Equal("LinkedFromOthers", refused.Id);
        Assert.Contains($"{_scene.Engine.Prefix}-linking links to {_scene.Name}", refused.Message, StringComparison.Ordinal);
        await _scene.Engine.RemoveAsync(linked);
        Assert.Equal(SwapFlow.StopFirst, (await ChooseAsync(UpdateOrder.StopFirst)).Flow);
    }

    [Fact]
    public async Task A_fixed_address_beside_peers_is_stopped_first()
    {
        _ = await _scene.StartPeerAsync("exec sleep 600");
        _ = await _scene.StartOldAsync(SwapFlow.StopFirst);

        Assert.Contains(
            $"its address {_scene.Engine.Subnet}.11.9", Assert.Single((await ChooseAsync()).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_is_allowed_it_is_stopped_first_without_a_word()
    {
        _ = await _scene.StartOldAsync(SwapFlow.StopFirst);

        var choice = await ChooseAsync(null);

        Assert.Equal(SwapFlow.StopFirst, choice.Flow);
        Assert.Empty(choice.Warnings);
    }

    [Fact]
    public async Task An_engine_that_can_not_make_the_network_gets_it_stopped_first_with_a_warning()
    {
        const int CallsOfTheRecord = 4;
        _ = await _scene.StartPeerAsync("exec sleep 600");
        _ = await _scene.StartOldAsync(SwapFlow.WarmHeld);
        await using var faulty = new FaultyEngine(_scene.Engine.Engine.Endpoint, Fault.Refused, at: CallsOfTheRecord + 1);

        var result = await _scene.SwapAsync(SwapFlow.WarmHeld, through: faulty.Engine);

        Assert.Contains("networks/create", faulty.Failed, StringComparison.Ordinal);
        Assert.Contains(
            _scene.Reports.OfType<WarningReport>(),
            warning => warning.Message.Contains("can't make the network", StringComparison.Ordinal));
        Assert.Equal(result.ContainerId, (await _scene.Engine.InspectAsync(_scene.Name))["Id"]!.GetValue<string>());
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_order_that_was_typed_is_not_changed_in_the_middle(bool isRefusedByEngine)
    {
        const int CallsOfTheRecord = 4;
        _ = await _scene.StartPeerAsync("exec sleep 600");
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(SwapFlow.WarmHeld));
        await using var faulty = new FaultyEngine(
            _scene.Engine.Engine.Endpoint, Fault.Refused, at: isRefusedByEngine ? CallsOfTheRecord + 1 : int.MaxValue);

        var refused = await Assert.ThrowsAsync<ProException>(() => _scene.SwapAsync(
            SwapFlow.WarmHeld,
            verify: (_, _) => throw VerificationErrors.HealthUrlCannotBeAsked("http://localhost/", "the engine", ["curl"]),
            through: faulty.Engine,
            typed: UpdateOrder.StartFirst));

        Assert.Equal("OrderNotPossible", refused.Id);
        Assert.Contains(
            isRefusedByEngine ? "can't make the network" : "its health URL can't be asked", refused.Message, StringComparison.Ordinal);
        var now = await _scene.Engine.InspectAsync(_scene.Name);
        Assert.Equal(old["State"]!["StartedAt"]!.GetValue<string>(), now["State"]!["StartedAt"]!.GetValue<string>());
        Assert.Empty(SwapScene.Differences(old, now));
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Task<SwapChoice> ChooseAsync() => ChooseAsync(UpdateOrder.StartFirst);

    private Task<SwapChoice> ChooseAsync(UpdateOrder? order, string? image = null) =>
        TestSwap.ChooseAsync(_scene.Engine.Engine, _scene.Name, order, Cancel, image);

    private async Task<string> PeerAsync()
    {
        var id = await _scene.Engine.CreateAsync(
            "peer", JsonNode.Parse($$"""{ "Image": "{{TestEngine.Base}}", "Cmd": [ "sleep", "600" ] }""")!.AsObject());
        await _scene.Engine.StartContainerAsync(id);
        return id;
    }

    private async Task StartAsync(string text)
    {
        var bound = $$"""{ "80/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "{{SwapScene.Port}}" } ] }""";
        var body = JsonNode.Parse(
            text.Replace("APP", _scene.App, StringComparison.Ordinal).Replace("BOUND", bound, StringComparison.Ordinal))!.AsObject();
        body["Image"] = _scene.Engine.Prefix + ":old";
        await _scene.Engine.StartContainerAsync(await _scene.Engine.CreateAsync("web", body));
    }
}
