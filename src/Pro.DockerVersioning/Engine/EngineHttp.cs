using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Docker.DotNet;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// The Engine API in its own JSON, over the transport of <see cref="EngineConnection"/>. Docker.DotNet's models know the fields of
/// one API version and make null, empty and absent the same; whoever hands a configuration back to the engine needs all three, and
/// fields that no model of ours has heard of. The caller's token bounds a call, and <see cref="ResponseTimeoutHandler"/> most of them.
/// </summary>
internal sealed class EngineHttp(HttpMessageHandler transport, EngineEndpoint endpoint) : IDisposable
{
    // Docker.DotNet's client owns the transport and disposes of it.
    private readonly HttpMessageInvoker _http = new(transport, disposeHandler: false);
    private readonly Uri _base = BaseOf(endpoint);

    /// <summary>Asks for an object.</summary>
    /// <param name="path">Path and query, without a slash in front and without the API's version: <c>services/api</c>.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<JsonObject> GetAsync(string path, CancellationToken cancellationToken) =>
        As<JsonObject>(await AskAsync(HttpMethod.Get, path, null, null, cancellationToken).ConfigureAwait(false)) ?? [];

    /// <summary>Asks for a list.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public async Task<JsonArray> GetListAsync(string path, CancellationToken cancellationToken) =>
        As<JsonArray>(await AskAsync(HttpMethod.Get, path, null, null, cancellationToken).ConfigureAwait(false)) ?? [];

    /// <summary>Posts; the answer is null if the engine sends none.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public Task<JsonNode?> PostAsync(string path, JsonNode? body, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, path, body, null, cancellationToken);

    /// <summary>Posts what takes a time of its own before the engine answers, as a stop does.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public Task PostAsync(string path, TimeSpan ownTime, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, null, null, cancellationToken, ownTime);

    /// <summary>Deletes.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Delete, path, null, null, cancellationToken);

    /// <summary>Puts bytes: an archive.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public Task PutAsync(string path, byte[] content, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, path, body: null, registryAuth: null, cancellationToken, content: content);

    /// <summary>Asks, and reads the answer; null if it has no body.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Path and query, without a slash in front and without the API's version.</param>
    /// <param name="body">What is sent, or null.</param>
    /// <param name="registryAuth">The value of <c>X-Registry-Auth</c>, or null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<JsonNode?> AskAsync(
        HttpMethod method,
        string path,
        JsonNode? body,
        string? registryAuth,
        CancellationToken cancellationToken)
    {
        var answer = await SendAsync(method, path, body, registryAuth, cancellationToken).ConfigureAwait(false);
        try
        {
            return answer.AsSpan().Trim(" \r\n\t"u8).IsEmpty ? null : JsonNode.Parse(answer);
        }
        catch (JsonException exception)
        {
            throw EngineErrors.AnswerUnreadable(endpoint.ToString(), path, exception);
        }
    }

    /// <summary>Asks for bytes: a log, or what is parsed elsewhere. The answer must be one that ends.</summary>
    /// <inheritdoc cref="GetAsync"/>
    public Task<byte[]> ReadAsync(HttpMethod method, string path, CancellationToken cancellationToken) =>
        SendAsync(method, path, body: null, registryAuth: null, cancellationToken);

    /// <summary>Asks for a header of an answer without a body; null if it has none.</summary>
    /// <param name="path">Path and query, without a slash in front and without the API's version.</param>
    /// <param name="name">The header's name.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The engine can't be reached, or refuses.</exception>
    public async Task<string?> HeaderAsync(string path, string name, CancellationToken cancellationToken)
    {
        string? value = null;
        _ = await SendAsync(
            HttpMethod.Head,
            path,
            body: null,
            registryAuth: null,
            cancellationToken,
            heard: headers => value = headers.TryGetValues(name, out var values) ? values.First() : null).ConfigureAwait(false);
        return value;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private T? As<T>(JsonNode? answer)
        where T : JsonNode =>
        answer is null ? null : answer as T ?? throw EngineErrors.AnswerForeign(endpoint.ToString());

    // The host in the address only fills the Host header where the transport is a socket or a pipe.
    private static Uri BaseOf(EngineEndpoint endpoint) => endpoint.IsLocal
        ? new Uri("http://docker/")
        : new UriBuilder(endpoint.Address) { Scheme = endpoint.UsesTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, Path = "/" }.Uri;

    private async Task<byte[]> SendAsync(
        HttpMethod method,
        string path,
        JsonNode? body,
        string? registryAuth,
        CancellationToken cancellationToken,
        TimeSpan ownTime = default,
        byte[]? content = null,
        Action<HttpResponseHeaders>? heard = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_base, path)) { Version = HttpVersion.Version11 };
        request.Options.Set(ResponseTimeoutHandler.OwnTime, ownTime);
        request.Options.Set(ApiVersionHandler.IsRaw, true);
        if (registryAuth is not null)
        {
            request.Headers.Add("X-Registry-Auth", registryAuth);
        }

        if (body is not null || content is not null)
        {
            request.Content = new ByteArrayContent(content ?? JsonSerializer.SerializeToUtf8Bytes(body));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(content is null ? "application/json" : "application/x-tar");
        }

        try
        {
            using var response = await _http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var answer = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);

            heard?.Invoke(response.Headers);

            // 304: it is so already (started, stopped).
            return response.IsSuccessStatusCode || response.StatusCode == HttpStatusCode.NotModified
                ? answer
                : throw new DockerApiException(response.StatusCode, Encoding.UTF8.GetString(answer));
        }
        catch (Exception exception) when (EngineFaults.Translate(exception, endpoint) is { } translated)
        {
            throw translated;
        }
    }
}
