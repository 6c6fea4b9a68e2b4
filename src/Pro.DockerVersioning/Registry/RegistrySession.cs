using System.Net;
using System.Net.Http.Headers;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Registry;

/// <summary>
/// The conversation with one registry: which address it answers at, and with which proof of who we are. What comes back is an
/// answer to the question; everything that is not has become an error.
/// </summary>
internal sealed class RegistrySession : IDisposable
{
    private readonly string _host;
    private readonly RegistryClientOptions _options;
    private readonly RegistryTransport _transport;
    private readonly RegistryAuthenticator _authenticator;
    private readonly SemaphoreSlim _addressLock = new(1, 1);
    private Uri? _address;

    public RegistrySession(
        string host, Func<string, CancellationToken, Task<RegistryCredential?>> findCredential, RegistryClientOptions options)
    {
        _host = host;
        _options = options;
        _transport = new RegistryTransport(options);
        _authenticator = new RegistryAuthenticator(host, findCredential, _transport, options);
    }

    public void Dispose()
    {
        _authenticator.Dispose();
        _transport.Dispose();
        _addressLock.Dispose();
    }

    /// <summary>Asks.</summary>
    /// <exception cref="ProException">The registry can't be reached, wants another login, refuses, or is out of order.</exception>
    public async Task<RegistryResponse> SendAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        var response = await SendAuthenticatedAsync(request, cancellationToken).ConfigureAwait(false);
        return (int)response.Status switch
        {
            401 or 403 => throw await _authenticator.RefusalAsync(request.Target, response, cancellationToken).ConfigureAwait(false),
            429 => throw RegistryErrors.RateLimited(_host, request.Target, response.Describe(), _transport.RetryAfter(response)),
            >= 500 => throw RegistryErrors.OutOfOrder(_host, (int)response.Status, response.Describe()),
            _ => response,
        };
    }

    private async Task<RegistryResponse> SendAuthenticatedAsync(RegistryRequest request, CancellationToken cancellationToken)
    {
        var address = new Uri(await AddressAsync(cancellationToken).ConfigureAwait(false), request.Path);
        var response = await SendWithAsync(_authenticator.Known(request.Scope)).ConfigureAwait(false);
        if (response.Status != HttpStatusCode.Unauthorized)
        {
            return response;
        }

        var answer = await _authenticator.AnswerAsync(request.Scope, request.Target, response, cancellationToken).ConfigureAwait(false);
        response = await SendWithAsync(answer).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.Unauthorized)
        {
            _authenticator.Forget(request.Scope);
        }

        return response;

        Task<RegistryResponse> SendWithAsync(AuthenticationHeaderValue? authorization) =>
            _transport.SendAsync(_host, () => Create(request, address, authorization), cancellationToken);
    }

    private static HttpRequestMessage Create(RegistryRequest request, Uri address, AuthenticationHeaderValue? authorization)
    {
        var message = new HttpRequestMessage(request.Method, address);
        message.Headers.Authorization = authorization;
        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(body);
            message.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(request.ContentType!);
        }

        if (address.AbsolutePath.Contains("/manifests/", StringComparison.Ordinal))
        {
            foreach (var mediaType in ManifestParser.MediaTypes)
            {
                message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(mediaType));
            }
        }

        return message;
    }

    /// <summary>The registry's address: found out once where both HTTP and HTTPS are possible.</summary>
    private async Task<Uri> AddressAsync(CancellationToken cancellationToken)
    {
        await _addressLock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _address ??= await FindAddressAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _addressLock.Release();
        }
    }

    private async Task<Uri> FindAddressAsync(CancellationToken cancellationToken)
    {
        var candidates = Candidates();
        if (candidates.Count == 1)
        {
            return candidates[0];
        }

        ProException? first = null;
        foreach (var candidate in candidates)
        {
            try
            {
                if (await IsRegistryAsync(candidate, cancellationToken).ConfigureAwait(false))
                {
                    _options.Reports?.Report(new VerboseReport($"{_host} answers at {candidate.Scheme}."));
                    return candidate;
                }
            }
            catch (ProException exception) when (exception.Id == RegistryErrors.UnreachableId)
            {
                first ??= exception;
            }
        }

        throw first ?? RegistryErrors.InvalidAnswer(_host, _host, "neither HTTP nor HTTPS gives a registry's answer at /v2/");
    }

    private IReadOnlyList<Uri> Candidates()
    {
        try
        {
            return RegistryEndpoint.Candidates(_host, _options.IsInsecure);
        }
        catch (UriFormatException exception)
        {
            throw RegistryErrors.InvalidHost(_host, exception);
        }
    }

    /// <summary>A registry answers /v2/ with 200 or 401; a TLS server that is spoken to in HTTP, often with 400.</summary>
    private async Task<bool> IsRegistryAsync(Uri candidate, CancellationToken cancellationToken)
    {
        var response = await _transport
            .SendAsync(_host, () => new HttpRequestMessage(HttpMethod.Get, new Uri(candidate, "v2/")), cancellationToken)
            .ConfigureAwait(false);
        return response.IsSuccess || response.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests;
    }
}
