using System.Security.Cryptography;
using System.Text;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>TLS and headers mean what Docker's own client makes of them.</summary>
public sealed class EndpointTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pro-endpoint-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("ca.pem")]
    [InlineData("cert.pem")]
    [InlineData("key.pem")]
    public async Task A_certificate_that_is_a_pipe_is_refused_and_not_waited_for(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such files.");
        using var made = System.Diagnostics.Process.Start("mkfifo", Path.Combine(_folder, name));
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        var endpoint = Resolve(
            ("DOCKER_HOST", "tcp://engine.example.com:2376"), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", _folder));

        var error = await Assert.ThrowsAsync<ProException>(() => Task.Run(
            () => new EngineAuthentication(endpoint), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));

        Assert.Contains($"{name} is a named pipe", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, false, false)]
    [InlineData("1", null, true, true)]
    [InlineData(null, "1", true, false)]
    [InlineData("1", "1", true, false)]
    public void DOCKER_TLS_encrypts_and_only_DOCKER_TLS_VERIFY_looks_at_the_certificate(string? tls, string? verify, bool uses, bool skips)
    {
        var endpoint = Resolve(("DOCKER_HOST", "tcp://engine.example.com:2376"), ("DOCKER_TLS", tls), ("DOCKER_TLS_VERIFY", verify));
        Assert.Equal((uses, skips), (endpoint.UsesTls, endpoint.SkipsVerification));
        Assert.False(Resolve(("DOCKER_HOST", "unix:///x.sock"), ("DOCKER_TLS", tls), ("DOCKER_TLS_VERIFY", verify)).UsesTls);
    }

    [Theory]
    [InlineData("true", false, true, true)]
    [InlineData("true", true, true, true)]
    [InlineData("false", true, true, false)]
    [InlineData("false", false, false, false)]
    public void A_context_with_SkipTLSVerify_is_encrypted_without_certificates_too(string skip, bool hasCertificates, bool uses, bool skips)
    {
        var id = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("prod"))).ToLowerInvariant();
        var meta = Directory.CreateDirectory(Path.Combine(_folder, "contexts", "meta", id)).FullName;
        File.WriteAllText(
            Path.Combine(meta, "meta.json"),
            $$"""{ "Name": "prod", "Endpoints": { "docker": { "Host": "tcp://engine.example.com:2376", "SkipTLSVerify": {{skip}} } } }""");
        if (hasCertificates)
        {
            var certificates = Directory.CreateDirectory(Path.Combine(_folder, "contexts", "tls", id, "docker")).FullName;
            File.WriteAllText(Path.Combine(certificates, "ca.pem"), "");
        }

        var endpoint = Resolve(("DOCKER_CONTEXT", "prod"));
        Assert.Equal((uses, skips), (endpoint.UsesTls, endpoint.SkipsVerification));
    }

    [Theory]
    [InlineData("tcp://")]
    [InlineData("tcp:127.0.0.1:2375")]
    [InlineData("tcp://:2375")]
    [InlineData("unix://")]
    [InlineData("unix:///")]
    [InlineData("http://")]
    [InlineData("fd://")]
    [InlineData("localhost")]
    public void An_address_without_a_host_or_a_path_is_refused_by_name(string host)
    {
        foreach (var engine in new[] { null, host })
        {
            var error = Assert.Throws<ProException>(() =>
                EngineEndpoint.Resolve(name => name == "DOCKER_HOST" ? host : name == "DOCKER_CONFIG" ? _folder : null, engine));
            Assert.Contains(error.Id, new[] { "DockerHostInvalid", "DockerContextNotFound" });
        }
    }

    [Theory]
    [InlineData("npipe:////./pipe/docker_engine")]
    [InlineData("npipe://x")]
    public void A_named_pipe_is_refused_where_there_are_none(string host)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has named pipes.");
        var error = Assert.Throws<ProException>(() => Resolve(("DOCKER_HOST", host)));
        Assert.Equal("DockerHostPipeNotSupported", error.Id);
    }

    [Theory]
    [InlineData("tcp://engine.example.com", null, "tcp://engine.example.com:2375")]
    [InlineData("tcp://engine.example.com", "1", "tcp://engine.example.com:2376")]
    [InlineData("tcp://[::1]", null, "tcp://[::1]:2375")]
    [InlineData("tcp://engine.example.com:4243", null, "tcp://engine.example.com:4243")]
    public void An_address_without_a_port_has_the_one_of_Dockers_client(string host, string? verify, string address) =>
        Assert.Equal(address, Resolve(("DOCKER_HOST", host), ("DOCKER_TLS_VERIFY", verify)).ToString());

    [Fact]
    public void A_folder_of_certificates_that_is_not_there_is_named()
    {
        var endpoint = Resolve(
            ("DOCKER_HOST", "tcp://127.0.0.1:2376"), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", Path.Combine(_folder, "none")));

        var error = Assert.Throws<ProException>(() => EngineConnection.Open(endpoint));
        Assert.Equal("DockerCertificatesUnreadable", error.Id);
        Assert.Contains(Path.Combine(_folder, "none"), error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("\"x\"")]
    public async Task What_does_not_answer_as_an_engine_does_is_told_so(string answer)
    {
        var token = TestContext.Current.CancellationToken;
        await using var server = ScriptedHttpServer.Start(_ => ScriptedResponse.Json(answer, 200, ("Api-Version", "1.41")));
        using var engine = EngineConnection.Open(new EngineEndpoint { Address = new Uri(server.Url), Source = "the test" });
        List<Func<Task>> calls =
        [
            () => engine.CallAsync(client => client.Images.ListImagesAsync(new ImagesListParameters(), token)),
            () => engine.CallAsync(client => client.Containers.ListContainersAsync(new ContainersListParameters(), token)),
        ];
        if (answer != "null")
        {
            calls.Add(() => engine.Http.GetListAsync("networks", token));
        }

        if (answer != "{}")
        {
            calls.Add(() => engine.CallAsync(client => client.Volumes.ListAsync(token)));
        }

        foreach (var call in calls)
        {
            Assert.Equal("EngineAnswerUnreadable", (await Assert.ThrowsAsync<ProException>(call)).Id);
        }
    }

    [Fact]
    public async Task Headers_of_the_configuration_go_with_each_request_and_hide_none_of_its_own()
    {
        await File.WriteAllTextAsync(
            Path.Combine(_folder, "config.json"), """{ "HttpHeaders": { "X-Mine": "yes", "X-Registry-Auth": "no", "User-Agent": "no" } }""",
            TestContext.Current.CancellationToken);
        var endpoint = Resolve(("DOCKER_HOST", "unix:///x.sock"));
        Assert.Equal("yes", endpoint.Headers["X-Mine"]);
        using var last = new Last();
        using var http = new HttpMessageInvoker(new HeaderHandler(last, endpoint.Headers));
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://docker/info");
        request.Headers.Add("X-Registry-Auth", "own");
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal("yes", Assert.Single(request.Headers.GetValues("X-Mine")));
        Assert.Equal("own", Assert.Single(request.Headers.GetValues("X-Registry-Auth")));
        Assert.Empty(request.Headers.UserAgent);
    }

    [Fact]
    public void A_configuration_that_cannot_be_read_adds_no_headers()
    {
        File.WriteAllText(Path.Combine(_folder, "config.json"), "{");
        Assert.Empty(Resolve(("DOCKER_HOST", "unix:///x.sock")).Headers);
    }

    private EngineEndpoint Resolve(params (string Name, string? Value)[] variables) =>
        EngineEndpoint.Resolve(name => name == "DOCKER_CONFIG" ? _folder : variables.FirstOrDefault(one => one.Name == name).Value);

    private sealed class Last : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage());
    }
}
