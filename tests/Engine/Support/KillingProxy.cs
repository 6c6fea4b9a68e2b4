using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>
/// Stands between a process and the real engine, on a Unix socket, byte for byte: hijacked connections (exec) pass too. It counts the
/// calls that change something, and before the n-th is forwarded it kills.
/// </summary>
internal sealed class KillingProxy : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pro-kill-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly List<string> _changes = [];
    private readonly int _killAt;
    private readonly Action _kill;

    /// <param name="killAt">The call that is never forwarded, counted from one; 0 forwards all.</param>
    /// <param name="kill">Ends the process on the other side.</param>
    public KillingProxy(int killAt, Action kill)
    {
        (_killAt, _kill) = (killAt, kill);
        var path = Path.Combine(_folder, "docker.sock");
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(64);
        Url = "unix://" + path;
        _ = AcceptAsync();
    }

    /// <summary>What DOCKER_HOST names.</summary>
    public string Url { get; }

    /// <summary>The changing calls so far, the one that killed included.</summary>
    public IReadOnlyList<string> Changes
    {
        get
        {
            lock (_lock)
            {
                return [.. _changes];
            }
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
        Directory.Delete(_folder, recursive: true);
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
            await using var client = new NetworkStream(accepted, ownsSocket: true);
            await using var engine = new NetworkStream(TestEngine.Connect(), ownsSocket: true);
            var answers = engine.CopyToAsync(client, _stop.Token);
            await Task.WhenAny(RequestsAsync(client, engine), answers);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException or ObjectDisposedException)
        {
            // One of the two has gone.
        }
    }

    private async Task RequestsAsync(NetworkStream client, NetworkStream engine)
    {
        var reader = new ByteReader(client);
        while (await reader.HeadAsync(_stop.Token) is { Length: > 0 } head)
        {
            var lines = head.Split("\r\n");
            if (!MayPass(lines[0]))
            {
                return;
            }

            await engine.WriteAsync(Encoding.Latin1.GetBytes(head), _stop.Token);
            if (Header(lines, "Upgrade") is not null)
            {
                await reader.CopyRestAsync(engine, _stop.Token);
                return;
            }

            if (Header(lines, "Transfer-Encoding") is not null)
            {
                await reader.CopyChunksAsync(engine, _stop.Token);
            }
            else if (Header(lines, "Content-Length") is { } length)
            {
                await reader.CopyAsync(engine, int.Parse(length, CultureInfo.InvariantCulture), _stop.Token);
            }
        }
    }

    private bool MayPass(string line)
    {
        if (!IsChange(line))
        {
            return true;
        }

        lock (_lock)
        {
            _changes.Add(line.Split(' ') is [var method, var path, ..] ? $"{method} {path.Split('?')[0]}" : line);
            if (_changes.Count < _killAt || _killAt == 0)
            {
                return true;
            }

            // Nothing of what is asked from now on arrives.
            if (_changes.Count == _killAt)
            {
                _kill();
            }

            return false;
        }
    }

    // Neither a wait nor a health check by exec changes anything.
    private static bool IsChange(string line) =>
        !line.StartsWith("GET ", StringComparison.Ordinal) && !line.StartsWith("HEAD ", StringComparison.Ordinal)
        && !line.Contains("/exec", StringComparison.Ordinal) && !line.Contains("/wait", StringComparison.Ordinal);

    private static string? Header(string[] lines, string name) => lines
        .FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    /// <summary>Reads what may have come with the bytes before.</summary>
    private sealed class ByteReader(Stream stream)
    {
        private readonly byte[] _buffer = new byte[16 * 1024];
        private int _position;
        private int _length;

        /// <summary>A request's head with the empty line behind it; empty at the end.</summary>
        public async Task<string> HeadAsync(CancellationToken cancellationToken)
        {
            var head = new StringBuilder();
            while (await LineAsync(cancellationToken) is { Length: > 0 } line)
            {
                _ = head.Append(line);
                if (line == "\r\n")
                {
                    return head.ToString();
                }
            }

            return "";
        }

        public async Task CopyAsync(Stream target, int count, CancellationToken cancellationToken)
        {
            while (count > 0 && await FillAsync(cancellationToken))
            {
                var part = Math.Min(count, _length - _position);
                await target.WriteAsync(_buffer.AsMemory(_position, part), cancellationToken);
                _position += part;
                count -= part;
            }
        }

        public async Task CopyChunksAsync(Stream target, CancellationToken cancellationToken)
        {
            while (await LineAsync(cancellationToken) is { Length: > 0 } line)
            {
                await target.WriteAsync(Encoding.Latin1.GetBytes(line), cancellationToken);
                var size = int.Parse(line.Split(';')[0].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                await CopyAsync(target, size + 2, cancellationToken);
                if (size == 0)
                {
                    return;
                }
            }
        }

        public async Task CopyRestAsync(Stream target, CancellationToken cancellationToken)
        {
            while (await FillAsync(cancellationToken))
            {
                await CopyAsync(target, _length - _position, cancellationToken);
            }
        }

        private async Task<string> LineAsync(CancellationToken cancellationToken)
        {
            var line = new StringBuilder();
            while (await FillAsync(cancellationToken))
            {
                var character = (char)_buffer[_position++];
                _ = line.Append(character);
                if (character == '\n')
                {
                    break;
                }
            }

            return line.ToString();
        }

        private async Task<bool> FillAsync(CancellationToken cancellationToken)
        {
            if (_position == _length)
            {
                (_position, _length) = (0, await stream.ReadAsync(_buffer, cancellationToken));
            }

            return _length > 0;
        }
    }
}
