using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Locking;

/// <summary>What an engine says of volumes, by script.</summary>
public sealed class LockVolumesTests
{
    // Engine 20.10, once it was started anew.
    [Fact]
    public async Task Where_the_engine_leaves_out_whose_a_volume_is_it_is_asked_again()
    {
        Assert.SkipUnless(System.Net.Sockets.Socket.OSSupportsUnixDomainSockets, "No Unix domain sockets here.");
        var theirs = LockInfo.Ours(new LockRequest("t", "deploy api"), DateTimeOffset.UnixEpoch);
        var labels = new JsonObject(LockLabels.Write(theirs)
            .Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value)));
        var path = Path.Combine(Path.GetTempPath(), $"pro-{Guid.NewGuid():N}.sock");
        await using var server = ScriptedHttpServer.StartOnSocket(path, (request, _) => Task.FromResult(
            request.Path.EndsWith("/volumes/create", StringComparison.Ordinal)
                ? ScriptedResponse.Json("""{"Name":"pro-lock-t","Driver":"local","Labels":null}""", 201)
                : request.Path.EndsWith("/volumes/pro-lock-t", StringComparison.Ordinal)
                    ? ScriptedResponse.Json(new JsonObject { ["Name"] = "pro-lock-t", ["Labels"] = labels.DeepClone() }.ToJsonString())
                    : ScriptedResponse.Empty(404)));
        using var engine = EngineConnection.Open(EngineEndpoint.Resolve(name => name == "DOCKER_HOST" ? server.Url : null));

        var holder = await LockStore.For(engine, "t").CreateAsync(theirs with { Nonce = "mine" }, TestContext.Current.CancellationToken);

        Assert.Equal(theirs.Nonce, holder.Nonce);
    }
}
