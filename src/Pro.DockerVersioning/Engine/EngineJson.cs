using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Docker.DotNet;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Questions to the engine in its own JSON, over the transport that Docker.DotNet set up. For what goes back to the engine whole: the
/// library's models know the fields of one engine's version, and drop those of a later one on the way back.
/// </summary>
internal sealed class EngineJson(HttpMessageHandler transport, EngineEndpoint endpoint) : IDisposable
{
    // As long as the library waits for an answer.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(100);

    // The library's client owns the transport and disposes of it.
    private readonly HttpMessageInvoker _http = new(transport, disposeHandler: false);
    private readonly Uri _base = BaseOf(endpoint);

    /// <summary>Asks, and reads the answer; null where it has no body.</summary>
    /// <param name="method">GET or POST.</param>
    /// <param name="path">The path with its query, without the API's version: <c>services/api</c>.</param>
    /// <param name="body">What is sent, or null.</param>
    /// <param name="registryAuth">The value of <c>X-Registry-Auth</c>, or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="DockerApiException">The engine refuses; <see cref="EngineFaults"/> translates it.</exception>
    public async Task<JsonNode?> AskAsync(
        HttpMethod method,
        string path,
        JsonNode? body,
        string? registryAuth,
        CancellationToken cancellationToken)
    {
        using var answer = await SendAsync(method, path, body, registryAuth, cancellationToken).ConfigureAwait(false);
        return answer.Length == 0 ? null : await JsonNode.ParseAsync(answer, cancellationToken: cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for what is no JSON (a log); the answer must be one that ends.</summary>
    /// <inheritdoc cref="AskAsync"/>
    public Task<MemoryStream> ReadAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, path, body: null, registryAuth: null, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    // The host in the address only fills the Host header where the transport is a socket or a pipe.
    private static Uri BaseOf(EngineEndpoint endpoint) => endpoint.IsLocal
        ? new Uri("http://docker/")
        : new UriBuilder(endpoint.Address) { Scheme = endpoint.UsesTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp }.Uri;

    private async Task<MemoryStream> SendAsync(
        HttpMethod method,
        string path,
        JsonNode? body,
        string? registryAuth,
        CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Timeout);
        using var request = new HttpRequestMessage(method, new Uri(_base, path)) { Version = new Version(1, 1) };
        if (registryAuth is not null)
        {
            request.Headers.Add("X-Registry-Auth", registryAuth);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        try
        {
            using var response = await _http.SendAsync(request, limit.Token).ConfigureAwait(false);
            var answer = new MemoryStream();
            await response.Content.CopyToAsync(answer, limit.Token).ConfigureAwait(false);
            answer.Position = 0;
            if (response.IsSuccessStatusCode)
            {
                return answer;
            }

            throw new DockerApiException(response.StatusCode, Encoding.UTF8.GetString(answer.ToArray()));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no answer within {Timeout.TotalSeconds:0} seconds");
        }
    }
}
