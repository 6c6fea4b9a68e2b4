using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>
/// Asks a published port, each time on a new connection, as fast as it can or with a pause between two requests, and keeps what it got.
/// </summary>
internal sealed class PollingClient : IAsyncDisposable
{
    private static readonly byte[] Request = "GET / HTTP/1.0\r\n\r\n"u8.ToArray();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _answers = [];
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly int _port;
    private readonly TimeSpan _pause;
    private readonly Task _running;

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _seen = new();

    private PollingClient(int port, TimeSpan pause)
    {
        _port = port;
        _pause = pause;
        _running = Task.Run(RunAsync);
    }

    /// <summary>The versions that answered, in their order, each once; "" for none.</summary>
    public IEnumerable<string> Versions => _answers.Where((answer, index) => index == 0 || _answers[index - 1] != answer);

    public int Requests => _answers.Count;

    public int Failures => _answers.Count(answer => answer.Length == 0);

    /// <summary>The longest time from an answer to the next one.</summary>
    public TimeSpan Gap { get; private set; }

    /// <summary>Begins, and has its first answer.</summary>
    public static async Task<PollingClient> StartAsync(int port, TimeSpan pause = default)
    {
        var client = new PollingClient(port, pause);
        await client._first.Task.WaitAsync(TimeSpan.FromSeconds(20));
        return client;
    }

    /// <summary>Waits until a version has answered.</summary>
    public Task AnsweredAsync(string version) =>
        _seen.GetOrAdd(
            version, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(TimeSpan.FromSeconds(20));

    public async ValueTask DisposeAsync()
    {
        if (!_stop.IsCancellationRequested)
        {
            await _stop.CancelAsync();
            await _running;
            _stop.Dispose();
        }
    }

    private async Task RunAsync()
    {
        var last = Stopwatch.GetTimestamp();
        while (!_stop.IsCancellationRequested)
        {
            var answer = await AskAsync();
            if (answer.Length > 0)
            {
                if (_first.Task.IsCompleted && Stopwatch.GetElapsedTime(last) is var gap && gap > Gap)
                {
                    Gap = gap;
                }

                last = Stopwatch.GetTimestamp();
                _ = _seen.GetOrAdd(answer, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
                _ = _first.TrySetResult();
            }

            if (_first.Task.IsCompleted)
            {
                _answers.Add(answer);
            }

            if (_pause > TimeSpan.Zero)
            {
                await Task.Delay(_pause);
            }
        }
    }

    private async Task<string> AskAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new(true, 0) };
            await socket.ConnectAsync("127.0.0.1", _port, limit.Token);
            _ = await socket.SendAsync(Request, limit.Token);
            var buffer = new byte[1024];
            var length = 0;
            for (int read; length < buffer.Length
                && (read = await socket.ReceiveAsync(buffer.AsMemory(length), limit.Token)) > 0; length += read)
            {
            }

            var text = Encoding.ASCII.GetString(buffer, 0, length);
            return text.StartsWith("HTTP/1", StringComparison.Ordinal)
                ? text[(text.LastIndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..].Trim()
                : "";
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            return "";
        }
    }
}
