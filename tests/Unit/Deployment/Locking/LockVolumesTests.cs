using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Tests.History;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Locking;

/// <summary>What an engine says of volumes, by script.</summary>
public sealed class LockVolumesTests
{
    // Engine 20.10, once it was started anew.
    [Fact]
    public async Task Where_the_engine_leaves_out_whose_a_volume_is_it_is_asked_again()
    {
        Assert.SkipUnless(System.Net.Sockets.Socket.OSSupportsUnixDomainSockets, "No Unix domain sockets here.");
        var theirs = LockInfo.Ours(new LockRequest("t", "deploy api"), DateTimeOffset.UnixEpoch);
        var labels = new JsonObject(theirs.ToLabels()
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

    // It is wrong by years, in either direction. Nobody asks for it: who looks has a clock of its own.
    [Theory]
    [InlineData("1970-01-01T00:00:00Z")]
    [InlineData("2170-01-01T00:00:00Z")]
    public async Task A_lock_that_nobody_renews_is_taken_over_whatever_the_engines_clock_says(string clock)
    {
        Assert.SkipUnless(System.Net.Sockets.Socket.OSSupportsUnixDomainSockets, "No Unix domain sockets here.");
        var volumes = new ConcurrentDictionary<string, JsonNode>();
        var asked = new ConcurrentQueue<string>();
        var path = Path.Combine(Path.GetTempPath(), $"pro-{Guid.NewGuid():N}.sock");
        await using var server = ScriptedHttpServer.StartOnSocket(path, (request, _) =>
        {
            asked.Enqueue(request.Path);
            return Task.FromResult(Answer(request));
        });
        using var engine = EngineConnection.Open(EngineEndpoint.Resolve(name => name == "DOCKER_HOST" ? server.Url : null));
        var request = new LockRequest("t", "deploy api") { Times = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(1)) };
        var theirs = LockInfo.Ours(request, DateTimeOffset.UtcNow) with { Process = new("another machine", 1, "1") };
        _ = await LockStore.For(engine, "t").CreateAsync(theirs, TestContext.Current.CancellationToken);
        var reports = new Kept();

        await (await TargetLock.AcquireAsync(engine, request, reports, TestContext.Current.CancellationToken)).DisposeAsync();

        Assert.Contains("has not renewed it for 1 s", Assert.Single(reports.Warnings), StringComparison.Ordinal);
        Assert.DoesNotContain(asked, one => one.EndsWith("/info", StringComparison.Ordinal));
        Assert.Empty(volumes);

        ScriptedResponse Answer(ScriptedRequest request)
        {
            var name = request.Path[(request.Path.LastIndexOf('/') + 1)..];
            switch (request.Method, name)
            {
                case ("GET", "info"):
                    return ScriptedResponse.Json(new JsonObject { ["SystemTime"] = clock }.ToJsonString());
                case ("GET", "volumes"):
                    return ScriptedResponse.Json(
                        new JsonObject { ["Volumes"] = new JsonArray([.. volumes.Values.Select(one => one.DeepClone())]) }.ToJsonString());
                case ("POST", "create"):
                    var made = JsonNode.Parse(request.Body)!;
                    made["CreatedAt"] = DateTimeOffset.UtcNow.ToString("O");
                    return ScriptedResponse.Json(volumes.GetOrAdd(made["Name"]!.GetValue<string>(), made).ToJsonString(), 201);
                case ("DELETE", _) when volumes.TryRemove(name, out _):
                    return ScriptedResponse.Empty(204);
                default:
                    return ScriptedResponse.Empty(404);
            }
        }
    }
}
