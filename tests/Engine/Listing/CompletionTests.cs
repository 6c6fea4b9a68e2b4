using System.Diagnostics;

namespace Pro.DockerVersioning.Tests.Engine.Listing;

/// <summary>What Tab gives.</summary>
public sealed class CompletionTests : EngineTest
{
    private IReadOnlyList<string> Tab(string line) =>
        [.. Good(
            $"(TabExpansion2 -inputScript '{line.Replace("'", "''", StringComparison.Ordinal)}' -cursorColumn "
                + $"{line.Length}).CompletionMatches"
            + " | ForEach-Object CompletionText").Select(one => one.ToString())];

    /// <summary>
    /// A completer gives up after 300 ms, on a busy machine too, and the first one also loads code: then the user presses Tab again.
    /// </summary>
    private IReadOnlyList<string> TabAgain(string line) =>
        Enumerable.Range(0, 40).Select(_ => Tab(line)).FirstOrDefault(found => found.Count > 0) ?? [];

    [Theory]
    [InlineData("Build-ProImage ", new[] { "api", "web", "worker" })]
    [InlineData("Build-ProImage W", new[] { "web", "worker" })]
    [InlineData("Build-ProImage api, wo", new[] { "worker" })]
    [InlineData("Get-ProImageVersion a", new[] { "api" })]
    [InlineData("Get-ProService a", new[] { "api" })]
    [InlineData("Publish-ProImage 'a", new[] { "api" })]
    public void Services_are_completed(string line, string[] expected)
    {
        _ = Commit("api");
        _ = Commit("web");
        _ = Commit("worker");
        Assert.Equal(expected, TabAgain(line));
    }

    [Fact]
    public void A_name_that_needs_quotes_gets_them()
    {
        _ = Repository.Commit(
            ("pro.json", """{ "services": { "it's (new)": { "context": "apps/api", "image": "new" } } }"""),
            ("apps/api/Dockerfile", CopyAll));
        Assert.Equal(["'it''s (new)'"], TabAgain("Build-ProImage it"));
        Assert.Equal("it's (new)", Text(One("Build-ProImage 'it''s (new)'"), "Service"));
    }

    [Fact]
    public void Git_tags_that_are_versions_are_completed_newest_first()
    {
        foreach (var tag in (string[])["v1.9.0", "v1.10.0", "v2.0.0-rc.1", "v2.0.0"])
        {
            _ = Release(tag);
        }

        _ = Repository.Tag("nightly").Tag("1.2.3");
        Assert.Equal(["v2.0.0", "v2.0.0-rc.1", "v1.10.0", "v1.9.0"], TabAgain("Build-ProImage api "));
        Assert.Equal(["v1.10.0", "v1.9.0"], TabAgain("Build-ProImage api v1."));
    }

    [Fact]
    public void Versions_on_the_engine_are_completed_newest_first_those_of_the_service_that_is_named()
    {
        _ = Commit("api");
        _ = Commit("web");
        foreach (var image in (string[])["api:v1.9.0", "api:v1.10.0", "api:latest", "web:v3.0.0"])
        {
            _ = TestEngine.Import($"{Registry}/{image}", image);
        }

        Assert.Equal(["v1.10.0", "v1.9.0"], TabAgain("Publish-ProImage api "));
        Assert.Equal(["v1.10.0", "v1.9.0"], TabAgain("Get-ProImageVersion -Service api -Version v1"));
        Assert.Equal(["v3.0.0"], TabAgain("Publish-ProImage web "));
        Assert.Equal(["v1.9.0"], TabAgain("Get-ProImageVersion api v1.10.0, v1.9"));
    }

    [Theory]
    [InlineData("unix:///nowhere/docker.sock")]
    [InlineData("tcp://192.0.2.1:2375")]
    public void Nothing_is_said_and_nobody_waits_when_the_engine_is_down(string host)
    {
        _ = Commit("api");
        Variables["DOCKER_HOST"] = host;
        _ = Tab("Publish-ProImage api ");
        var clock = Stopwatch.StartNew();
        var result = Run("(TabExpansion2 -inputScript 'Publish-ProImage api v' -cursorColumn 22).CompletionMatches").ThrowIfFailed();
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"It took {clock.Elapsed}.");
        Assert.Empty(result.Output);
    }

    [Fact]
    public void Outside_of_a_repository_and_without_a_registry_nothing_is_said()
    {
        Variables["REGISTRY"] = null;
        _ = Commit("api");
        Assert.Empty(Tab("Publish-ProImage api v"));
        _ = Shell.In(Repository.Beside);
        Assert.DoesNotContain(Tab("Build-ProImage api v"), text => text.StartsWith('v'));
    }

    [Fact]
    public void The_parameter_Path_says_where_to_look()
    {
        _ = Commit("api");
        _ = Shell.In("/");
        Assert.Equal(["api"], TabAgain($"Build-ProImage -Path '{Repository.Root}' -Service "));
    }
}
