using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Reporting;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>A host port that the engine chose stays what it is; if something else has it by then, another one does.</summary>
[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed class ChosenPortTests : IAsyncLifetime
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

    /// <summary>The old container runs, and its port is taken while that stops.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task A_port_that_is_taken_as_the_old_container_stops_moves_with_a_warning(bool byContainer, bool removesItself)
    {
        var port = await StartOldAsync(removesItself);
        using var listener = new TcpListener(IPAddress.Loopback, port);
        await using var through = Through(byContainer, listener, port);

        var result = await SwapAsync(through.Engine);

        Assert.Equal(UpdateOrder.StopFirst, result.Order);
        await AssertMovedAsync(port, "new");
    }

    /// <summary>What a former deployment kept is no port of the operator's.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_was_kept_and_is_taken_while_the_container_is_stopped_moves_with_a_warning(bool byContainer)
    {
        var port = await StartOldAsync();
        _ = await SwapAsync(_scene.Engine.Engine);
        Assert.Equal(port, await PortAsync());
        Assert.Empty(Warnings);
        _ = await _scene.Engine.Http.PostAsync($"containers/{_scene.Name}/stop", null, Cancel);
        using var listener = new TcpListener(IPAddress.Loopback, port);
        await TakeAsync(byContainer, listener, port);

        _ = await SwapAsync(_scene.Engine.Engine, "old");
        _ = await _scene.Engine.Http.PostAsync($"containers/{_scene.Name}/start", null, Cancel);

        Assert.NotEqual(port, await PortAsync());
        Assert.Equal("old", (await _scene.Engine.InspectAsync(_scene.Name))["Config"]!["Image"]!.GetValue<string>().Split(':')[1]);
        Assert.Contains($"instead of {port}", Assert.Single(Warnings), StringComparison.Ordinal);
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_restored_container_runs_on_another_port_if_its_own_is_taken(bool wasKeptBefore)
    {
        var port = await StartOldAsync();
        if (wasKeptBefore)
        {
            _ = await SwapAsync(_scene.Engine.Engine, "old");
        }

        using var listener = new TcpListener(IPAddress.Loopback, port);
        await using var through = Through(byContainer: false, listener, port);
        var verified = "";

        _ = await Assert.ThrowsAsync<InvalidOperationException>(() => SwapAsync(through.Engine, verify: (id, _) =>
        {
            verified = id;
            throw new InvalidOperationException("sick");
        }));

        Assert.NotEqual("", verified);
        await AssertMovedAsync(port, "old");
    }

    [Fact]
    public async Task A_port_of_the_operators_is_never_given_up()
    {
        var id = await _scene.StartOldAsync(SwapFlow.WarmDetached);
        using var listener = new TcpListener(IPAddress.Loopback, SwapScene.Port);
        await using var through = Through(byContainer: false, listener, SwapScene.Port, frees: true);

        var failure = await Assert.ThrowsAsync<ProException>(() => SwapAsync(through.Engine));

        Assert.True(PublishedPorts.IsBusy(failure), failure.Message);
        Assert.Equal(id, (await _scene.Engine.InspectAsync(_scene.Name))["Id"]!.GetValue<string>());
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    [Fact]
    public void The_label_tells_which_ports_the_engine_chose_and_for_what()
    {
        ChosenPort[] ports = [new("80/tcp", "32768", ""), new("81/tcp", "8003", "8000-8010")];
        Assert.Equal("80/tcp=32768,81/tcp=8003:8000-8010", ChosenPort.Write(ports));
        Assert.Equal(ports, ChosenPort.Read(ChosenPort.Write(ports)));
        Assert.Empty(ChosenPort.Read("nonsense,80/tcp=,="));
        var container = JsonNode.Parse("""
            { "Name": "/web", "Config": { "Labels": { "pro.dockerversioning.ports": "80/tcp=32768,81/tcp=8003:8000-8010,82/tcp=5" } },
              "HostConfig": { "PortBindings": { "80/tcp": [ { "HostIp": "", "HostPort": "32768" } ],
                "81/tcp": [ { "HostIp": "", "HostPort": "8003" } ],
                "82/tcp": [ { "HostIp": "", "HostPort": "6" } ] } } }
            """)!.AsObject();
        var recipe = ContainerRecipe.From(new ContainerView(container), JsonNode.Parse("""{ "Config": {} }""")!.AsObject());

        // The operator has set the third one since.
        Assert.Equal(ports, recipe.ChosenPorts);
        var body = recipe.On("web:2", new RecipeOptions { FreedPorts = [ports[1]] }).Body;
        Assert.Equal("80/tcp=32768", body["Labels"]![ContainerLabels.ChosenPorts]!.GetValue<string>());
        Assert.Equal(
            """{"80/tcp":[{"HostIp":"","HostPort":"32768"}],"81/tcp":[{"HostIp":"","HostPort":"8000-8010"}]"""
                + ""","82/tcp":[{"HostIp":"","HostPort":"6"}]}""",
            body["HostConfig"]!["PortBindings"]!.ToJsonString());
    }

    [Theory]
    [InlineData("Bind for 0.0.0.0:32768 failed: port is already allocated", true)]
    [InlineData("failed to bind host port 127.0.0.1:32768/tcp: address already in use", true)]
    [InlineData("listen tcp4 0.0.0.0:32768: bind: address already in use", true)]
    [InlineData("Bind for 0.0.0.0:3276 failed: port is already allocated", false)]
    [InlineData("Bind for 0.0.0.0:327680 failed: port is already allocated", false)]
    public void The_engines_words_name_the_port(string message, bool isNamed) =>
        Assert.Equal(isNamed, new ChosenPort("80/tcp", "32768", "").IsNamedIn(message));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IEnumerable<string> Warnings => _scene.Reports.OfType<WarningReport>().Select(warning => warning.Message);

    private async Task<int> StartOldAsync(bool removesItself = false)
    {
        var id = await _scene.Engine.CreateAsync("web", JsonNode.Parse($$"""
            { "Image": "{{_scene.Engine.Prefix}}:old", "ExposedPorts": { "80/tcp": {} },
              "HostConfig": { "AutoRemove": {{(removesItself ? "true" : "false")}},
              "PortBindings": { "80/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "" } ] } } }
            """)!.AsObject());
        await _scene.Engine.StartContainerAsync(id);
        return await PortAsync();
    }

    private async Task<int> PortAsync() => int.Parse(
        (await _scene.Engine.InspectAsync(_scene.Name))["NetworkSettings"]!["Ports"]!["80/tcp"]![0]!["HostPort"]!.GetValue<string>(),
        CultureInfo.InvariantCulture);

    /// <summary>The port is taken right before the first container is started.</summary>
    /// <param name="byContainer">Who takes it.</param>
    /// <param name="listener">Takes it, unless a container does.</param>
    /// <param name="port">The port.</param>
    /// <param name="frees">Whether it is free again for the second start.</param>
    private FaultyEngine Through(bool byContainer, TcpListener listener, int port, bool frees = false)
    {
        var starts = 0;
        return new FaultyEngine(_scene.Engine.Engine.Endpoint, Fault.Refused, int.MaxValue)
        {
            Before = async request =>
            {
                if (request.Path.EndsWith("/start", StringComparison.Ordinal))
                {
                    starts++;
                    await (starts == 1 ? TakeAsync(byContainer, listener, port) : Task.CompletedTask);
                    if (starts == 2 && frees)
                    {
                        listener.Stop();
                    }
                }
            },
        };
    }

    private async Task TakeAsync(bool byContainer, TcpListener listener, int port)
    {
        if (!byContainer)
        {
            listener.Start();
            return;
        }

        await _scene.Engine.StartContainerAsync(await _scene.Engine.CreateAsync("taker", JsonNode.Parse($$"""
            { "Image": "{{TestEngine.Base}}", "Cmd": [ "sleep", "600" ], "StopSignal": "SIGKILL", "ExposedPorts": { "80/tcp": {} },
              "HostConfig": { "PortBindings": { "80/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "{{port}}" } ] } } }
            """)!.AsObject()));
    }

    private Task<SwapResult> SwapAsync(
        EngineConnection engine, string image = "new", Func<string, CancellationToken, Task>? verify = null) =>
        _scene.RunAsync(new SwapChoice(SwapFlow.StopFirst, []), image, verify ?? (static (_, _) => Task.CompletedTask), engine);

    private async Task AssertMovedAsync(int port, string image)
    {
        var now = await _scene.Engine.InspectAsync(_scene.Name);
        Assert.True(now["State"]!["Running"]!.GetValue<bool>());
        Assert.EndsWith(":" + image, now["Config"]!["Image"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.NotEqual(port, await PortAsync());
        Assert.All(Warnings, warning => Assert.Contains($"instead of {port}", warning, StringComparison.Ordinal));
        Assert.NotEmpty(Warnings);
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }
}
