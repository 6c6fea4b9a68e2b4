using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Registry;

/// <summary>
/// Sends requests: bounded in time and size, tried again where that helps, redirected without giving the login away, and every
/// failure to connect told as one error.
/// </summary>
internal sealed class RegistryTransport : IDisposable
{
    private const int LongestAnswer = 32 * 1024 * 1024;
    private const int MostRedirects = 5;
    private static readonly ProductInfoHeaderValue UserAgent =
        new("Pro.DockerVersioning", typeof(RegistryTransport).Assembly.GetName().Version?.ToString(3));

    private readonly EnvironmentProxy _proxy;
    private readonly HttpClient _verifying;
    private readonly HttpClient _trusting;
    private readonly Lazy<HttpClient?> _own;
    private readonly string _host;
    private RegistryCertificates? _certificates;
    private readonly RegistryClientOptions _options;

    /// <param name="host">The registry, to which alone its own certificates apply.</param>
    /// <param name="options">Trust, times, reports.</param>
    public RegistryTransport(string host, RegistryClientOptions options)
    {
        _host = host;
        _options = options;
        _proxy = new EnvironmentProxy(options.Environment, HttpClient.DefaultProxy);
        _verifying = CreateClient(anyCertificate: false, null);
        _trusting = CreateClient(anyCertificate: true, null);

        // Read when first needed: a bad file is the error of a question, not of making a client.
        _own = new Lazy<HttpClient?>(CreateOwn);
    }

    public void Dispose()
    {
        if (_own is { IsValueCreated: true, Value: { } own })
        {
            own.Dispose();
        }

        _certificates?.Dispose();
        _verifying.Dispose();
        _trusting.Dispose();
    }

    /// <summary>True if plain HTTP and any certificate are taken: on loopback, and where the engine's operator listed it.</summary>
    public bool IsTrusting(Uri uri) => RegistryEndpoint.IsLoopback(uri) || _options.IsInsecure(uri.Authority);

