using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pro.DockerVersioning.Tests.Images.Building;

/// <summary>An engine that has no image at all: it answers 404 to whatever is asked.</summary>
internal sealed class EmptyEngine : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public EmptyEngine()
    {
        _listener.Start();
        _ = AnswerAsync();
    }

    public string Address => $"tcp://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public void Dispose() => _listener.Dispose();

    private async Task AnswerAsync()
    {
        var answer = Encoding.ASCII.GetBytes(
            "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 27\r\nConnection: close\r\n\r\n"
                + "{\"message\":\"No such image\"}");
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                var stream = client.GetStream();
                await stream.ReadAtLeastAsync(new byte[4096], 1);
                await stream.WriteAsync(answer);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or IOException)
        {
            // Over.
        }
    }
}
