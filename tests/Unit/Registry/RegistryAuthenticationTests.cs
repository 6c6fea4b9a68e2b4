using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Registry;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

/// <summary>The token flows, with the registry and its token server on two ports.</summary>
public sealed class RegistryAuthenticationTests
{
    private const int Bound = 30_000;
    private const string Tags = """{"name":"pro/api","tags":["v1.0.0"]}""";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task A_token_is_fetched_with_the_login_kept_and_renewed()
    {
        var given = 0;
        await using var tokens = ScriptedHttpServer.Start(_ => ScriptedResponse.Json($$"""{"token":"t{{++given}}","expires_in":300}"""));
        await using var registry = Registry(tokens, "Bearer t1", "Bearer t2");
        var clock = new JumpingClock();
        using var client = new RegistryClient(registry.Host, Secrets.Login(), new RegistryClientOptions { Clock = clock });

        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));
        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));
        Assert.Single(tokens.Requests);
        clock.Advance(TimeSpan.FromSeconds(290));
        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal(2, tokens.Requests.Count);
        var question = tokens.Requests[0];
        Assert.Equal("GET", question.Method);
        Assert.Equal("registry.test", question.Query["service"]);
        Assert.Equal("repository:pro/api:pull", question.Query["scope"]);
        Assert.Equal("anna", question.Query["account"]);
        Assert.Equal("extra", question.Query["keep"]);
        Assert.Equal("Basic " + Secrets.Basic(Secrets.Password), question.Header("Authorization"));
        Assert.DoesNotContain(
            registry.Requests, request => $"{request.Header("Authorization")}".StartsWith("Basic", StringComparison.Ordinal));
    }

    [Fact(Timeout = Bound)]
    public async Task A_token_that_the_registry_no_longer_takes_is_renewed()
    {
        var given = 0;
        var accepted = "Bearer t1";
        await using var tokens = ScriptedHttpServer.Start(_ => ScriptedResponse.Json($$"""{"token":"t{{++given}}"}"""));
        await using var registry = Registry(tokens, request => request == accepted);
        using var client = new RegistryClient(registry.Host, Secrets.Login());
        await client.GetTagsAsync("pro/api", Cancel);

        accepted = "Bearer t2";

        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));
    }

    /// <summary>The challenge asks for what the refused request needs, or for more besides.</summary>
    [Theory(Timeout = Bound)]
    [InlineData("repository:pro/api:pull", "repository:pro/api:pull,push")]
    [InlineData("repository:pro/api:pull repository:pro/base:pull", "repository:pro/api:pull,push repository:pro/base:pull")]
    [InlineData("repository:other/api:pull", "repository:other/api:pull repository:pro/api:pull,push")]
    [InlineData(null, "repository:pro/api:pull,push")]
    public async Task A_token_is_asked_for_what_the_challenge_and_we_want_and_serves_both(string? challenge, string asked)
    {
        var digest = "sha256:" + new string('a', 64);
        await using var tokens = ScriptedHttpServer.Start(_ => ScriptedResponse.Json("""{"token":"t1"}"""));
        await using var registry = ScriptedHttpServer.Start(request => request.Header("Authorization") == "Bearer t1"
            ? request.Path.EndsWith("/tags/list", StringComparison.Ordinal) ? ScriptedResponse.Json(Tags) : ScriptedResponse.Empty(404)
            : ScriptedResponse.Empty(401, ("WWW-Authenticate", $"Bearer realm=\"{tokens.Url}\""
                + (challenge is null ? "" : $",scope=\"{challenge}\""))));
        using var client = new RegistryClient(registry.Host, Secrets.Login(), new RegistryClientOptions { Clock = new JumpingClock() });

        _ = await Assert.ThrowsAsync<ProException>(() => client.TagManifestAsync("pro/api", digest, "latest", Cancel));
        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));

        var question = Assert.Single(tokens.Requests);
        Assert.Equal(asked.Split(' '), Scopes(question));
    }

    [Fact(Timeout = Bound)]
    public async Task A_token_for_less_is_not_used_for_more()
    {
        await using var tokens = ScriptedHttpServer.Start(_ => ScriptedResponse.Json("""{"token":"t1"}"""));
        await using var registry = ScriptedHttpServer.Start(request => request.Header("Authorization") is null
            ? ScriptedResponse.Empty(401, ("WWW-Authenticate", $"Bearer realm=\"{tokens.Url}\""))
            : request.Path.EndsWith("/tags/list", StringComparison.Ordinal) ? ScriptedResponse.Json(Tags) : ScriptedResponse.Empty(400));
        using var client = new RegistryClient(registry.Host, Secrets.Login());

        _ = await client.GetTagsAsync("pro/api", Cancel);
        _ = await Assert.ThrowsAsync<ProException>(
            () => client.TagManifestAsync("pro/api", "sha256:" + new string('a', 64), "latest", Cancel));

        Assert.Equal(
            ["repository:pro/api:pull", "repository:pro/api:pull,push"], tokens.Requests.SelectMany(Scopes));
    }

    private static IEnumerable<string> Scopes(ScriptedRequest request) =>
        request.Target.Split('?', 2)[1].Split('&').Where(part => part.StartsWith("scope=", StringComparison.Ordinal))
            .Select(part => Uri.UnescapeDataString(part["scope=".Length..]));

    [Fact(Timeout = Bound)]
    public async Task Without_a_login_a_public_repository_is_read_with_an_anonymous_token()
    {
        await using var tokens = ScriptedHttpServer.Start(_ => ScriptedResponse.Json("""{"access_token":"anyone"}"""));
        await using var registry = Registry(tokens, "Bearer anyone");
        using var client = new RegistryClient(registry.Host, Secrets.None);

        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));
        Assert.Null(Assert.Single(tokens.Requests).Header("Authorization"));
    }

    [Fact(Timeout = Bound)]
    public async Task An_identity_token_is_exchanged_by_OAuth2()
    {
        await using var tokens = ScriptedHttpServer.Start(_ => ScriptedResponse.Json("""{"access_token":"fresh"}"""));
        await using var registry = Registry(tokens, "Bearer fresh");
        using var client = new RegistryClient(registry.Host, Secrets.IdentityToken());

        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));

        var question = Assert.Single(tokens.Requests);
        Assert.Equal("POST", question.Method);
        Assert.Equal("refresh_token", question.Form["grant_type"]);
        Assert.Equal(Secrets.Password, question.Form["refresh_token"]);
        Assert.Equal("repository:pro/api:pull", question.Form["scope"]);
        Assert.Equal("registry.test", question.Form["service"]);
        Assert.DoesNotContain("secret", question.Target, StringComparison.Ordinal);
    }

    [Fact(Timeout = Bound)]
    public async Task Where_there_is_no_OAuth2_the_identity_token_goes_as_a_password()
    {
        await using var tokens = ScriptedHttpServer.Start(request =>
            request.Method == "POST" ? ScriptedResponse.Empty(404) : ScriptedResponse.Json("""{"token":"old way"}"""));
        await using var registry = Registry(tokens, "Bearer old way");
        using var client = new RegistryClient(registry.Host, Secrets.IdentityToken());

        Assert.Equal(["v1.0.0"], await client.GetTagsAsync("pro/api", Cancel));
        Assert.Equal(["POST", "GET"], tokens.Requests.Select(request => request.Method));
    }

    [Theory(Timeout = Bound)]
    [InlineData(true, "does not accept the login of anna")]
    [InlineData(false, "has none")]
    public async Task A_token_server_that_refuses_means_log_in(bool withLogin, string says)
    {
        // The server even sends back what it got.
        await using var tokens = ScriptedHttpServer.Start(request => ScriptedResponse.Json(
            $$"""{"details":"incorrect username or password: {{Secrets.Password}} {{request.Header("Authorization")}}"}""", 401));
        await using var registry = Registry(tokens);
        using var client = new RegistryClient(registry.Host, withLogin ? Secrets.Login() : Secrets.None);

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryLoginRequired", error.Id);
        Assert.Equal(ProErrorCategory.AuthenticationError, error.Category);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains("incorrect username or password", error.Message, StringComparison.Ordinal);
        if (withLogin)
        {
            Secrets.AreNotIn(error);
        }
    }

    [Theory(Timeout = Bound)]
    [InlineData(401, true, "RegistryAccessDenied")]
    [InlineData(401, false, "RegistryLoginRequired")]
    [InlineData(403, true, "RegistryAccessDenied")]
    [InlineData(403, false, "RegistryLoginRequired")]
    public async Task A_good_login_without_the_right_is_another_error_than_no_login(int status, bool withLogin, string id)
    {
        await using var tokens = ScriptedHttpServer.Start(_ => ScriptedResponse.Json("""{"token":"small"}"""));
        await using var registry = ScriptedHttpServer.Start(request => ScriptedResponse.Json(
            """{"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]}""",
            request.Header("Authorization") is null ? 401 : status,
            Challenge(tokens)));
        using var client = new RegistryClient(registry.Host, withLogin ? Secrets.Login() : Secrets.None);

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal(id, error.Id);
        Assert.Contains($"docker login {registry.Host}", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("requested access to the resource is denied", error.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Bound)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task Whatever_the_registry_sends_back_of_a_login_or_token_stays_out_of_the_error(int status)
    {
        await using var tokens = ScriptedHttpServer.Start(_ => ScriptedResponse.Json("""{"token":"issued-token"}"""));
        await using var registry = ScriptedHttpServer.Start(request => request.Header("Authorization") is { } header
            ? ScriptedResponse.Json(
                $$"""{"errors":[{"code":"X","message":"{{header}} {{Secrets.Password}}"}]}""", status, Challenge(tokens))
            : ScriptedResponse.Json("{}", 401, Challenge(tokens)));
        using var client = new RegistryClient(registry.Host, Secrets.Login(), new RegistryClientOptions { Clock = new JumpingClock() });

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Contains("Bearer ***", error.Message, StringComparison.Ordinal);
        Secrets.AreNotIn(error);
        Secrets.AreNotIn(error, "issued-token");
    }

    [Fact(Timeout = Bound)]
    public async Task The_login_never_goes_to_an_unencrypted_token_server_elsewhere()
    {
        await using var registry = ScriptedHttpServer.Start(_ =>
            ScriptedResponse.Json("{}", 401, ("WWW-Authenticate", "Bearer realm=\"http://tokens.invalid/token\",service=\"x\"")));
        using var client = new RegistryClient(registry.Host, Secrets.Login());

        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/api", Cancel));

        Assert.Equal("RegistryAnswerInvalid", error.Id);
        Assert.Contains("unencrypted to tokens.invalid", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Bound)]
    public async Task The_login_is_looked_up_once_and_only_when_it_is_asked_for()
    {
        var lookups = 0;
        await using var open = ScriptedHttpServer.Start(_ => ScriptedResponse.Json(Tags));
        await using var closed = ScriptedHttpServer.Start(request => request.Header("Authorization") is null
            ? ScriptedResponse.Json("{}", 401, ("WWW-Authenticate", "Basic realm=\"x\""))
            : ScriptedResponse.Json(Tags));
        Task<RegistryCredential?> Find(string host, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref lookups);
            return Secrets.Login()(host, cancellationToken);
        }

        using (var client = new RegistryClient(open.Host, Find))
        {
            await client.GetTagsAsync("pro/api", Cancel);
            Assert.Equal(0, lookups);
        }

        using var wanted = new RegistryClient(closed.Host, Find);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => wanted.GetTagsAsync($"pro/api{number}", Cancel)));
        Assert.Equal(1, lookups);
    }

    [Theory]
    [InlineData("Bearer realm=\"https://a/b?c=d\",service=\"s\",scope=\"repository:x:pull,push\"", "Bearer", "repository:x:pull,push")]
    [InlineData("bearer Realm=\"https://a\", scope=\"one \\\"two\\\"\" , error=insufficient_scope", "bearer", "one \"two\"")]
    [InlineData("Basic realm=\"x, y\"", "Basic", null)]
    [InlineData("Bearer realm=https://a,scope=plain", "Bearer", "plain")]
    public void A_challenge_is_read_with_its_quotes_and_commas(string header, string scheme, string? scope)
    {
        var challenge = RegistryChallenge.Parse(System.Net.Http.Headers.AuthenticationHeaderValue.Parse(header));

        Assert.Equal(scheme, challenge.Scheme);
        Assert.Equal(scope, challenge["scope"]);
        Assert.NotNull(challenge["realm"]);
    }

    [Fact]
    public void A_token_is_preferred_to_a_password()
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", "Basic realm=\"a\", Bearer realm=\"https://b\",service=\"c\"");

        Assert.Equal("c", RegistryChallenge.Choose(response.Headers)!["service"]);
    }

    private static (string Name, string Value) Challenge(ScriptedHttpServer tokens) =>
        ("WWW-Authenticate", $"Bearer realm=\"{tokens.Url}token?keep=extra\",service=\"registry.test\",scope=\"repository:pro/api:pull\"");

    private static ScriptedHttpServer Registry(ScriptedHttpServer tokens, params string[] accepted) =>
        Registry(tokens, authorization => accepted.Contains(authorization));

    private static ScriptedHttpServer Registry(ScriptedHttpServer tokens, Func<string?, bool> accepts) =>
        ScriptedHttpServer.Start(request => accepts(request.Header("Authorization"))
            ? ScriptedResponse.Json(Tags)
            : ScriptedResponse.Json(
                """{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}""", 401, Challenge(tokens)));
}
