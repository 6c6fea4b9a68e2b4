using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>An engine as it listens on tcp with TLS: checks who comes, and hands the bytes to the real engine's socket.</summary>
internal sealed class TlsProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate;
    private readonly TestAuthority _clients;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private int _connections;

    private TlsProxy(X509Certificate2 certificate, TestAuthority clients)
    {
        _certificate = certificate;
        _clients = clients;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>How many were let in.</summary>
    public int Connections => _connections;

    public static TlsProxy Start(TestAuthority authority, string host, TestAuthority? clients = null) =>
        new(authority.Server(host), clients ?? authority);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _certificate.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                await using var secure = new SslStream(client.GetStream());
                await secure.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificate = _certificate,
                        ClientCertificateRequired = true,
                        RemoteCertificateValidationCallback = (_, certificate, _, _) => _clients.Signed(certificate),
                    },
                    _stop.Token);

                // With TLS 1.3 a client that refuses the server's certificate says so only by its first bytes.
                var first = new byte[16 * 1024];
                var length = await secure.ReadAsync(first, _stop.Token);
                if (length == 0)
                {
                    return;
                }

                _ = Interlocked.Increment(ref _connections);
                var socket = TestEngine.Connect();
                await using var engine = new NetworkStream(socket, ownsSocket: true);
                await engine.WriteAsync(first.AsMemory(0, length), _stop.Token);
                await Task.WhenAll(engine.CopyToAsync(secure, _stop.Token), AskAsync());

                async Task AskAsync()
                {
                    await secure.CopyToAsync(engine, _stop.Token);

                    // A build's client has said all that it has to say: the engine goes on.
                    socket.Shutdown(SocketShutdown.Send);
                }
            }
        }
        catch (Exception exception) when (exception is IOException
            or AuthenticationException or OperationCanceledException or SocketException)
        {
            // Refused, gone, or the test is over.
        }
    }
}
