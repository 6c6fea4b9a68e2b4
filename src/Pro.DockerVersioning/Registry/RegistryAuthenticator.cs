using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Registry;

/// <summary>
/// Answers a registry's challenges: Basic with the login, Bearer with a token that its token server gives for a scope
/// (distribution's token and OAuth2 specifications). Answers are kept until they expire.
/// </summary>
internal sealed class RegistryAuthenticator(
    string host,
    Func<string, CancellationToken, Task<RegistryCredential?>> findCredential,
    RegistryTransport transport,
    RegistryClientOptions options) : IDisposable
{
    private const string ClientId = "Pro.DockerVersioning";

    // The token specification's own default and least life time.
    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, Answer> _answers = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _credentialLock = new(1, 1);
    private RegistryCredential? _credential;
    private bool _credentialKnown;

    public void Dispose() => _credentialLock.Dispose();

    /// <summary>The header that worked for this scope before, or null.</summary>
    public AuthenticationHeaderValue? Known(string scope)
    {
        var now = options.Clock.GetUtcNow();
        return Covering(scope).Select(known => known.Value).FirstOrDefault(answer => answer.Expires > now)?.Header;
    }

    /// <summary>Forgets what did not work.</summary>
    public void Forget(string scope)
    {
        foreach (var known in Covering(scope).ToList())
        {
            _ = _answers.TryRemove(known);
        }
    }

    /// <summary>The registry's own words without what it may have sent back of ours: the login's secret, or a token.</summary>
    public string Describe(RegistryResponse response)
    {
        var text = response.Describe();
        foreach (var token in _answers.Values.Select(answer => answer.Header.Parameter).OfType<string>())
        {
            text = text.Replace(token, "***", StringComparison.Ordinal);
        }

        return _credential?.Redact(text) ?? text;
    }

    /// <summary>Answers a 401.</summary>
    /// <param name="scope">What we want to do: <c>repository:NAME:pull</c>. The challenge's own scope is asked for with it.</param>
    /// <param name="target">The repository, for messages.</param>
    /// <param name="response">The 401.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">There is no login, or the token server refuses it.</exception>
    public async Task<AuthenticationHeaderValue> AnswerAsync(
        string scope, string target, RegistryResponse response, CancellationToken cancellationToken)
    {
        var credential = await CredentialAsync(cancellationToken).ConfigureAwait(false);
        var challenge = RegistryChallenge.Choose(response.Headers);

        // The challenge may ask for less than we want, as for reading where we mean to write, or for what else the registry needs. A token
        // is kept under what was asked for.
        var asked = challenge is { IsBearer: true } ? TokenScope.Union(challenge["scope"], scope) : scope;
        Forget(scope);
        var answer = challenge switch
        {
            { IsBearer: true } => await AnswerBearerAsync(challenge, asked, target, credential, cancellationToken).ConfigureAwait(false),
            { IsBasic: true } when credential is { Kind: RegistryCredentialKind.Password } =>
                new(credential.ToBasicHeader(), DateTimeOffset.MaxValue),
            _ => throw Refusal(target, credential, response),
        };
        _answers[asked] = answer;
        return answer.Header;
    }

    /// <summary>The error for a 401 or 403: no login, a bad one, or one without the right.</summary>
    /// <param name="target">The repository or reference.</param>
    /// <param name="response">The registry's answer to an authenticated request.</param>
    /// <param name="cancellationToken">Ends a credential helper.</param>
    public async Task<ProException> RefusalAsync(string target, RegistryResponse response, CancellationToken cancellationToken)
    {
        var credential = await CredentialAsync(cancellationToken).ConfigureAwait(false);

        // A token server has looked at the login before it gave a token: a 401 to that token is about the right.
        var isAboutRight = response.Status == HttpStatusCode.Forbidden
            || response.HasError("DENIED")
            || (credential is not { Kind: RegistryCredentialKind.RegistryToken }
                && RegistryChallenge.Choose(response.Headers) is { IsBearer: true });
        return credential is not null && isAboutRight
            ? RegistryErrors.AccessDenied(host, target, credential.ToString(), Describe(response))
            : Refusal(target, credential, response);
    }

    private IEnumerable<KeyValuePair<string, Answer>> Covering(string scope) =>
        _answers.Where(known => TokenScope.Covers(known.Key, scope));

    private ProException Refusal(string target, RegistryCredential? credential, RegistryResponse response) => credential is null
        ? RegistryErrors.NotLoggedIn(host, target, Describe(response))
        : RegistryErrors.LoginRefused(host, target, credential.ToString(), Describe(response));

    /// <summary>Looks the login up once, when it is first needed: a helper may take its time or ask the user.</summary>
    private async Task<RegistryCredential?> CredentialAsync(CancellationToken cancellationToken)
    {
        await _credentialLock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!_credentialKnown)
            {
                _credential = await findCredential(host, cancellationToken).ConfigureAwait(false);
                _credentialKnown = true;
                options.Reports?.Report(
                    new VerboseReport(_credential is null ? $"No login for {host}." : $"Login for {host}: {_credential}."));
            }

            return _credential;
        }
        finally
        {
            _credentialLock.Release();
        }
    }

    private async Task<Answer> AnswerBearerAsync(
        RegistryChallenge challenge, string scope, string target, RegistryCredential? credential, CancellationToken cancellationToken)
    {
        if (credential is { Kind: RegistryCredentialKind.RegistryToken })
        {
            return new Answer(new AuthenticationHeaderValue("Bearer", credential.RevealSecret()), DateTimeOffset.MaxValue);
        }

        if (!Uri.TryCreate(challenge["realm"], UriKind.Absolute, out var realm) || realm.Scheme is not ("http" or "https"))
        {
            throw RegistryErrors.InvalidAnswer(host, target, "its challenge names no token server");
        }

        if (credential is not null && realm.Scheme == Uri.UriSchemeHttp && !transport.IsTrusting(realm))
        {
            throw RegistryErrors.InvalidAnswer(host, target, $"it wants the login sent unencrypted to {realm.Host}, which is not done");
        }

        var request = new TokenRequest(realm, challenge["service"], scope, credential);
        var response = await transport.SendAsync(realm.Authority, request.Create, cancellationToken).ConfigureAwait(false);
        if (response.Status is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed && request.IsPost)
        {
            // Token servers without OAuth2 answer POST so (seen at Google's and others); containerd falls back likewise.
            response = await transport.SendAsync(realm.Authority, request.CreateGet, cancellationToken).ConfigureAwait(false);
        }

        return response.IsSuccess ? ReadToken(response, realm, target) : throw TokenRefusal(realm, target, credential, response);
    }

    private ProException TokenRefusal(Uri realm, string target, RegistryCredential? credential, RegistryResponse response)
    {
        var said = Describe(response);
        return (int)response.Status switch
        {
            429 => RegistryErrors.RateLimited(realm.Authority, target, said, transport.RetryAfter(response)),
            >= 500 => RegistryErrors.OutOfOrder(realm.Authority, (int)response.Status, said),
            403 when credential is not null => RegistryErrors.AccessDenied(host, target, credential.ToString(), said),
            400 or 401 or 403 => Refusal(target, credential, response),
            _ => RegistryErrors.InvalidAnswer(realm.Authority, target, $"the token server answers {said}"),
        };
    }

    private Answer ReadToken(RegistryResponse response, Uri realm, string target)
    {
        try
        {
            using var document = JsonDocument.Parse(response.Body);
            var root = document.RootElement;
            var token = Text(root, "token") ?? Text(root, "access_token") ?? throw new JsonException();
            var seconds = root.TryGetProperty("expires_in", out var life) && life.TryGetDouble(out var given) ? given : 0;
            var lasts = TimeSpan.FromSeconds(Math.Clamp(seconds, ShortestLife.TotalSeconds, TimeSpan.FromDays(1).TotalSeconds));

            // A tenth is kept back, for the way and for clocks that differ.
            return new Answer(new AuthenticationHeaderValue("Bearer", token), options.Clock.GetUtcNow() + (lasts * 0.9));
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not kept: the parser quotes what it read, and that may hold the token.
            throw RegistryErrors.InvalidAnswer(realm.Authority, target, "the token server gave no token");
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text : null;

    private sealed record Answer(AuthenticationHeaderValue Header, DateTimeOffset Expires)
    {
        public override string ToString() => $"{Header.Scheme} until {Expires:O}";
    }

    /// <summary>A question to the token server. A class, for its credential: a record would be printed.</summary>
    private sealed class TokenRequest(Uri realm, string? service, string scope, RegistryCredential? credential)
    {
        public bool IsPost => credential is { Kind: RegistryCredentialKind.IdentityToken };

        public HttpRequestMessage Create() => IsPost ? CreatePost() : CreateGet();

        public HttpRequestMessage CreateGet()
        {
            var parameters = Parameters();
            if (credential?.Username is { } account)
            {
                parameters.Add(new("account", account));
            }

            var query = string.Join('&', parameters.Select(parameter => $"{parameter.Key}={Uri.EscapeDataString(parameter.Value)}"));
            var own = realm.Query.TrimStart('?');
            var address = new UriBuilder(realm) { Query = own.Length == 0 ? query : $"{own}&{query}" };
            var request = new HttpRequestMessage(HttpMethod.Get, address.Uri);
            request.Headers.Authorization = credential?.ToBasicHeader();
            return request;
        }

        private HttpRequestMessage CreatePost() => new(HttpMethod.Post, realm)
        {
            Content = new FormUrlEncodedContent(
            [
                new("grant_type", "refresh_token"),
                new("client_id", ClientId),
                new("refresh_token", credential!.RevealSecret()),
                .. Parameters(),
            ]),
        };

        private List<KeyValuePair<string, string>> Parameters()
        {
            List<KeyValuePair<string, string>> parameters = [];
            if (service is not null)
            {
                parameters.Add(new("service", service));
            }

            // One parameter a scope: that is how token servers read several.
            foreach (var one in scope.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                parameters.Add(new("scope", one));
            }

            return parameters;
        }
    }
}
