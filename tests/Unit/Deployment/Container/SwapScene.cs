using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Reporting;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>A web service, set up as each flow needs it, with what is around it.</summary>
internal sealed class SwapScene(TestEngine engine) : IAsyncDisposable
{
    /// <summary>Runs side by side don't meet.</summary>
    public static readonly int Port = Random.Shared.Next(14_000, 24_000);

    private const string Serve = "mkdir -p /srv; echo VERSION > /srv/index.html; exec httpd -f -p 80 -h /srv";

    public TestEngine Engine => engine;

    public string Name => engine.Prefix + "-web";

    public string App => engine.Prefix + "-app";

    public string Back => engine.Prefix + "-back";

    public List<Report> Reports { get; } = [];

    /// <summary>Whether the check of the new one may be answered by the old one.</summary>
    public bool OldMayAnswer { get; set; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<SwapScene> StartAsync()
    {
        var scene = new SwapScene(await TestEngine.StartAsync());
        await scene.Engine.DisposeIfFailsAsync(scene.PrepareAsync);
        return scene;
    }

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    /// <summary>The old version, as the flow needs it; its id.</summary>
    public async Task<string> StartOldAsync(SwapFlow flow)
    {
        var alias = flow is SwapFlow.StartFirst or SwapFlow.WarmHeld ? "\"shop\"" : "";
        var body = Parse($$"""
            { "Image": "{{engine.Prefix}}:old", "Env": [ "COLOUR=operator" ], "Labels": { "team": "shop" },
              "HostConfig": { "NetworkMode": "{{App}}", "RestartPolicy": { "Name": "always" }, "Memory": 67108864, "CapDrop": [ "MKNOD" ] },
              "NetworkingConfig": { "EndpointsConfig": { "{{App}}": { "Aliases": [ {{alias}} ] } } } }
            """);
        if (flow != SwapFlow.StartFirst)
        {
            body["ExposedPorts"] = Parse("""{ "80/tcp": {}, "81/tcp": {} }""");
            body["HostConfig"]!["PortBindings"] = Parse($$"""
                { "80/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "{{Port}}" } ],
                  "81/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "{{Port + 1}}" } ] }
                """);
        }

        switch (flow)
        {
            case SwapFlow.WarmDetached:
                body["HostConfig"]!["NetworkMode"] = "default";
                _ = body.Remove("NetworkingConfig");
                break;
            case SwapFlow.StopFirst:
                body["NetworkingConfig"]!["EndpointsConfig"]![App]!["IPAMConfig"] = Parse(
                    $$"""{ "IPv4Address": "{{engine.Subnet}}.11.9" }""");
                break;
        }

        var id = await engine.CreateAsync("web", body);
        if (flow is SwapFlow.StartFirst or SwapFlow.WarmHeld)
        {
            await engine.ConnectAsync(Back, id, Parse("""{ "Aliases": [ "shop-back" ] }"""));
        }

        await engine.StartContainerAsync(id);
        return id;
    }

    /// <summary>Another container on the service's network.</summary>
    public async Task<string> StartPeerAsync(string command)
    {
        var id = await engine.CreateAsync("peer", Parse($$"""
            { "Image": "{{TestEngine.Base}}", "Cmd": [ "sh", "-c", "{{command}}" ], "HostConfig": { "NetworkMode": "{{App}}" } }
            """));
        await engine.StartContainerAsync(id);
        return id;
    }

    /// <summary>Another one, which asks these addresses all the time and writes what they say.</summary>
    public async Task<string> StartAskerAsync(params string[] addresses)
    {
        var id = await engine.CreateAsync("peer", new JsonObject
        {
            ["Image"] = TestEngine.Base,
            ["Cmd"] = new JsonArray([.. Asker.Command(addresses)]),
            ["HostConfig"] = new JsonObject { ["NetworkMode"] = App, ["Binds"] = new JsonArray([.. Asker.Mounts]) },
        });
        await engine.StartContainerAsync(id);
        return id;
    }

    /// <summary>Chooses, as the flow needs it, and swaps.</summary>
    public async Task<SwapResult> SwapAsync(
        SwapFlow expected,
        string image = "new",
        Func<string, CancellationToken, Task>? verify = null,
        EngineConnection? through = null,
        Func<string, CancellationToken, Task>? beforeCommit = null,
        UpdateOrder? order = null,
        UpdateOrder? typed = null)
    {
        var choice = await TestSwap.ChooseAsync(
            engine.Engine, Name, order ?? (expected == SwapFlow.StopFirst ? UpdateOrder.StopFirst : UpdateOrder.StartFirst), Cancel);
        Assert.Equal(expected, choice.Flow);
        return await RunAsync(choice, image, verify, through, beforeCommit, typed);
    }

    /// <summary>Swaps as it was planned.</summary>
    public Task<SwapResult> RunAsync(
        SwapChoice planned,
        string image = "new",
        Func<string, CancellationToken, Task>? verify = null,
        EngineConnection? through = null,
        Func<string, CancellationToken, Task>? beforeCommit = null,
        UpdateOrder? typed = null,
        UpdateOrder? order = null) => TestSwap.RunAsync(
            through ?? engine.Engine,
            TestSwap.Request(Name, $"{engine.Prefix}:{image}", order ?? planned.Order) with { Planned = planned, TypedOrder = typed },
            new TestSwap(verify ?? VerifyAsync, beforeCommit) { OldMayAnswer = OldMayAnswer },
            new Collector(Reports),
            Cancel);

    /// <summary>As a deployment does it.</summary>
    public async Task VerifyAsync(string container, CancellationToken cancellationToken)
    {
        var result = await ContainerVerifier.VerifyAsync(
            engine.Engine, container, new VerificationOptions(), new Progress<Report>(), cancellationToken);
        if (!result.IsWell)
        {
            throw new InvalidOperationException("sick");
        }
    }

    /// <summary>The names of all containers of the service, and of the networks and records that a swap has made.</summary>
    public async Task<string[]> LeftAsync()
    {
        var filter = Uri.EscapeDataString(new JsonObject { ["name"] = new JsonArray(Name) }.ToJsonString());
        var containers = await engine.Http.GetListAsync($"containers/json?all=true&filters={filter}", Cancel);
        var networks = await new ContainerApi(engine.Engine).FindNetworksAsync(ContainerLabels.Swap, Name, Cancel);
        return
        [
            .. containers.Select(container => container!["Names"]![0]!.GetValue<string>().TrimStart('/'))
                .Concat(networks.Select(network => network["Name"]!.GetValue<string>()))
                .Concat(await TestSwap.RecordsAsync(engine.Engine, Name, Cancel)).Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Where two inspections differ, but for what the engine makes anew with each connection.</summary>
    public static IEnumerable<string> Differences(JsonObject before, JsonObject after) =>
        JsonDifference.Between(Plain(before), Plain(after)).Select(difference => difference.ToString());

    private static JsonObject Plain(JsonObject inspection)
    {
        var id = inspection["Id"]!.GetValue<string>();
        var plain = Parse(
            inspection.ToJsonString().Replace(id, "ID", StringComparison.Ordinal).Replace(id[..12], "SHORT", StringComparison.Ordinal));
        foreach (var name in new[] { "Created", "GraphDriver", "State", "ExecIDs" })
        {
            _ = plain.Remove(name);
        }

        var network = plain["NetworkSettings"]!.AsObject();
        foreach (var name in new[] { "SandboxID", "SandboxKey", "EndpointID", "Gateway", "IPAddress", "MacAddress", "IPPrefixLen" })
        {
            _ = network.Remove(name);
        }

        foreach (var (_, endpoint) in network["Networks"]!.AsObject())
        {
            // DNSNames is made by the engine (26 and later), also on the default bridge once it was connected to again.
            foreach (var name in new[] { "EndpointID", "IPAddress", "MacAddress", "DNSNames" })
            {
                _ = endpoint!.AsObject().Remove(name);
            }

            // What is not said, is said in three ways.
            foreach (var name in new[] { "Aliases", "IPAMConfig", "Links", "DriverOpts" })
            {
                if (endpoint![name] is null or JsonObject { Count: 0 } or JsonArray { Count: 0 })
                {
                    _ = endpoint.AsObject().Remove(name);
                }
            }
        }

        return plain;
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private async Task PrepareAsync()
    {
        foreach (var version in new[] { "old", "new", "sick" })
        {
            _ = await engine.ImageAsync(version, Parse($$"""
                { "Cmd": [ "sh", "-c", "{{Serve.Replace("VERSION", version, StringComparison.Ordinal)}}" ], "StopSignal": "SIGKILL",
                  "Env": [ "COLOUR={{version}}" ], "Volumes": { "/data": {} },
                  "Healthcheck": { "Test": [ "CMD-SHELL", "{{(version == "sick" ? "exit 1" : "wget -q -O- http://127.0.0.1/")}}" ],
                    "Interval": {{(version == "sick" ? 200_000_000 : 20_000_000_000)}}, "Retries": 1 } }
                """));
        }

        foreach (var (name, third) in new[] { ("app", 11), ("back", 12) })
        {
            _ = await engine.NetworkAsync(name, Parse($$"""
                { "IPAM": { "Config": [ { "Subnet": "{{engine.Subnet}}.{{third}}.0/24" } ] } }
                """));
        }
    }

    private sealed class Collector(List<Report> reports) : IProgress<Report>
    {
        public void Report(Report value) => reports.Add(value);
    }
}
