using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Pro.DockerVersioning.Tests;

/// <summary>A request as the server read it, body included (chunked ones are joined).</summary>
public sealed record ScriptedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The target without its query, decoded.</summary>
    public string Path => Uri.UnescapeDataString(Target.Split('?')[0]);

    /// <summary>The query's parameters, decoded; of several by one name the last.</summary>
    public IReadOnlyDictionary<string, string> Query => Parse(Target.Contains('?', StringComparison.Ordinal) ? Target.Split('?', 2)[1] : string.Empty);

    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The body as a form.</summary>
    public IReadOnlyDictionary<string, string> Form => Parse(Text.Replace('+', ' '));

    public string? Header(string name) => Headers.TryGetValue(name, out var value) ? value : null;

    public override string ToString() => $"{Method} {Target}";

    private static Dictionary<string, string> Parse(string text)
    {
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in text.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            pairs[Uri.UnescapeDataString(parts[0])] = parts.Length > 1 ? Uri.UnescapeDataString(parts[1]) : string.Empty;
        }

        return pairs;
    }
}

/// <summary>What the script answers.</summary>
public sealed class ScriptedResponse
{
    public int Status { get; init; } = 200;

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public byte[] Body { get; init; } = [];

    /// <summary>Instead of <see cref="Body"/>: writes the answer piece by piece (chunked), as an engine's progress stream comes.</summary>
    public Func<Stream, CancellationToken, Task>? Stream { get; init; }

    /// <summary>Close the connection without an answer.</summary>
    public bool Abort { get; init; }

    public static ScriptedResponse Json(string json, int status = 200, params (string Name, string Value)[] headers) =>
        new() { Status = status, Headers = [("Content-Type", "application/json"), .. headers], Body = Encoding.UTF8.GetBytes(json) };

    public static ScriptedResponse Empty(int status, params (string Name, string Value)[] headers) => new() { Status = status, Headers = headers };
}

/// <summary>
/// A small HTTP/1.1 server for tests: a loopback port (with or without TLS) or a Unix domain socket, and one delegate that answers.
/// Each connection has its own task and may ask again; requests are kept in the order of their arrival. An exception in the
/// script becomes a 599 with its text, so that the test shows it.
/// </summary>
public sealed class ScriptedHttpServer : IAsyncDisposable
{
    private readonly Socket _listener;
    private readonly X509Certificate2? _certificate;
    private readonly Func<ScriptedRequest, CancellationToken, Task<ScriptedResponse>> _script;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<ScriptedRequest> _requests = new();
    private readonly ConcurrentDictionary<Task, byte> _connections = new();
    private readonly Task _accepting;
    private readonly string? _socketPath;

    private ScriptedHttpServer(
        EndPoint endPoint, X509Certificate2? certificate, Func<ScriptedRequest, CancellationToken, Task<ScriptedResponse>> script)
    {
        _certificate = certificate;
        _script = script;
        _socketPath = (endPoint as UnixDomainSocketEndPoint)?.ToString();
        _listener = new Socket(endPoint.AddressFamily, SocketType.Stream, _socketPath is null ? ProtocolType.Tcp : ProtocolType.Unspecified);
        _listener.Bind(endPoint);
        _listener.Listen(128);
        _accepting = AcceptAsync();
    }

    /// <summary>The requests so far.</summary>
    public IReadOnlyList<ScriptedRequest> Requests => [.. _requests];

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary><c>127.0.0.1:port</c>, as a registry stands in a reference.</summary>
    public string Host => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>The address, with a slash at its end; for a Unix socket <c>unix://path</c>.</summary>
    public string Url => _socketPath is not null ? $"unix://{_socketPath}" : $"{(_certificate is null ? "http" : "https")}://{Host}/";

    public static ScriptedHttpServer Start(Func<ScriptedRequest, ScriptedResponse> script) =>
        StartAsync((request, _) => Task.FromResult(script(request)));

    public static ScriptedHttpServer StartAsync(
        Func<ScriptedRequest, CancellationToken, Task<ScriptedResponse>> script, X509Certificate2? certificate = null) =>
        new(new IPEndPoint(IPAddress.Loopback, 0), certificate, script);

