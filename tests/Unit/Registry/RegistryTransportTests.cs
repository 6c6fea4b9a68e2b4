using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Registry;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

/// <summary>Pages, waits, redirects, and the ways in which a registry can't be reached.</summary>
public sealed class RegistryTransportTests
{
    private const int Bound = 30_000;
    private const string Tags = """{"name":"pro/api","tags":["v1.0.0"]}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task All_pages_of_tags_are_read_whatever_host_the_registry_thinks_it_has()
    {
        await using var server = ScriptedHttpServer.Start(request => (request.Path, request.Query.GetValueOrDefault("last")) switch
        {
            ("/v2/", _) => ScriptedResponse.Json("{}"),
            ("/v2/pro/api/tags/list", null) => Page("a", "</v2/pro/api/tags/list?n=1000&last=a>; rel=\"next\""),
            ("/v2/pro/api/tags/list", "a") => Page(
                "b", "<http://inner.invalid:5000/v2/pro/api/tags/list?last=b&n=1000>; title=\"x\"; rel=next"),
            ("/v2/pro/api/tags/list", "b") => Page("c", "</v2/pro/api/tags/list?last=a>; rel=\"prev\""),
            _ => throw new InvalidOperationException(request.ToString()),
        });
        using var client = new RegistryClient(server.Host, Secrets.None);

        Assert.Equal(["a", "b", "c"], await client.GetTagsAsync("pro/api", Cancel));
        Assert.Equal("1000", server.Requests[1].Query["n"]);

        static ScriptedResponse Page(string tag, string link) => ScriptedResponse.Json($$"""{"tags":["{{tag}}"]}""", 200, ("Link", link));
    }

    /// <summary>Labels decide what is taken for the same content: another's bytes must not pass for them.</summary>
    [Fact(Timeout = Bound)]
    public async Task A_configuration_of_other_bytes_than_its_digest_names_is_not_believed()
    {
        await using var server = ScriptedHttpServer.Start(request => request.Path.Contains("/blobs/", StringComparison.Ordinal)
            ? ScriptedResponse.Json("""{"config":{"Labels":{"a":"b"}}}""")
            : ScriptedResponse.Json("{}"));
        using var client = new RegistryClient(server.Host, Secrets.None);
        var config = new ManifestDescriptor("sha256:" + new string('a', 64), "", 1);

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetImageLabelAsync("pro/api", config, "a", Cancel));

        Assert.Equal("RegistryAnswerInvalid", error.Id);
    }

    [Theory(Timeout = Bound)]
    [InlineData(502, "RegistryUnreachable")]
    [InlineData(407, "RegistryRefused")]
    [InlineData(403, "RegistryLoginRequired")]
    public async Task What_a_proxy_answers_names_the_proxy(int status, string id)
    {
        await using var proxy = ScriptedHttpServer.Start(_ => ScriptedResponse.Empty(status));
        using var client = new RegistryClient("registry.test:5000", Secrets.None, new RegistryClientOptions
        {
            // Plain HTTP goes to the proxy as it is; HTTPS asks it for a tunnel first, and falls back.
            IsInsecure = _ => true,
            Environment = name => name is "HTTP_PROXY" or "HTTPS_PROXY" ? $"http://anna:secret@{proxy.Host}" : null,
            Clock = new JumpingClock(),
        });

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal(id, error.Id);
        Assert.Contains($"the proxy http://{proxy.Host}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(proxy.Requests);
    }

    [Fact(Timeout = Bound)]
    public async Task A_proxy_that_can_not_be_reached_is_named_and_not_the_registry_blamed()
    {
        using var client = new RegistryClient("registry.test", Secrets.None, new RegistryClientOptions
        {
            Environment = name => name == "https_proxy" ? "127.0.0.1:1" : null,
        });

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Contains("the proxy http://127.0.0.1:1 gives no way to registry.test", error.Message, StringComparison.Ordinal);
        Assert.Contains("add registry.test to NO_PROXY", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_registry_that_answers_an_error_was_reached()
    {
        var error = RegistryErrors.OutOfOrder("registry.example.com", 500, "panic");
        Assert.StartsWith("The registry registry.example.com is out of order", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("can't be reached", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_engines_word_on_its_proxy_does_not_blame_the_registry()
    {
        var error = RegistryErrors.FromEngineMessage(
            "Get \"https://registry.test/v2/\": proxyconnect tcp: dial tcp 10.0.0.1:3128: connect: connection refused",
            "registry.test/api:v1.0.0", false);
        Assert.Contains("the Docker engine: its proxy gives no way to registry.test: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("10.0.0.1:3128", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Bound)]
    public async Task Pages_in_a_circle_end_in_an_error()
    {
        await using var server = ScriptedHttpServer.Start(_ =>
            ScriptedResponse.Json(Tags, 200, ("Link", "</v2/pro/api/tags/list?n=1000>; rel=\"next\"")));
        using var client = new RegistryClient(server.Host, Secrets.None);

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryAnswerInvalid", error.Id);
    }

    [Fact(Timeout = Bound)]
    public async Task A_repository_whose_tags_are_all_deleted_has_none()
    {
        await using var server = ScriptedHttpServer.Start(_ => ScriptedResponse.Json("""{"name":"pro/api","tags":null}"""));
        using var client = new RegistryClient(server.Host, Secrets.None);

        Assert.Empty(await client.GetTagsAsync("pro/api", Cancel));
    }

    [Fact(Timeout = Bound)]
    public async Task Too_many_requests_are_tried_again_when_the_registry_says()
    {
        var asked = 0;
        await using var server = ScriptedHttpServer.Start(request => request.Path == "/v2/" ? ScriptedResponse.Json("{}") : ++asked switch
        {
            1 => ScriptedResponse.Empty(429, ("Retry-After", "7")),
            2 => ScriptedResponse.Empty(503),
            _ => ScriptedResponse.Json(Tags),
        });
        var clock = new JumpingClock();
        using var client = new RegistryClient(server.Host, Secrets.None, new RegistryClientOptions { Clock = clock });

        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));
        Assert.Equal([TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(1)], clock.Waits);
    }

    [Fact(Timeout = Bound)]
    public async Task Trying_again_has_an_end()
    {
        await using var server = ScriptedHttpServer.Start(request =>
            request.Path == "/v2/" ? ScriptedResponse.Json("{}") : ScriptedResponse.Json(
                """{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}""", 429));
        using var client = new RegistryClient(server.Host, Secrets.None, new RegistryClientOptions { Clock = new JumpingClock() });

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryRateLimited", error.Id);
        Assert.Contains("pull rate limit", error.Message, StringComparison.Ordinal);
        Assert.Equal(4, server.Requests.Count(request => request.Path != "/v2/"));
    }

    [Fact(Timeout = Bound)]
    public async Task Nobody_waits_for_an_hour_but_the_error_says_how_long_it_takes()
    {
        await using var server = ScriptedHttpServer.Start(request =>
            request.Path == "/v2/" ? ScriptedResponse.Json("{}") : ScriptedResponse.Empty(429, ("Retry-After", "3600")));
        var clock = new JumpingClock();
        using var client = new RegistryClient(server.Host, Secrets.None, new RegistryClientOptions { Clock = clock });

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryRateLimited", error.Id);
        Assert.Contains("in 3600 s", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(clock.Waits);
    }

    [Fact(Timeout = Bound)]
    public async Task A_registry_out_of_order_says_its_status()
    {
        await using var server = ScriptedHttpServer.Start(request =>
            request.Path == "/v2/" ? ScriptedResponse.Json("{}") : ScriptedResponse.Empty(502));
        using var client = new RegistryClient(server.Host, Secrets.None, new RegistryClientOptions { Clock = new JumpingClock() });

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryUnreachable", error.Id);
        Assert.Contains("502", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Bound)]
    public async Task A_redirect_to_another_host_gets_no_login()
    {
        await using var storage = ScriptedHttpServer.Start(_ => ScriptedResponse.Json(Tags));
        await using var registry = ScriptedHttpServer.Start(request => request switch
        {
            _ when request.Header("Authorization") is null => ScriptedResponse.Json("{}", 401, ("WWW-Authenticate", "Basic realm=\"x\"")),
            { Path: "/v2/pro/api/tags/list" } => ScriptedResponse.Empty(307, ("Location", "/moved/tags")),
            { Path: "/moved/tags" } => ScriptedResponse.Empty(307, ("Location", $"{storage.Url}signed?key=value")),
            _ => throw new InvalidOperationException(request.ToString()),
        });
        using var client = new RegistryClient(registry.Host, Secrets.Login());

        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));

        var foreign = Assert.Single(storage.Requests);
        Assert.Equal("/signed", foreign.Path);
        Assert.Null(foreign.Header("Authorization"));
        Assert.NotNull(registry.Requests.Single(request => request.Path == "/moved/tags").Header("Authorization"));
    }

    [Fact(Timeout = Bound)]
    public async Task A_redirect_to_an_unencrypted_host_is_not_followed()
    {
        await using var server = ScriptedHttpServer.Start(request => request.Path == "/v2/"
            ? ScriptedResponse.Json("{}")
            : ScriptedResponse.Empty(302, ("Location", "http://elsewhere.invalid/")));
        using var client = new RegistryClient(server.Host, Secrets.None);

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryAnswerInvalid", error.Id);
    }

    [Fact(Timeout = Bound)]
    public async Task Bytes_that_are_not_what_the_digest_says_are_refused()
    {
        await using var server = ScriptedHttpServer.Start(request => request.Path == "/v2/"
            ? ScriptedResponse.Json("{}")
            : ScriptedResponse.Json("""{"schemaVersion":2,"manifests":[]}"""));
        using var client = new RegistryClient(server.Host, Secrets.None);

        var digest = "sha256:" + new string('a', 64);
        var error = await Assert.ThrowsAsync<ProException>(() => client.GetManifestAsync("pro/api", digest, Cancel));

        Assert.Equal("RegistryAnswerInvalid", error.Id);
    }

    [Fact(Timeout = Bound)]
    public async Task Where_HEAD_tells_no_digest_it_is_computed()
    {
        const string Manifest = """{"schemaVersion":2,"manifests":[]}""";
        await using var server = ScriptedHttpServer.Start(request => request.Path == "/v2/"
            ? ScriptedResponse.Json("{}")
            : new ScriptedResponse { Headers = [("Content-Type", RegistryContent.OciIndexType)], Body = Encoding.UTF8.GetBytes(Manifest) });
        using var client = new RegistryClient(server.Host, Secrets.None);

        var head = await client.HeadManifestAsync("pro/api", "v1.0.0", Cancel);

        Assert.Equal(ManifestParser.DigestOf(Encoding.UTF8.GetBytes(Manifest)), head!.Digest);
        Assert.Contains(RegistryContent.OciIndexType, server.Requests[^1].Header("Accept"), StringComparison.Ordinal);
    }

    [Fact(Timeout = Bound)]
    public async Task A_web_page_is_no_registry()
    {
        await using var server = ScriptedHttpServer.Start(_ =>
            new ScriptedResponse { Headers = [("Content-Type", "text/html")], Body = "<html/>"u8.ToArray() });
        using var client = new RegistryClient(server.Host, Secrets.None);

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryAnswerInvalid", error.Id);
    }

    [Fact(Timeout = Bound)]
    public async Task On_loopback_HTTPS_is_found_where_HTTP_is_not_spoken()
    {
        using var certificate = SelfSigned();
        await using var server = ScriptedHttpServer.StartAsync((_, _) => Task.FromResult(ScriptedResponse.Json(Tags)), certificate);
        using var client = new RegistryClient(server.Host, Secrets.None);

        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));
    }

    [Fact(Timeout = Bound)]
    public async Task A_closed_port_is_named()
    {
        string host;
        await using (var gone = ScriptedHttpServer.Start(_ => ScriptedResponse.Empty(200)))
        {
            host = gone.Host;
        }

        using var client = new RegistryClient(host, Secrets.None);
        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryUnreachable", error.Id);
        Assert.Contains($"{host} refuses the connection", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Bound)]
    public async Task An_unknown_name_is_named()
    {
        using var client = new RegistryClient("registry.invalid", Secrets.None);

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryUnreachable", error.Id);
        Assert.Contains("the name of registry.invalid is not known", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Bound)]
    public async Task A_silent_registry_ends_in_a_timeout()
    {
        await using var server = ScriptedHttpServer.StartAsync(async (_, stop) =>
        {
            await Task.Delay(Timeout.Infinite, stop);
            return ScriptedResponse.Empty(200);
        });
        var options = new RegistryClientOptions { RequestTimeout = TimeSpan.FromMilliseconds(100) };
        using var client = new RegistryClient(server.Host, Secrets.None, options);

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryUnreachable", error.Id);
        Assert.Equal(ProErrorCategory.OperationTimeout, error.Category);
    }

    [Fact(Timeout = Bound)]
    public async Task Cancelling_is_no_timeout()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var server = ScriptedHttpServer.StartAsync(async (_, stop) =>
        {
            await cancel.CancelAsync();
            await Task.Delay(Timeout.Infinite, stop);
            return ScriptedResponse.Empty(200);
        });
        using var client = new RegistryClient(server.Host, Secrets.None);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetTagsAsync("pro/api", cancel.Token));
    }

    /// <summary>Loopback is trusted, so the exception comes from a client that checks.</summary>
    [Fact(Timeout = Bound)]
    public async Task A_certificate_that_nobody_trusts_and_a_server_without_TLS_are_told_apart()
    {
        using var certificate = SelfSigned();
        await using var secure = ScriptedHttpServer.StartAsync((_, _) => Task.FromResult(ScriptedResponse.Empty(200)), certificate);
        await using var plain = await RegistryProcess.StartAsync(null, Cancel);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });

        var untrusted = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri(secure.Url), Cancel));
        var withoutTls = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri($"https://{plain.Host}/"), Cancel));

        var stranger = RegistryErrors.Unreachable("registry.test", untrusted);
        Assert.Contains("certificate of registry.test is not trusted", stranger.Message, StringComparison.Ordinal);
        var error = RegistryErrors.Unreachable("registry.test", withoutTls);
        Assert.Contains("speaks plain HTTP", error.Message, StringComparison.Ordinal);
        Assert.Contains("insecure-registries", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("docker.io", false, "https://registry-1.docker.io/")]
    [InlineData("registry.example.com", false, "https://registry.example.com/")]
    [InlineData("registry.example.com:5000", true, "https://registry.example.com:5000/ http://registry.example.com:5000/")]
    [InlineData("localhost:5000", false, "http://localhost:5000/ https://localhost:5000/")]
    [InlineData("127.8.0.1", false, "http://127.8.0.1/ https://127.8.0.1/")]
    [InlineData("[::1]:5000", false, "http://[::1]:5000/ https://[::1]:5000/")]
    public void Plain_HTTP_is_for_loopback_and_what_the_engine_calls_insecure(string host, bool insecure, string expected) =>
        Assert.Equal(expected, string.Join(' ', RegistryEndpoint.Candidates(host, _ => insecure)));

    [Theory]
    [InlineData("docker.io", "nginx", "library/nginx")]
    [InlineData("docker.io", "pro/api", "pro/api")]
    [InlineData("registry.example.com", "nginx", "nginx")]
    public void Official_images_live_in_the_library(string host, string repository, string expected) =>
        Assert.Equal(expected, RegistryNames.Repository(host, repository));

    [Theory]
    [InlineData("pro/../secret")]
    [InlineData("pro/api?n=1")]
    [InlineData("Pro/api")]
    [InlineData("pro//api")]
    [InlineData("pro/api\n")]
    public void What_is_no_name_gets_into_no_address(string repository) =>
        Assert.Throws<ArgumentException>(() => RegistryNames.Repository("registry.example.com", repository));

    [Fact(Timeout = Bound)]
    public async Task A_host_that_is_none_is_named()
    {
        using var client = new RegistryClient("registry:port:5000", Secrets.None);

        Assert.Equal("RegistryHostInvalid", (await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel))).Id);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
