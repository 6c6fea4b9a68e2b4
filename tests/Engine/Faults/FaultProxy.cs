using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>
/// Stands between a command and a real engine, on a Unix socket, byte for byte: hijacked connections (exec) pass too. It counts the
/// calls, and at the n-th something goes wrong.
/// </summary>
internal sealed class FaultProxy : IDisposable
{
    private const string Refusal = """{"message":"the test's own 500"}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("pro-fault-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<string> _changes = [];
    private readonly List<string> _questions = [];
    private readonly string _engine;
    private FaultPlan _plan = FaultPlan.Nothing;
    private Action _kill = static () => { };
    private bool _isDead;
    private bool _isCommitted;
    private int _sinceCommit;
    private Func<string, bool> _commits = static _ => false;

    /// <param name="engine">The real engine's socket.</param>
    public FaultProxy(string engine)
    {
        _engine = engine;
        var path = Path.Combine(_folder, "docker.sock");
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(64);
        Url = "unix://" + path;
        _ = AcceptAsync();
    }

    /// <summary>What DOCKER_HOST names.</summary>
    public string Url { get; }

    /// <summary>The calls since <see cref="Arm"/> that change something, the one with the fault included.</summary>
    public IReadOnlyList<string> Changes => Copy(_changes);

    /// <summary>The calls since <see cref="Arm"/> that change nothing, the one with the fault included.</summary>
    public IReadOnlyList<string> Questions => Copy(_questions);

    /// <summary>The call with the fault; null while it has not come.</summary>
    public string? Faulty { get; private set; }

    /// <summary>Whether the call that makes the new version stay has reached the engine up to the fault.</summary>
    public bool IsCommitted => _isCommitted;

    /// <summary>Counts from here on, for one fault.</summary>
    /// <param name="plan">The fault.</param>
    /// <param name="commits">Whether a call makes the new version stay.</param>
    /// <param name="kill">Ends the command.</param>
    public void Arm(FaultPlan plan, Func<string, bool> commits, Action? kill = null)
    {
        lock (_lock)
        {
            _changes.Clear();
            _questions.Clear();
            (_plan, _commits, _kill, _isDead, _isCommitted, _sinceCommit, Faulty) = (plan, commits, kill
                ?? (static () => { }), false, false, 0, null);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // Neither a wait nor a health check by exec changes anything.
    private static bool IsChange(string call) =>
        !call.StartsWith("GET ", StringComparison.Ordinal) && !call.StartsWith("HEAD ", StringComparison.Ordinal)
        && !call.Contains("/exec", StringComparison.Ordinal) && !call.Contains("/wait", StringComparison.Ordinal);

    private static string? Header(string[] lines, string name) => lines
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    private IReadOnlyList<string> Copy(List<string> calls)
    {
        lock (_lock)
        {
            return [.. calls];
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptAsync(_stop.Token));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    [SuppressMessage(
        "Reliability",
        "CA2025:Ensure tasks using 'IDisposable' instances complete before the instances are disposed",
        Justification = "Where one direction has ended, closing both is what ends the other one.")]
    private async Task ServeAsync(Socket accepted)
    {
        try
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await using var client = new NetworkStream(accepted, ownsSocket: true);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_engine), _stop.Token);
            await using var engine = new NetworkStream(socket, ownsSocket: true);
            var connection = new Connection(client, engine);
            await Task.WhenAny(RequestsAsync(connection), AnswersAsync(connection));
        }
        catch (Exception exception) when (exception is OperationCanceledException
            or IOException or SocketException or ObjectDisposedException)
        {
            // One of the two has gone.
        }
    }

    private async Task AnswersAsync(Connection connection)
    {
        var buffer = new byte[16 * 1024];
        while (await connection.Engine.ReadAsync(buffer, _stop.Token) is > 0 and var count)
        {
            // The first byte of the answer says that the engine has done it.
            if (connection.Fault == Fault.Reset)
            {
                return;
            }

            if (connection.Fault != Fault.Hang)
            {
                await connection.Client.WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }
        }

        if (connection.Fault == Fault.Hang)
        {
            // The engine has closed its side. Who waits for the answer must not see that.
            await Task.Delay(Timeout.Infinite, _stop.Token);
        }
    }

    private async Task RequestsAsync(Connection connection)
    {
        var reader = new ByteReader(connection.Client);
        while (await reader.HeadAsync(_stop.Token) is { Length: > 0 } head)
        {
            var lines = head.Split("\r\n");
            if (FaultOf(lines[0]) is not { } fault)
            {
                return;
            }

            connection.Fault = fault;
            Stream target = fault == Fault.Refuse ? Stream.Null : connection.Engine;
            await target.WriteAsync(Encoding.Latin1.GetBytes(head), _stop.Token);
            if (fault != Fault.Refuse && Header(lines, "Upgrade") is not null)
            {
                await reader.CopyRestAsync(target, _stop.Token);
                return;
            }

            if (Header(lines, "Transfer-Encoding") is not null)
            {
                await reader.CopyChunksAsync(target, _stop.Token);
            }
            else if (Header(lines, "Content-Length") is { } length)
            {
                await reader.CopyAsync(target, int.Parse(length, CultureInfo.InvariantCulture), _stop.Token);
            }

            if (fault == Fault.Refuse)
            {
                await connection.Client.WriteAsync(
                    Encoding.Latin1.GetBytes(
                        "HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nConnection: close\r\n"
                        + $"Content-Length: {Refusal.Length}\r\n\r\n{Refusal}"),
                    _stop.Token);
                return;
            }
        }
    }

    /// <summary>What happens to a call; null where it never arrives.</summary>
    private Fault? FaultOf(string line)
    {
        var call = line.Split(' ') is [var method, var path, ..] ? $"{method} {path}" : line;
        lock (_lock)
        {
            if (_isDead)
            {
                return null;
            }

            var calls = IsChange(call) ? _changes : _questions;
            calls.Add(call);
            _sinceCommit += _isCommitted && _plan.AmongChanges == IsChange(call) ? 1 : 0;
            if (_plan.Fault == Fault.None || _plan.AmongChanges != IsChange(call)
                || (_plan.SinceCommit ? _sinceCommit : calls.Count) != _plan.At || Faulty is not null)
            {
                _isCommitted |= Faulty is null && _commits(call);
                return Fault.None;
            }

            Faulty = call;
            if (_plan.Fault is Fault.Kill or Fault.KillAlone)
            {
                _isDead = _plan.Fault == Fault.Kill;
                _kill();
                return _isDead ? null : Fault.None;
            }

            _isCommitted |= _plan.Fault != Fault.Refuse && _commits(call);
            return _plan.Fault;
        }
    }

    private sealed record Connection(NetworkStream Client, NetworkStream Engine)
    {
        /// <summary>What happens to the answer of the call that is under way.</summary>
        public volatile Fault Fault;
    }
}
