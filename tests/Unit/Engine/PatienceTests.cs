using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Xunit;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>An engine that never answers is not waited for for ever; one that has something to do is.</summary>
public sealed class PatienceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_answer_is_an_error_and_not_a_cancellation()
    {
        await using var server = Answering(Timeout.InfiniteTimeSpan);
        using var engine = Open(server);

        var own = await Assert.ThrowsAsync<ProException>(() => engine.Http.GetAsync("containers/api/json", Token));
        Assert.Equal(EngineErrors.UnreachableId, own.Id);
        Assert.Contains("no answer to GET /containers/api/json within", own.Message, StringComparison.Ordinal);
        var model = await Assert.ThrowsAsync<ProException>(() => engine.CallAsync(client => client.Volumes.InspectAsync("lock", Token)));
        Assert.Equal(EngineErrors.UnreachableId, model.Id);
    }

    [Fact]
    public async Task Whoever_stops_it_has_stopped_it()
    {
        await using var server = Answering(Timeout.InfiniteTimeSpan);
        using var engine = Open(server, TimeSpan.FromMinutes(5));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        stop.CancelAfter(Patience);

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => engine.Http.GetAsync("info", stop.Token));
    }

    [Theory]
    [InlineData("build/prune")]
    [InlineData("containers/api/wait")]
    [InlineData("system/df")]
    public async Task What_lasts_is_waited_for(string path)
    {
        await using var server = Answering(Patience * 3);
        using var engine = Open(server);

        Assert.Equal("{}"u8.ToArray(), await engine.Http.ReadAsync(HttpMethod.Post, path, Token));
    }

    [Fact]
    public async Task A_stop_has_the_time_that_the_container_has()
    {
        await using var server = Answering(Patience * 3);
        using var engine = Open(server);

        await engine.Http.PostAsync("containers/api/stop", Patience * 20, Token);
        _ = await Assert.ThrowsAsync<ProException>(() => engine.Http.PostAsync("containers/api/stop", TimeSpan.Zero, Token));
    }

    [Theory]
    [InlineData(null, 300)]
    [InlineData("", 300)]
    [InlineData("0", 300)]
    [InlineData("soon", 300)]
    [InlineData("20", 20)]
    public void It_is_as_long_as_composes_own(string? value, int seconds) => Assert.Equal(
        TimeSpan.FromSeconds(seconds),
        EngineEndpoint.Resolve(
            name => name == "COMPOSE_HTTP_TIMEOUT" ? value : name == "DOCKER_HOST" ? "tcp://localhost:1" : null).Patience);

    private static ScriptedHttpServer Answering(TimeSpan delay) => ScriptedHttpServer.StartAsync(async (_, stop) =>
    {
        await Task.Delay(delay, stop);
        return ScriptedResponse.Json("{}");
    });

    private static EngineConnection Open(ScriptedHttpServer server, TimeSpan? patience = null) =>
        EngineConnection.Open(new EngineEndpoint { Address = new Uri(server.Url), Source = "the test", Patience = patience ?? Patience });
}
