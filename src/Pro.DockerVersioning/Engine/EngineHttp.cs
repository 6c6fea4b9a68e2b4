using System.Diagnostics.CodeAnalysis;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Handler.Abstractions;
using Microsoft.Extensions.Logging.Abstractions;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Plain HTTP to an engine, for the few calls that Docker.DotNet lacks (<c>/build/prune</c>) or reads in their newest shape only
/// (<c>/system/df</c>). The transport, TLS and version negotiation are the same.
/// </summary>
internal sealed class EngineHttp : IDisposable
{
    private readonly EngineEndpoint _endpoint;
    private readonly HttpClient _client;

    private EngineHttp(EngineEndpoint endpoint, HttpClient client)
    {
        _endpoint = endpoint;
        _client = client;
    }

    /// <summary>Prepares a connection; nothing is sent yet.</summary>
    /// <exception cref="ProException">The certificates are no good.</exception>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The HttpClient owns the transport.")]
    public static EngineHttp Open(EngineEndpoint endpoint)
    {
        var authentication = new EngineAuthentication(endpoint);
        var (handler, address) = Transport(new ResolvedClientOptions
        {
            ApiVersion = new Version(1, 0),
            Endpoint = endpoint.Address,
            AuthProvider = authentication,
            Headers = new Dictionary<string, string>(),
            Timeout = Timeout.InfiniteTimeSpan,
        });

        // Docker.DotNet's own client puts it around the transport as well, where the transport doesn't.
        var whole = handler is ApiVersionHandler ? handler : authentication.ConfigureHandler(handler);
        return new EngineHttp(endpoint, new HttpClient(whole) { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan });
    }

    /// <summary>Sends a request without a body and gives the answer's.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Path and query, without a slash in front and without a version.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<byte[]> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Version = HttpVersion.Version11 };
            using var response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false)
                : throw new DockerApiException(
                    response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (EngineFaults.Translate(exception, _endpoint) is { } translated)
        {
            throw translated;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static ResolvedTransport Transport(ResolvedClientOptions options) => options.Endpoint.Scheme switch
    {
        "unix" => Docker.DotNet.Unix.DockerHandlerFactory.Instance.CreateHandler(new(), options, NullLogger.Instance),
        "npipe" => Docker.DotNet.NPipe.DockerHandlerFactory.Instance.CreateHandler(new(), options, NullLogger.Instance),
        _ => Docker.DotNet.NativeHttp.DockerHandlerFactory.Instance.CreateHandler(new(), options, NullLogger.Instance),
    };
}
