using System.Net;
using System.Net.Sockets;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Tests.Deployment.Container;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed class HealthUrlTests
{
    private const string Secret = "s3cret";
    private const string Serve = "mkdir -p /srv; echo hello >/srv/health; exec httpd -f -h /srv -p ";

    [Theory]
    [InlineData("http://localhost:3000/health", "http://localhost:3000/health")]
    [InlineData("http://u:s3cret@localhost:3000/health?token=s3cret#s3cret", "http://localhost:3000/health")]
    [InlineData("https://s3cret@h/", "https://h/")]
    [InlineData("http://u:p@s3cret@h/a?s3cret", "http://h/a")]
    [InlineData("ftp://u:s3cret@h/a", "ftp://h/a")]
    [InlineData("//u:s3cret@h:1", "//h:1")]
    [InlineData("http://h/a@b", "http://h/a@b")]
    [InlineData("localhost:3000?s3cret", "localhost:3000")]
    public void User_info_and_query_of_a_URL_are_not_shown(string url, string expected) => Assert.Equal(expected, UrlText.Shown(url));

    [Theory]
    [InlineData("unix:///var/run/docker.sock", "http://localhost:8080/", false)]
    [InlineData("unix:///run/docker.sock", "http://127.0.0.1:8080/", false)]
    [InlineData("unix:///Users/ana/.docker/run/docker.sock", "http://localhost:8080/", false)]
    [InlineData("unix:///home/ana/.docker/desktop/docker.sock", "http://localhost:8080/", false)]
    [InlineData("npipe://./pipe/docker_engine", "http://localhost:8080/", false)]
    [InlineData("npipe://./pipe/dockerDesktopLinuxEngine", "http://localhost:8080/", false)]
    [InlineData("unix:///tmp/forwarded.sock", "http://localhost:8080/", true)]
    [InlineData("unix:///run/user/1000/docker.sock", "http://[::1]:8080/", true)]
    [InlineData("tcp://prod.example.com:2376", "http://127.0.0.1:8080/", true)]
    [InlineData("tcp://127.0.0.1:2375", "http://127.0.0.1:8080/", true)]
    [InlineData("tcp://prod.example.com:2376", "http://0.0.0.0:8080/", true)]
    [InlineData("tcp://prod.example.com:2376", "http://[::]:8080/", true)]
    [InlineData("tcp://prod.example.com:2376", "http://api.localhost:8080/", true)]
    [InlineData("tcp://prod.example.com:2376", "http://prod.example.com:8080/", false)]
    public void A_loopback_URL_is_asked_from_here_only_if_the_engine_is_surely_here(string engine, string url, bool expected) =>
        Assert.Equal(expected, UrlProbes.IsAskedInside(new EngineEndpoint { Address = new Uri(engine), Source = "a test" }, new Uri(url)));

    [Fact(Timeout = 60_000)]
    public async Task A_loopback_URL_of_another_machine_is_asked_inside_on_the_containers_own_address()
    {
        var port = FreePort();
        await using var well = await StartAsync(Serve + "80", port);
        var result = await VerifyAsync(well, $"http://localhost:{port}/health");
        Assert.Equal(ProHealth.Healthy, result.Health);
        Assert.Contains("answered 200 (asked inside the container)", result.Reason, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_listens_on_its_loopback_only_is_not_reached_by_its_published_port()
    {
        var port = FreePort();
        await using var deaf = await StartAsync(Serve + "127.0.0.1:80", port);
        Assert.Equal(ProHealth.TimedOut, (await VerifyAsync(deaf, $"http://localhost:{port}/health")).Health);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_is_secret_in_a_URL_is_sent_and_told_to_nobody()
    {
        var port = FreePort();
        await using var container = await StartAsync(
            "mkdir -p /srv/cgi-bin; printf '#!/bin/sh\\necho \"$QUERY_STRING $HTTP_AUTHORIZATION\" >>/tmp/seen; "
            + "echo \"Status: 503 No\"; echo\\n' >/srv/cgi-bin/health; chmod +x /srv/cgi-bin/health; exec httpd -f -h /srv -p 80", port);
        var result = await VerifyAsync(container, $"http://u:{Secret}@localhost:{port}/cgi-bin/health?token={Secret}");
        Assert.Equal(ProHealth.TimedOut, result.Health);
        var error = result.ToError("api v1.0.0", isKept: false);
        Assert.Contains($"http://localhost:{port}/cgi-bin/health answered 503", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Secret,
            string.Join('\n', container.Heard.Lines.Concat(result.HealthLog).Append(error.Message + error.RecommendedAction)),
            StringComparison.Ordinal);
        Assert.Contains($"token={Secret}", await container.ReadAsync("/tmp/seen"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task An_image_without_a_program_that_can_ask_is_named()
    {
        await using var container = await RealContainer.StartWithoutShellAsync(new HealthcheckConfig { Test = ["NONE"] });
        var probe = new InnerUrlProbe(container.Engine, container.Id, new Uri("http://localhost:8080/"));
        var failure = await Assert.ThrowsAsync<ProException>(() => probe.RunAsync(TestContext.Current.CancellationToken));
        Assert.Equal("HealthUrlCannotBeAsked", failure.Id);
        Assert.Contains("curl, bash, nc", failure.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_loopback_URL_must_name_a_published_port()
    {
        var port = FreePort();
        await using var container = await StartAsync(Serve + "80", port);
        var failure = await Assert.ThrowsAsync<ProException>(() => VerifyAsync(container, "http://localhost:9/health"));
        Assert.Equal("HealthUrlPortNotPublished", failure.Id);
        Assert.Contains($"it publishes {port}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Curl_gets_what_is_secret_through_its_input()
    {
        var input = InnerUrlProbe.CurlInput(
            new Uri("https://u:p%22w@localhost:8443/health?a=b"), "10.1.2.3", "443");
        Assert.Contains("url = \"https://localhost:8443/health?a=b\"\n", input, StringComparison.Ordinal);
        Assert.Contains("connect-to = \"::10.1.2.3:443\"\n", input, StringComparison.Ordinal);
        Assert.Contains("user = \"u:p\\\"w\"\n", input, StringComparison.Ordinal);
    }

    private static Task<VerificationResult> VerifyAsync(RealContainer container, string url) => container.VerifyAsync(new()
    {
        HealthUrl = new Uri(url),
        IsHealthUrlOfHost = true,
        HealthTimeout = TimeSpan.FromSeconds(4),
    });

    private static Task<RealContainer> StartAsync(string script, int port) => RealContainer.StartAsync(script, change: create =>
    {
        create.HostConfig!.NetworkMode = "bridge";
        create.ExposedPorts = new Dictionary<string, EmptyStruct> { ["80/tcp"] = default };
        create.HostConfig.PortBindings = new Dictionary<string, IList<PortBinding>>
        {
            ["80/tcp"] = [new PortBinding { HostIP = "127.0.0.1", HostPort = $"{port}" }],
        };
    });

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
