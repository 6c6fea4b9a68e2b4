using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Docker.DotNet;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// The Engine API in its own JSON, over the transport of <see cref="EngineConnection"/>. Docker.DotNet's models know the fields of
/// one API version and make null, empty and absent the same; whoever hands a container's configuration back to the engine needs
/// all three, and fields that no model of ours has heard of.
/// </summary>
internal sealed class EngineHttp : IDisposable
{
    private readonly HttpClient _client;
    private readonly EngineEndpoint _endpoint;

    public EngineHttp(EngineEndpoint endpoint, HttpMessageHandler handler)
    {
        _endpoint = endpoint;
        // The caller's token bounds a call: a stop lasts as long as the container's own time-out.
        _client = new HttpClient(handler, disposeHandler: false) { BaseAddress = BaseOf(endpoint), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Asks for an object.</summary>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false))?.AsObject() ?? [];

    /// <summary>Asks for a list.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<JsonArray> GetListAsync(string path, CancellationToken cancellationToken) =>
        (await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false))?.AsArray() ?? [];

    /// <summary>Posts; the answer is null where the engine sends none.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public Task<JsonNode?> PostAsync(string path, JsonNode? body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, body, cancellationToken);

    /// <summary>Deletes.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, path, null, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static Uri BaseOf(EngineEndpoint endpoint) => endpoint.IsLocal
        // The transport knows the socket; HTTP wants a host all the same.
        ? new Uri("http://engine/")
        : new UriBuilder(endpoint.Address) { Scheme = endpoint.UsesTls ? "https" : "http", Path = "/" }.Uri;

    private async Task<JsonNode?> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
            request.Content = body is null ? null : JsonContent.Create(body);
            if (request.Content is not null)
            {
                // The transport sends no chunks.
                await request.Content.LoadIntoBufferAsync().ConfigureAwait(false);
            }

            using var response = await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var text = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            // 304: it is so already (started, stopped).
            return response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified
                ? string.IsNullOrWhiteSpace(text) ? null : JsonNode.Parse(text)
                : throw new DockerApiException(response.StatusCode, text);
        }
        catch (JsonException exception)
        {
            throw EngineErrors.AnswerUnreadable(_endpoint.ToString(), path, exception);
        }
        catch (Exception exception) when (EngineFaults.Translate(exception, _endpoint) is { } translated)
        {
            throw translated;
        }
    }
}
