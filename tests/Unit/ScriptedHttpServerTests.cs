using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Pro.DockerVersioning.Tests;

/// <summary>What a scripted engine needs of the server: a socket in the file system, chunks both ways, connections that are kept.</summary>
public sealed class ScriptedHttpServerTests
{
    [Fact(Timeout = 30_000)]
    public async Task On_a_Unix_socket_bodies_stream_both_ways_over_one_connection()
    {
        var cancel = TestContext.Current.CancellationToken;
        Assert.SkipUnless(Socket.OSSupportsUnixDomainSockets, "No Unix domain sockets here.");
        var path = Path.Combine(Path.GetTempPath(), $"pro-{Guid.NewGuid():N}.sock");
        var firstRead = new TaskCompletionSource();
        var connections = 0;
        await using (var server = ScriptedHttpServer.StartOnSocket(path, (request, _) => Task.FromResult(new ScriptedResponse
        {
            Headers = [("Content-Type", "application/json")],
            Stream = async (stream, stop) =>
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes($"{request.Text.Length}\n"), stop);
                await firstRead.Task.WaitAsync(stop);
                await stream.WriteAsync("end\n"u8.ToArray(), stop);
            },
        })))
        {
            using var client = new HttpClient(new SocketsHttpHandler
            {
                ConnectCallback = async (_, stop) =>
                {
                    connections++;
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), stop);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            });
            for (var round = 0; round < 2; round++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("http://engine/v1.41/build?t=x%3Ay"))
                {
                    Content = new StringContent(new string('x', 100_000)),
                };
                request.Headers.TransferEncodingChunked = true;
                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
                using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancel));

                Assert.Equal("100000", await reader.ReadLineAsync(cancel));
                firstRead.TrySetResult();
                Assert.Equal("end", await reader.ReadLineAsync(cancel));
                Assert.Null(await reader.ReadLineAsync(cancel));
            }

            Assert.Equal(1, connections);
            Assert.Equal("x:y", server.Requests[1].Query["t"]);
            Assert.Equal("/v1.41/build", server.Requests[1].Path);
        }

        Assert.False(File.Exists(path));
    }
}
