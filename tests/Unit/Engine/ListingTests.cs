using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Engine 20.10 fails to list images if one of them goes meanwhile. The answers are as it was seen to give them.</summary>
public sealed class ListingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_listing_that_failed_because_an_image_went_is_asked_for_again()
    {
        await using var server = Engine(failures: 2, "unrecognized image ID sha256:5f2a");
        using var engine = Open(server);

        Assert.Empty(await engine.CallAsync(client => client.Images.ListImagesAsync(new ImagesListParameters(), Token)));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task So_is_one_in_raw_JSON()
    {
        await using var server = Engine(failures: 1, "unrecognized image ID sha256:5f2a");
        using var engine = Open(server);

        Assert.Empty(await engine.Http.GetListAsync("images/json?all=true", Token));
    }

    [Fact]
    public async Task Another_failure_is_told_at_once_with_its_reason()
    {
        await using var server = Engine(failures: 1, "the disk is full");
        using var engine = Open(server);

        var failure = await Assert.ThrowsAsync<ProException>(() => engine.Http.GetListAsync("images/json", Token));

        Assert.Contains("the disk is full", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
    }

    private static EngineConnection Open(ScriptedHttpServer server) =>
        EngineConnection.Open(new EngineEndpoint { Address = new Uri(server.Url), Source = "the test" });

    private static ScriptedHttpServer Engine(int failures, string message) => ScriptedHttpServer.Start(_ =>
        failures-- > 0
            ? ScriptedResponse.Json($$"""{"message":"{{message}}"}""", 500)
            : ScriptedResponse.Json("[]", 200, ("Api-Version", "1.41")));
}
