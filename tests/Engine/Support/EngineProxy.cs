using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Stands before the real engine on a Unix socket or a port, and keeps which paths were asked for.</summary>
internal sealed class EngineProxy : IAsyncDisposable
{
    private readonly HttpClient _engine = new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(TestEngine.Connect(), ownsSocket: true)),
    })
    {
        BaseAddress = new Uri("http://engine"),
    };

    private readonly ConcurrentQueue<string> _requests = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("pro-proxy-").FullName;
    private ScriptedHttpServer? _server;
    private bool _isOnPort;

    private EngineProxy()
    {
    }

    /// <summary>Looks at each request first; an answer of its own goes back instead of the engine's.</summary>
    public Func<ScriptedRequest, Task<ScriptedResponse?>> Before { get; set; } = static _ => Task.FromResult<ScriptedResponse?>(null);

    /// <summary>What DOCKER_HOST names.</summary>
    public string Url => _isOnPort ? $"tcp://{_server!.Host}" : _server!.Url;

    /// <summary>The paths, without their queries, in the order of their arrival.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <param name="isOnPort">By tcp, as an engine of another machine: its disk can't be seen.</param>
    public static EngineProxy Start(bool isOnPort = false)
    {
        var proxy = new EngineProxy { _isOnPort = isOnPort };
        proxy._server = isOnPort
            ? ScriptedHttpServer.StartAsync(proxy.ForwardAsync)
            : ScriptedHttpServer.StartOnSocket(Path.Combine(proxy._folder, "docker.sock"), proxy.ForwardAsync);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _engine.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<ScriptedResponse> ForwardAsync(ScriptedRequest request, CancellationToken cancellationToken)
    {
        _requests.Enqueue(request.Path);
        if (await Before(request) is { } instead)
        {
            return instead;
        }

        using var message = new HttpRequestMessage(new HttpMethod(request.Method), request.Target);
        if (request.Body.Length > 0)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/json");
        }

        using var answer = await _engine.SendAsync(message, cancellationToken);
        return new ScriptedResponse
        {
            Status = (int)answer.StatusCode,
            Headers = [.. answer.Headers.Concat(answer.Content.Headers)
                .Where(header => header.Key is "Content-Type" or "Api-Version")
                .Select(header => (header.Key, header.Value.First()))],
            Body = await answer.Content.ReadAsByteArrayAsync(cancellationToken),
        };
    }
}