    public static ScriptedHttpServer StartOnSocket(string path, Func<ScriptedRequest, CancellationToken, Task<ScriptedResponse>> script) =>
        new(new UnixDomainSocketEndPoint(path), null, script);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections.Keys);
        _stop.Dispose();
        if (_socketPath is not null)
        {
            File.Delete(_socketPath);
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                var connection = Task.Run(() => ServeAsync(socket));
                _connections[connection] = 0;
                _ = connection.ContinueWith(done => _connections.TryRemove(done, out _), TaskScheduler.Default);
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        try
        {
            await using var network = new NetworkStream(socket, ownsSocket: true);
            await using var stream = await SecureAsync(network);
            var reader = new RequestReader(stream);
            while (await reader.ReadAsync(_stop.Token) is { } request)
            {
                _requests.Enqueue(request);
                var response = await AnswerAsync(request);
                if (response.Abort)
                {
                    return;
                }

                await WriteAsync(stream, request, response);
                if (request.Header("Connection")?.Equals("close", StringComparison.OrdinalIgnoreCase) == true)
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException
            or System.Security.Authentication.AuthenticationException)
        {
            // The other side went away, or the test is over.
        }
    }

    private async Task<Stream> SecureAsync(NetworkStream network)
    {
        if (_certificate is null)
        {
            return network;
        }

        var secure = new SslStream(network);
        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
        return secure;
    }

    private async Task<ScriptedResponse> AnswerAsync(ScriptedRequest request)
    {
        try
        {
            return await _script(request, _stop.Token);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return new ScriptedResponse { Status = 599, Headers = [("Content-Type", "text/plain")], Body = Encoding.UTF8.GetBytes(exception.Message) };
        }
    }

    private async Task WriteAsync(Stream stream, ScriptedRequest request, ScriptedResponse response)
    {
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {response.Status} Scripted\r\n");
        foreach (var (name, value) in response.Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        var hasLength = response.Headers.Any(header => header.Name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase));
        if (response.Stream is not null)
        {
            head.Append("Transfer-Encoding: chunked\r\n");
        }
        else if (!hasLength && response.Status is not (101 or 204 or 304))
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {response.Body.Length}\r\n");
        }

        await stream.WriteAsync(Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), _stop.Token);
        if (request.Method != "HEAD")
        {
            if (response.Stream is { } write)
            {
                await using var chunks = new ChunkedStream(stream);
                await write(chunks, _stop.Token);
            }
            else
            {
                await stream.WriteAsync(response.Body, _stop.Token);
            }
        }

        await stream.FlushAsync(_stop.Token);
    }

    /// <summary>Reads requests off a stream, byte by byte buffered.</summary>
    private sealed class RequestReader(Stream stream)
    {
        private readonly byte[] _buffer = new byte[16 * 1024];
        private int _position;
        private int _length;

        public async Task<ScriptedRequest?> ReadAsync(CancellationToken cancellationToken)
        {
            if (await LineAsync(cancellationToken) is not { Length: > 0 } line)
            {
                return null;
            }

            var parts = line.Split(' ');
            var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
            while (await LineAsync(cancellationToken) is { Length: > 0 } header)
            {
                var colon = header.IndexOf(':', StringComparison.Ordinal);
                headers[header[..colon].Trim()] = header[(colon + 1)..].Trim();
            }

            if (headers.TryGetValue("Expect", out var expect) && expect.StartsWith("100", StringComparison.Ordinal))
            {
                await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellationToken);
            }

            return new ScriptedRequest(parts[0], parts[1], headers, await BodyAsync(headers, cancellationToken));
        }

        private async Task<byte[]> BodyAsync(Dictionary<string, string> headers, CancellationToken cancellationToken)
        {
            if (headers.TryGetValue("Transfer-Encoding", out var encoding) && encoding.Contains("chunked", StringComparison.OrdinalIgnoreCase))
            {
                using var body = new MemoryStream();
                while (true)
                {
                    var size = int.Parse((await LineAsync(cancellationToken))!.Split(';')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                    body.Write(await BytesAsync(size, cancellationToken));
                    _ = await LineAsync(cancellationToken);
                    if (size == 0)
                    {
                        return body.ToArray();
                    }
                }
            }

            return headers.TryGetValue("Content-Length", out var length)
                ? await BytesAsync(int.Parse(length, CultureInfo.InvariantCulture), cancellationToken)
                : [];
        }

        private async Task<byte[]> BytesAsync(int count, CancellationToken cancellationToken)
        {
            var bytes = new byte[count];
            for (var done = 0; done < count;)
            {
                if (!await FillAsync(cancellationToken))
                {
                    throw new IOException("The request ended early.");
                }

                var part = Math.Min(count - done, _length - _position);
                Array.Copy(_buffer, _position, bytes, done, part);
                _position += part;
                done += part;
            }

            return bytes;
        }

        private async Task<string?> LineAsync(CancellationToken cancellationToken)
        {
            var line = new StringBuilder();
            while (await FillAsync(cancellationToken))
            {
                var character = (char)_buffer[_position++];
                if (character == '\n')
                {
                    return line.ToString().TrimEnd('\r');
                }

                line.Append(character);
            }

            return null;
        }

        private async Task<bool> FillAsync(CancellationToken cancellationToken)
        {
            if (_position == _length)
            {
                _length = await stream.ReadAsync(_buffer, cancellationToken);
                _position = 0;
            }

            return _length > 0;
        }
    }

    /// <summary>Writes each write as one chunk; disposing it ends the body.</summary>
    private sealed class ChunkedStream(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => inner.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) =>
            WriteAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!buffer.IsEmpty)
            {
                await inner.WriteAsync(Encoding.ASCII.GetBytes(buffer.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), cancellationToken);
                await inner.WriteAsync(buffer, cancellationToken);
                await inner.WriteAsync("\r\n"u8.ToArray(), cancellationToken);
                await inner.FlushAsync(cancellationToken);
            }
        }

        public override async ValueTask DisposeAsync()
        {
            await inner.WriteAsync("0\r\n\r\n"u8.ToArray());
            GC.SuppressFinalize(this);
        }
    }
}
