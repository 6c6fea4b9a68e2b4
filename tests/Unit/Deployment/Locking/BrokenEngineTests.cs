using System.Net.Sockets;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Locking;

/// <summary>The engine, or the way to it, fails at the n-th call, before or after it has done what it was asked.</summary>
[Trait("Engine", "real")]
public sealed class BrokenEngineTests
{
    public enum Break
    {
        ErrorBefore,
        ErrorAfter,
        CutBefore,
        CutAfter,
    }

    public static TheoryData<Break, bool> Breaks
    {
        get
        {
            var breaks = new TheoryData<Break, bool>();
            foreach (var how in Enum.GetValues<Break>())
            {
                breaks.Add(how, false);
                breaks.Add(how, true);
            }

            return breaks;
        }
    }

    [Theory]
    [MemberData(nameof(Breaks))]
    public async Task Whatever_call_breaks_the_lock_can_be_had_again_and_nothing_is_left(Break how, bool isStale)
    {
        await using var engine = await RealEngine.StartAsync();
        Assert.SkipUnless(engine.Connection.Endpoint.Address.Scheme == "unix", "The engine is on no socket.");
        for (var broken = 1; ; broken++)
        {
            if (isStale)
            {
                _ = await engine.PlantAsync(info => info with { Process = info.Process with { Id = int.MaxValue } });
            }

            var calls = 0;
            await using (var proxy = ScriptedHttpServer.StartAsync(
                (request, stop) =>
                    ForwardAsync(engine.Connection.Endpoint.Address.AbsolutePath, request, ++calls == broken ? how : null, stop)))
            {
                using var connection = EngineConnection.Open(EngineEndpoint.Resolve(_ => null, $"tcp://{proxy.Host}"));
                await TakeAndGiveBackAsync(engine, connection);
            }

            // The same process, and the engine whole again.
            await using (var again = await engine.AcquireAsync())
            {
                Assert.True(await again.IsHeldAsync(TestContext.Current.CancellationToken), $"call {broken}");
            }

            await TargetLock.SweepAsync(engine.Connection, TestContext.Current.CancellationToken);
            Assert.Empty(await engine.VolumesAsync());
            if (calls < broken)
            {
                Assert.True(broken > 5, $"only {calls} calls");
                return;
            }
        }
    }

    private static async Task TakeAndGiveBackAsync(RealEngine engine, EngineConnection connection)
    {
        try
        {
            await using var held = await engine.AcquireAsync(by: connection);
        }
        catch (ProException refused)
        {
            Assert.Contains(refused.Id, new[] { "EngineRefused", "EngineUnreachable" });
        }
    }

    private static async Task<ScriptedResponse> ForwardAsync(string socket, ScriptedRequest request, Break? how, CancellationToken stop)
    {
        if (how is Break.ErrorBefore or Break.CutBefore)
        {
            return Failure(how.Value);
        }

        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, token) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), token);
                return new NetworkStream(connection, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler);
        using var message = new HttpRequestMessage(new HttpMethod(request.Method), "http://engine" + request.Target);
        if (request.Body.Length > 0)
        {
            message.Content = new ByteArrayContent(request.Body);
            message.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        using var response = await client.SendAsync(message, stop);
        var body = await response.Content.ReadAsByteArrayAsync(stop);
        return how is { } after
            ? Failure(after)
            : new ScriptedResponse { Status = (int)response.StatusCode, Headers = [("Content-Type", "application/json")], Body = body };
    }

    private static ScriptedResponse Failure(Break how) => how is Break.CutBefore or Break.CutAfter
        ? new ScriptedResponse { Abort = true }
        : ScriptedResponse.Json("""{"message":"the disk is on fire"}""", 500);
}