    /// <summary>Sends a request, again after a 429 or 5xx, and follows redirects.</summary>
    /// <param name="host">How messages name the server.</param>
    /// <param name="create">Makes the request; called for each attempt.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">It can't be reached.</exception>
    public async Task<RegistryResponse> SendAsync(string host, Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var response = await SendOnceAsync(host, create, cancellationToken).ConfigureAwait(false);
            if (!IsWorthAnotherTry(response.Status) || attempt >= _options.Retries || WaitFor(response, attempt) is not { } wait)
            {
                return response;
            }

            _options.Reports?.Report(
                new VerboseReport($"{host} answered {(int)response.Status}; trying again in {wait.TotalSeconds:0.#} s."));
            await Task.Delay(wait, _options.Clock, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What the answer asks to wait for; null if it asks for nothing.</summary>
    public TimeSpan? RetryAfter(RegistryResponse response) =>
        response.Headers.RetryAfter is not { } header ? null
        : header.Delta ?? (header.Date is { } date ? date - _options.Clock.GetUtcNow() : null);

    private HttpClient ClientFor(Uri address) =>
        IsTrusting(address) ? _trusting
        : address.Authority.Equals(_host, StringComparison.OrdinalIgnoreCase) ? _own.Value ?? _verifying
        : _verifying;

    private HttpClient? CreateOwn()
    {
        _certificates = RegistryCertificates.Load(_host, _options.CertificateFolders);
        return _certificates is null ? null : CreateClient(anyCertificate: false, _certificates);
    }

    private static bool IsWorthAnotherTry(HttpStatusCode status) =>
        status is HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError or HttpStatusCode.BadGateway
            or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    /// <summary>How long to wait before the next attempt; null when that is longer than anyone would.</summary>
    private TimeSpan? WaitFor(RegistryResponse response, int attempt)
    {
        var wait = RetryAfter(response) ?? TimeSpan.FromSeconds(0.5 * Math.Pow(2, attempt));
        return wait > _options.LongestWait ? null : wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private async Task<RegistryResponse> SendOnceAsync(string host, Func<HttpRequestMessage> create, CancellationToken cancellationToken)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bounded.CancelAfter(_options.RequestTimeout);
        Uri? asked = null;
        try
        {
            return await FollowAsync(host, create, address => asked = address, bounded.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw RegistryErrors.TimedOut(host, _options.RequestTimeout, ProxyFor(asked), exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw RegistryErrors.Unreachable(host, exception, ProxyFor(asked));
        }
    }

    private string? ProxyFor(Uri? address) => address is null ? null : _proxy.NameFor(address);

    private async Task<RegistryResponse> FollowAsync(
        string host, Func<HttpRequestMessage> create, Action<Uri> asking, CancellationToken cancellationToken)
    {
        Uri? target = null;
        for (var redirects = 0; ; redirects++)
        {
            using var request = create();
            request.Headers.UserAgent.Add(UserAgent);
            if (target is not null)
            {
                Redirect(request, target);
            }

            asking(request.RequestUri!);

            // Decided for each address anew: the token server of an insecure registry need not be insecure.
            var client = ClientFor(request.RequestUri!);
            using var response = await client
                .SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            target = RedirectTarget(request, response);
            if (target is null)
            {
                return await ReadAsync(response, cancellationToken).ConfigureAwait(false) with { Proxy = ProxyFor(request.RequestUri) };
            }

            if (redirects == MostRedirects || (target.Scheme != Uri.UriSchemeHttps && !IsTrusting(target)))
            {
                var where = redirects == MostRedirects ? "in a circle" : "to an unencrypted address";
                throw RegistryErrors.InvalidAnswer(host, request.RequestUri!.AbsolutePath, $"it redirects {where}");
            }
        }
    }

    /// <summary>Another origin gets no login: a signed address needs none, and a foreign one must not see it.</summary>
    private static void Redirect(HttpRequestMessage request, Uri target)
    {
        if (!RegistryEndpoint.IsSameOrigin(request.RequestUri!, target))
        {
            request.Headers.Authorization = null;
        }

        request.RequestUri = target;
    }

    /// <summary>Where a reading request is sent on to; a changing one isn't followed.</summary>
    private static Uri? RedirectTarget(HttpRequestMessage request, HttpResponseMessage response)
    {
        var isRedirect = (int)response.StatusCode is 301 or 302 or 303 or 307 or 308;
        var isReading = request.Method == HttpMethod.Get || request.Method == HttpMethod.Head;
        return isRedirect && isReading && response.Headers.Location is { } location
            ? new Uri(request.RequestUri!, location)
            : null;
    }

    private static async Task<RegistryResponse> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var body = new MemoryStream();
            var buffer = new byte[16 * 1024];
            for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
            {
                await body.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                if (body.Length > LongestAnswer)
                {
                    throw new IOException($"the answer is longer than {LongestAnswer / 1024 / 1024} MiB");
                }
            }

            return new RegistryResponse(response.StatusCode, response.Headers, response.Content.Headers, body.ToArray());
        }
    }

    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The client disposes its handler.")]
    private HttpClient CreateClient(bool anyCertificate, RegistryCertificates? certificates) =>
        new(CreateHandler(anyCertificate, certificates, _proxy)) { Timeout = Timeout.InfiniteTimeSpan };

    /// <param name="anyCertificate">Take any certificate.</param>
    /// <param name="certificates">Trust these as well, and show the client's; or null.</param>
    /// <param name="proxy">The way there.</param>
    [SuppressMessage("Security", "CA5359:Do not disable certificate validation",
        Justification = "Only for registries on loopback or that the engine's operator listed as insecure: the engine takes any there.")]
    internal static SocketsHttpHandler CreateHandler(bool anyCertificate, RegistryCertificates? certificates, IWebProxy proxy)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            Proxy = proxy,
            UseCookies = false,
        };
        certificates?.Apply(handler.SslOptions);
        if (anyCertificate)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        }

        return handler;
    }
}
