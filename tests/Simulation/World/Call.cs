using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Simulation.World;

/// <summary>A request on its way to the engine, and its answer.</summary>
internal sealed class Call
{
    // Its continuations run at once, on the simulation's own thread: so the order of all that happens is the seed's.
    private readonly TaskCompletionSource<HttpResponseMessage> _answer = new();

    public Call(Operator who, string method, string target, byte[] body)
    {
        (Who, Method, Body) = (who, method, body);
        var (path, query) = target.Split('?', 2) is [var first, var second] ? (first, second) : (target, "");
        Path = path.StartsWith("/v1.", StringComparison.Ordinal) ? path[path.IndexOf('/', 1)..] : path;
        Parts = [.. Path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)];
        Query = query.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split('=', 2))
            .ToDictionary(
                one => Uri.UnescapeDataString(one[0]),
                one => one.Length > 1 ? Uri.UnescapeDataString(one[1].Replace('+', ' ')) : "");
    }

    /// <summary>Who asks.</summary>
    public Operator Who { get; }

    public string Method { get; }

    /// <summary>Without the API's version and the query.</summary>
    public string Path { get; }

    /// <summary>The path's parts.</summary>
    public IReadOnlyList<string> Parts { get; }

    public IReadOnlyDictionary<string, string> Query { get; }

    public byte[] Body { get; }

    /// <summary>The body as JSON; an empty object if there is none.</summary>
    public JsonObject Json => Body.Length == 0 ? [] : JsonNode.Parse(Body) as JsonObject ?? [];

    /// <summary>True if the engine's answer reaches nobody.</summary>
    public bool IsLost { get; set; }

    /// <summary>Whether whoever asked has given up.</summary>
    public bool IsOver => _answer.Task.IsCompleted;

    /// <summary>The answer.</summary>
    public Task<HttpResponseMessage> Answer => _answer.Task;

    /// <summary>The filters of a listing: all values of a key.</summary>
    public IEnumerable<string> Filter(string key) =>
        !Query.TryGetValue("filters", out var text) || JsonNode.Parse(text)?[key] is not { } values ? []
            : values is JsonArray list ? list.Select(one => one!.GetValue<string>())
            : values.AsObject().Select(one => one.Key);

    /// <summary>Answers with JSON, or with nothing.</summary>
    public void Reply(JsonNode? body = null, int status = 0) => Reply(
        body is null ? [] : Encoding.UTF8.GetBytes(body.ToJsonString()),
        "application/json",
        status == 0 ? body is null ? 204 : 200 : status);

    /// <summary>Answers with a message.</summary>
    public void Refuse(int status, string message) => Reply(new JsonObject { ["message"] = message }, status);

    /// <summary>Answers with bytes.</summary>
    public void Reply(byte[] body, string type, int status = 200) => Reply(new ByteArrayContent(body), type, status);

    /// <summary>Answers with a stream that may go on.</summary>
    public void Reply(Stream body, string type) => Reply(new StreamContent(body), type, 200);

    /// <summary>Answers without a body, but with a header.</summary>
    public void ReplyHeader(string name, string value)
    {
        var response = Response(new ByteArrayContent([]), "application/json", 200);
        response.Headers.Add(name, value);
        Send(response);
    }

    /// <summary>The connection breaks.</summary>
    public void Cut() => _ = _answer.TrySetException(
        new HttpRequestException("the connection was closed", new IOException("Connection reset by peer")));

    /// <summary>Whoever asked has given up.</summary>
    public void Cancel(CancellationToken token) => _ = _answer.TrySetCanceled(token);

    public override string ToString() => $"{Method} {Path}";

    private void Reply(HttpContent content, string type, int status) => Send(Response(content, type, status));

    private void Send(HttpResponseMessage response)
    {
        if (!IsLost && Who.Lives)
        {
            _ = _answer.TrySetResult(response);
        }
    }

    private static HttpResponseMessage Response(HttpContent content, string type, int status)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = content };
        response.Headers.Add("Api-Version", "1.51");
        return response;
    }
}
