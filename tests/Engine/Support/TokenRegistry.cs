using System.Collections.Concurrent;
using System.Net.Http.Headers;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>
/// The real open registry behind a gate: one that wants an access token which its own token server gives for an identity token, one that
/// wants a login, or one that refuses whoever wants to write.
/// </summary>
internal sealed class TokenRegistry : IAsyncDisposable
{
    /// <summary>What opens the gate.</summary>
    public static readonly string AccessToken = "access-" + Guid.NewGuid().ToString("N");

    private readonly HttpClient _registry = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
    private readonly string? _identityToken;
    private readonly (int Status, string Code, string Message)? _refusal;
    private readonly string? _login;
    private readonly ConcurrentQueue<string?> _seen = new();
    private ScriptedHttpServer? _server;
    private int _given;

    private TokenRegistry(string? identityToken, (int Status, string Code, string Message)? refusal, string? login)
    {
        _login = login;
        _identityToken = identityToken;
        _refusal = refusal;
    }

    public string Host => _server!.Host;

    /// <summary>How many access tokens were given.</summary>
    public int TokensGiven => _given;

    /// <summary>The header <c>Authorization</c> of each request, in the order of their arrival; null for a request without one.</summary>
    public IReadOnlyList<string?> Authorizations => [.. _seen];

    /// <summary>Starts one.</summary>
    /// <param name="identityToken">What its token server takes.</param>
    /// <param name="refusal">What whoever writes gets.</param>
    /// <param name="login">The header <c>Authorization</c> that it wants.</param>
    public static TokenRegistry Start(
        string? identityToken = null, (int Status, string Code, string Message)? refusal = null, string? login = null)
    {
        var registry = new TokenRegistry(identityToken, refusal, login);
        registry._server = ScriptedHttpServer.StartAsync(registry.AnswerAsync);
        return registry;
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _registry.Dispose();
    }

    private async Task<ScriptedResponse> AnswerAsync(ScriptedRequest request, CancellationToken cancellationToken)
    {
        _seen.Enqueue(request.Header("Authorization"));
        if (request.Path == "/token")
        {
            return Token(request);
        }

        if (_login is not null && request.Header("Authorization") != _login)
        {
            return ScriptedResponse.Json(
                """{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}""", 401,
                ("WWW-Authenticate", "Basic realm=\"gate\""));
        }

        if (_refusal is var (status, code, message) && request.Method is not ("GET" or "HEAD"))
        {
            // Without a detail the engine takes it for a passing trouble, and tries for a minute and a half.
            return ScriptedResponse.Json($$"""{"errors":[{"code":"{{code}}","message":"{{message}}","detail":"of the test"}]}""", status);
        }

        if (_identityToken is not null && request.Header("Authorization") != $"Bearer {AccessToken}")
        {
            var name = request.Path.Split('/') is [_, "v2", var first, var second, ..] ? $"{first}/{second}" : "x";
            return ScriptedResponse.Json(
                """{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}""",
                401,
                ("WWW-Authenticate", $"Bearer realm=\"http://{Host}/token\",service=\"gate\",scope=\"repository:{name}:pull,push\""));
        }

        return await ForwardAsync(request, cancellationToken);
    }

    private ScriptedResponse Token(ScriptedRequest request)
    {
        if (request.Method != "POST" || request.Form.GetValueOrDefault("grant_type") != "refresh_token"
            || request.Form.GetValueOrDefault("refresh_token") != _identityToken)
        {
            return ScriptedResponse.Json("""{"errors":[{"code":"UNAUTHORIZED","message":"incorrect username or password"}]}""", 401);
        }

        _ = Interlocked.Increment(ref _given);
        return ScriptedResponse.Json($$"""{"access_token":"{{AccessToken}}","token_type":"Bearer","expires_in":300}""");
    }

    private async Task<ScriptedResponse> ForwardAsync(ScriptedRequest request, CancellationToken cancellationToken)
    {
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), $"http://{TestSettings.Registry}{request.Target}");

        // The registry writes its addresses with the name by which it was asked.
        message.Headers.Host = Host;
        if (request.Method is not ("GET" or "HEAD"))
        {
            message.Content = new ByteArrayContent(request.Body);
            if (request.Header("Content-Type") is { } type)
            {
                message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
            }
        }

        if (request.Header("Accept") is { } accept)
        {
            _ = message.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (request.Header("Content-Range") is { } range)
        {
            _ = message.Content!.Headers.TryAddWithoutValidation("Content-Range", range);
        }

        using var answer = await _registry.SendAsync(message, cancellationToken);
        var body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        return new ScriptedResponse
        {
            Status = (int)answer.StatusCode,
            Headers = [.. answer.Headers.Concat(answer.Content.Headers)
                .Where(header => header.Key is not ("Connection" or "Transfer-Encoding")
                    && (header.Key != "Content-Length" || request.Method == "HEAD"))
                .Select(header => (header.Key, string.Join(", ", header.Value)))],
            Body = body,
        };
    }
}
