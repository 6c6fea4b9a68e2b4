using System.Globalization;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Xunit;
using Version = System.Version;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>Engines older and newer than this module are asked in a version of the API that both know.</summary>
public sealed class ApiVersionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("1.41", "1.12")]
    [InlineData("1.54", "1.44")]
    public async Task An_engine_that_is_no_newer_is_asked_in_its_own_newest_version(string newest, string oldest)
    {
        await using var server = Engine(newest, oldest);
        using var engine = Open(server);

        await ListTwiceAsync(engine);

        // Without a version in the path an engine answers in its newest, whatever it has ceased to understand.
        Assert.Equal(["/images/json", "/images/json"], server.Requests.Select(request => request.Path));
    }

    [Theory]
    [InlineData("1.55", "1.44")]
    [InlineData("2.0", "1.54")]
    public async Task A_newer_engine_is_asked_in_the_newest_version_that_is_known_here(string newest, string oldest)
    {
        await using var server = Engine(newest, oldest);
        using var engine = Open(server);

        await ListTwiceAsync(engine);

        // The first answer may have a shape that nobody here knows: it is asked for again.
        Assert.Equal(["/images/json", "/v1.54/images/json", "/v1.54/images/json"], server.Requests.Select(request => request.Path));
    }

    [Fact]
    public async Task What_changes_something_is_not_sent_twice_to_a_newer_engine()
    {
        await using var server = Engine("1.55", "1.44");
        using var engine = Open(server);

        await engine.CallAsync(client => client.Images.TagImageAsync(
            "one", new ImageTagParameters { RepositoryName = "two", Tag = "1" }, Token));
        await ListTwiceAsync(engine);

        Assert.Equal(
            ["/images/one/tag", "/v1.54/images/json", "/v1.54/images/json"],
            server.Requests.Select(request => request.Path));
    }

    /// <summary>A container's configuration goes back as it came: with the fields that only the newer engine knows.</summary>
    [Fact]
    public async Task A_newer_engine_is_asked_in_its_own_version_for_raw_JSON()
    {
        await using var server = Engine("1.60", "1.44");
        using var engine = Open(server);

        Assert.Empty(await engine.Http.GetListAsync("containers/json", Token));
        _ = await engine.Http.PostAsync("containers/create", body: null, Token);

        Assert.Equal(["/containers/json", "/containers/create"], server.Requests.Select(request => request.Path));
    }

    [Fact]
    public async Task An_answer_that_names_no_version_leaves_the_question_open()
    {
        await using var server = ScriptedHttpServer.Start(_ => ScriptedResponse.Json("[]"));
        using var engine = Open(server);

        await ListTwiceAsync(engine);

        Assert.Equal(["/images/json", "/images/json"], server.Requests.Select(request => request.Path));
    }

    private static async Task ListTwiceAsync(EngineConnection engine)
    {
        for (var round = 0; round < 2; round++)
        {
            Assert.Empty(await engine.CallAsync(client => client.Images.ListImagesAsync(new ImagesListParameters(), Token)));
        }
    }

    private static EngineConnection Open(ScriptedHttpServer server) =>
        EngineConnection.Open(new EngineEndpoint { Address = new Uri(server.Url), Source = "the test" });

    /// <summary>Refuses what it doesn't understand, as an engine does: Engine 29 everything below 1.44.</summary>
    private static ScriptedHttpServer Engine(string newest, string oldest) => ScriptedHttpServer.Start(request =>
    {
        var first = request.Path.Split('/')[1];
        var asked = first.StartsWith('v') && Version.TryParse(first[1..], out var version) ? version : Version.Parse(newest);
        if (asked < Version.Parse(oldest) || asked > Version.Parse(newest))
        {
            var end = asked < Version.Parse(oldest)
                ? $"old. Minimum supported API version is {oldest}"
                : $"new. Maximum supported API version is {newest}";
            return ScriptedResponse.Json(
                string.Create(CultureInfo.InvariantCulture, $$"""{"message":"client version {{asked}} is too {{end}}"}"""), 400);
        }

        return request.Method == "GET"
            ? ScriptedResponse.Json("[]", 200, ("Api-Version", newest))
            : ScriptedResponse.Empty(201, ("Api-Version", newest));
    });
}
