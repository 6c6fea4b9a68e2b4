using System.Net.Sockets;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>How a call that changes something goes wrong.</summary>
public enum Fault
{
    /// <summary>The engine refuses, and does nothing.</summary>
    Refused,

    /// <summary>The connection breaks before the engine has got it.</summary>
    LostRequest,

    /// <summary>The engine does it, and its answer is lost.</summary>
    LostAnswer,

    /// <summary>The engine does it, and whoever asked is dead: nothing comes from him any more.</summary>
    Killed,
}

/// <summary>The way to the real engine, on which the n-th call that changes something goes wrong.</summary>
internal sealed class FaultyEngine : IAsyncDisposable
{
    private readonly ScriptedHttpServer _server;
    private readonly HttpClient _engine;
    private readonly Fault _fault;
    private readonly int _at;
    private int _changes;

    public FaultyEngine(EngineEndpoint real, Fault fault, int at)
    {
        _fault = fault;
        _at = at;
        _engine = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(real.Address.AbsolutePath), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://engine/"), Timeout = TimeSpan.FromMinutes(1) };
        _server = ScriptedHttpServer.StartAsync(AnswerAsync);
        Engine = EngineConnection.Open(new EngineEndpoint { Address = new Uri($"tcp://{_server.Host}"), Source = "the test" });
    }

    public EngineConnection Engine { get; }

    /// <summary>Called with each call before the engine gets it.</summary>
    public Func<ScriptedRequest, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>What is answered instead of the engine, and null where that is asked.</summary>
    public Func<ScriptedRequest, ScriptedResponse?> Instead { get; set; } = static _ => null;

    /// <summary>The call that went wrong, or null where the n-th was never made.</summary>
    public string? Failed { get; private set; }

    public async ValueTask DisposeAsync()
    {
        Engine.Dispose();
        await _server.DisposeAsync();
        _engine.Dispose();
    }

    private async Task<ScriptedResponse> AnswerAsync(ScriptedRequest request, CancellationToken cancellationToken)
    {
        if (_fault == Fault.Killed && Failed is not null)
        {
            // The dead ask nothing; whoever plays one here must not take it for an engine that is away, and wait for it.
            return ScriptedResponse.Json("""{ "message": "you are dead" }""", 500);
        }

        await Before(request);
        if (Instead(request) is { } own)
        {
            return own;
        }

        var fails = request.Method != "GET" && Interlocked.Increment(ref _changes) == _at;
        if (fails)
        {
            Failed = request.ToString();
            if (_fault is not (Fault.LostAnswer or Fault.Killed))
            {
                return _fault == Fault.Refused
                    ? ScriptedResponse.Json("""{ "message": "broken for a test" }""", 500)
                    : new ScriptedResponse { Abort = true };
            }
        }

        using var message = new HttpRequestMessage(new HttpMethod(request.Method), request.Target);
        if (request.Body.Length > 0)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.ContentType = new("application/json");
        }

        using var response = await _engine.SendAsync(message, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        return fails
            ? new ScriptedResponse { Abort = true }
            : new ScriptedResponse
            {
                Status = (int)response.StatusCode,
                Headers = [("Content-Type", "application/json"), ("Api-Version", response.Headers.GetValues("Api-Version").First())],
                Body = body,
            };
    }
}
