using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Tests.Deployment.Container;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed class FinalAddressTests
{
    private const string Serve = "mkdir -p /srv; echo hello >/srv/index.html; exec httpd -f -h /srv -p ";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task What_answered_before_must_answer_again_and_what_did_not_need_not()
    {
        var port = FreePort();
        FinalAddressCheck check;
        await using (var old = await StartAsync(Serve + "80", port))
        {
            check = await PrepareAsync(old);
            Assert.Null(check.Obstacle);
        }

        await using var candidate = await StartAsync(Serve + "80", port);
        await check.RunAsync(await InspectAsync(candidate), Token);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("index.html", true)]
    [InlineData("none", false)]
    public async Task A_health_url_is_asked_if_the_old_one_answers_it(string page, bool isAsked)
    {
        var port = FreePort();
        FinalAddressCheck check;
        EngineConnection engine;
        var url = new Uri($"http://localhost:{port}/{page}");
        await using (var old = await StartAsync(Serve + "80", port))
        {
            _ = await PrepareAsync(old);

            // An engine at another socket is asked inside the candidate, by the connection that the check got.
            engine = EngineConnection.Open(old.Engine.Endpoint);
            check = await FinalAddressCheck.PrepareAsync(engine, await InspectAsync(old), url, Token);
            Assert.Null(check.Obstacle);
        }

        using var kept = engine;

        // It listens, and has no page.
        await using var candidate = await StartAsync("mkdir -p /empty; exec httpd -f -h /empty -p 80", port);
        var running = check.RunAsync(await InspectAsync(candidate), Token);
        if (isAsked)
        {
            var failure = await Assert.ThrowsAsync<ProException>(() => running);
            Assert.Contains($"/{page} answered 404", failure.Message, StringComparison.Ordinal);
        }
        else
        {
            await running;
        }
    }

    [Theory(Timeout = 60_000)]
    [InlineData(Serve + "127.0.0.1:80")]
    [InlineData("exec sleep 600")]
    public async Task A_candidate_that_listens_on_another_address_is_not_kept(string script)
    {
        var port = FreePort();
        FinalAddressCheck check;
        await using (var old = await StartAsync(Serve + "80", port))
        {
            check = await PrepareAsync(old);
        }

        await using var candidate = await StartAsync(script, port);
        var failure = await Assert.ThrowsAsync<ProException>(async () => await check.RunAsync(await InspectAsync(candidate), Token));

        Assert.Equal("FinalAddressNotAnswered", failure.Id);
        Assert.Contains($"127.0.0.1:{port}", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_old_container_that_does_not_answer_can_not_tell_what_the_new_one_should()
    {
        await using var old = await StartAsync("exec sleep 600", FreePort());

        Assert.Contains("no answer from the running container", (await PrepareAsync(old)).Obstacle, StringComparison.Ordinal);
    }

    /// <summary>As a job does that has the engine's socket: its loopback address is not the engine's machine.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData("bridge", true)]
    [InlineData("none", true)]
    [InlineData("container:", true)]
    [InlineData("host", false)]
    public async Task A_command_in_a_container_with_a_network_of_its_own_can_not_see_whether_ports_answer(string network, bool isSeparate)
    {
        await using var service = await StartAsync(Serve + "80", FreePort());
        _ = await PrepareAsync(service);
        await using var owner = await RealContainer.StartAsync("exec sleep 600");
        await using var own = await RealContainer.StartAsync(
            "exec sleep 600", change: create => create.HostConfig!.NetworkMode = network == "container:" ? network + owner.Id : network);
        using var engine = EngineConnection.Open(service.Engine.Endpoint with { OwnContainer = own.Id });

        var obstacle = (await FinalAddressCheck.PrepareAsync(engine, await InspectAsync(service), healthUrl: null, Token)).Obstacle;

        var name = (await InspectAsync(own)).Name;
        Assert.Equal(isSeparate ? $"this command runs in the container {name}" : null, obstacle?.Split(',')[0]);
        using var elsewhere = EngineConnection.Open(service.Engine.Endpoint with { OwnContainer = new string('e', 64) });
        Assert.Null((await FinalAddressCheck.PrepareAsync(elsewhere, await InspectAsync(service), healthUrl: null, Token)).Obstacle);
    }

    [Theory]
    [InlineData("unix:///var/run/docker.sock", "80/tcp", "0.0.0.0", "127.0.0.1:8080")]
    [InlineData("unix:///var/run/docker.sock", "80/tcp", "::", "[::1]:8080")]
    [InlineData("unix:///var/run/docker.sock", "80/tcp", "127.0.0.1", "127.0.0.1:8080")]
    [InlineData("unix:///var/run/docker.sock", "80/tcp", "192.0.2.7", "192.0.2.7:8080")]
    [InlineData("tcp://prod.example.com:2376", "80/tcp", "0.0.0.0", "prod.example.com:8080")]
    [InlineData("tcp://prod.example.com:2376", "80/tcp", "", "prod.example.com:8080")]
    [InlineData("tcp://prod.example.com:2376", "80/tcp", "192.0.2.7", "192.0.2.7:8080")]
    [InlineData("tcp://prod.example.com:2376", "80/tcp", "127.0.0.1", null)]
    [InlineData("tcp://prod.example.com:2376", "80/tcp", "::1", null)]
    [InlineData("unix:///var/run/docker.sock", "53/udp", "0.0.0.0", null)]
    public void A_published_port_is_reached_where_the_engine_is(string engine, string port, string hostIp, string? expected)
    {
        var endpoint = new EngineEndpoint { Address = new Uri(engine), Source = "a test" };
        var container = Container(port, hostIp);

        Assert.Equal(expected, PublishedAddress.Of(endpoint, new ContainerView(container)).SingleOrDefault()?.Text);
        Assert.Equal(expected is null, FinalAddressCheck.ObstacleTo(endpoint, new ContainerView(container)) is not null);
    }

    [Fact]
    public void A_port_of_all_addresses_is_asked_once()
    {
        var container = Container("80/tcp", "::");
        container["NetworkSettings"]!["Ports"]!["80/tcp"]!.AsArray().Add(new JsonObject { ["HostIp"] = "0.0.0.0", ["HostPort"] = "8080" });
        var endpoint = new EngineEndpoint { Address = new Uri("unix:///var/run/docker.sock"), Source = "a test" };

        Assert.Equal("127.0.0.1:8080", Assert.Single(PublishedAddress.Of(endpoint, new ContainerView(container))).Text);
    }

    private static JsonObject Container(string port, string hostIp) => JsonNode.Parse($$"""
        { "Name": "/api", "NetworkSettings": { "Ports": { "{{port}}": [ { "HostIp": "{{hostIp}}", "HostPort": "8080" } ],
          "9000/tcp": null } } }
        """)!.AsObject();

    private static Task<RealContainer> StartAsync(string script, int port) => RealContainer.StartAsync(script, change: create =>
    {
        create.HostConfig!.NetworkMode = "bridge";
        create.ExposedPorts = new Dictionary<string, EmptyStruct> { ["80/tcp"] = default, ["81/tcp"] = default };
        create.HostConfig.PortBindings = new Dictionary<string, IList<PortBinding>>
        {
            ["80/tcp"] = [new PortBinding { HostIP = "127.0.0.1", HostPort = $"{port}" }],
            ["81/tcp"] = [new PortBinding { HostIP = "127.0.0.1", HostPort = $"{port + 1}" }],
        };
    });

    private static async Task<FinalAddressCheck> PrepareAsync(RealContainer container)
    {
        // The server in it needs a moment.
        var inspection = await InspectAsync(container);
        for (var attempt = 0; ; attempt++)
        {
            var check = await FinalAddressCheck.PrepareAsync(container.Engine, inspection, healthUrl: null, Token);
            if (check.Obstacle is null || attempt == 3)
            {
                return check;
            }
        }
    }

    private static async Task<ContainerView> InspectAsync(RealContainer container) =>
        new(await container.Engine.Http.GetAsync($"containers/{container.Id}/json", Token));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
