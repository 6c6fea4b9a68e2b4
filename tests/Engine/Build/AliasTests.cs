namespace Pro.DockerVersioning.Tests.Engine.Build;

/// <summary>latest, v1.2 and v1 on the engine: forward only.</summary>
public sealed class AliasTests : EngineTest
{
    [Fact]
    public void Latest_follows_the_newest_stable_release_in_whatever_order_they_are_built()
    {
        _ = Release("v1.9.0");
        _ = Release("v1.10.0");
        _ = Release("v2.0.0-rc.1");
        Assert.Equal(["latest"], Texts(One("Build-ProImage api v1.9.0"), "Aliases"));
        Assert.Equal(["latest"], Texts(One("Build-ProImage api v1.10.0"), "Aliases"));
        Assert.Equal(Id("api:v1.10.0"), Id("api:latest"));
        var candidate = One("Build-ProImage api v2.0.0-rc.1 -WarningAction Ignore");
        Assert.Empty(Texts(candidate, "Aliases"));
        Assert.Contains("pre-release", Assert.Single(Texts(candidate, "AliasReasons")), StringComparison.Ordinal);
        Assert.Equal(Id("api:v1.10.0"), Id("api:latest"));
    }

    [Fact]
    public void A_back_port_moves_only_the_aliases_of_its_line()
    {
        foreach (var tag in (string[])["v1.1.8", "v1.2.0", "v2.0.0", "v1.1.9"])
        {
            _ = Release(tag);
            _ = One($"Build-ProImage api {tag} -Alias Minor, Major");
        }

        Assert.Equal(Id("api:v2.0.0"), Id("api:latest"));
        Assert.Equal(Id("api:v2.0.0"), Id("api:v2"));
        Assert.Equal(Id("api:v1.2.0"), Id("api:v1"));
        Assert.Equal(Id("api:v1.1.9"), Id("api:v1.1"));
        Assert.Equal(Id("api:v1.2.0"), Id("api:v1.2"));
    }

    [Theory]
    [InlineData("-Alias Minor, Major")]
    [InlineData("-Alias 'Minor, Major'")]
    [InlineData("-Alias @('Major', 'Minor')")]
    public void Aliases_may_be_a_list_or_a_text(string parameter)
    {
        _ = Release("v1.2.3");
        Assert.Equal(["latest", "v1.2", "v1"], Texts(One($"Build-ProImage api v1.2.3 {parameter}"), "Aliases"));
        Assert.Equal(["latest", "v1", "v1.2", "v1.2.3"], Tags());
    }

    [Fact]
    public void Aliases_of_pro_json_hold_unless_the_command_says_otherwise()
    {
        _ = Repository.Write("pro.json", """{ "aliases": [ "Minor" ], "services": { "api": { } } }""");
        _ = Release("v1.2.3");
        Assert.Equal(["latest", "v1.2"], Texts(One("Build-ProImage api v1.2.3"), "Aliases"));
        _ = Release("v1.3.0");
        Assert.Equal(["latest", "v1"], Texts(One("Build-ProImage api v1.3.0 -Alias Major"), "Aliases"));
        _ = Release("v1.4.0");
        Assert.Equal(["latest"], Texts(One("Build-ProImage api v1.4.0 -Alias None"), "Aliases"));
    }

    [Fact]
    public void A_commit_moves_latest_only_from_its_ancestor_and_says_loudly_when_it_stays()
    {
        _ = Commit(text: "one");
        var first = One("Build-ProImage api");
        Assert.Equal(["latest"], Texts(first, "Aliases"));
        _ = Commit(text: "two");
        Assert.Equal(["latest"], Texts(One("Build-ProImage api"), "Aliases"));
        var newest = Id($"api:{Head12}");

        _ = Repository.Git("checkout", "--quiet", "-b", "side", "HEAD~1");
        _ = Commit(text: "aside");
        var result = Run("Build-ProImage api").ThrowIfFailed();
        Assert.Contains("latest: stays", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Contains("-Latest Always", Assert.Single(result.Warnings), StringComparison.Ordinal);
        Assert.Equal(newest, Id("api:latest"));

        Assert.Equal(["latest"], Texts(One("Build-ProImage api -Latest Always"), "Aliases"));
        Assert.Equal(Id($"api:{Head12}"), Id("api:latest"));
    }

    [Fact]
    public void A_commit_after_the_release_that_latest_names_moves_it_and_the_next_release_takes_it_back()
    {
        _ = Release("v1.0.0");
        _ = One("Build-ProImage api v1.0.0");
        _ = Commit(text: "after");
        Assert.Equal(["latest"], Texts(One("Build-ProImage api"), "Aliases"));
        _ = Release("v1.0.1");
        Assert.Equal(["latest"], Texts(One("Build-ProImage api v1.0.1"), "Aliases"));
        Assert.Equal(Id("api:v1.0.1"), Id("api:latest"));
    }

    [Fact]
    public void Latest_Never_leaves_it_alone_and_Always_takes_it_back_on_purpose()
    {
        _ = Release("v1.0.0");
        _ = Release("v2.0.0");
        Assert.Empty(Texts(One("Build-ProImage api v1.0.0 -Latest Never"), "Aliases"));
        Assert.Null(Id("api:latest"));
        _ = One("Build-ProImage api v2.0.0");
        Assert.Equal(["latest"], Texts(One("Build-ProImage api v1.0.0 -Latest Always"), "Aliases"));
        Assert.Equal(Id("api:v1.0.0"), Id("api:latest"));
    }

    [Fact]
    public void A_latest_of_the_old_scripts_is_taken_by_a_release_but_not_by_a_commit()
    {
        _ = TestEngine.Import($"{Registry}/api:latest", "made by the old script");
        var foreign = Id("api:latest");
        _ = Commit();
        Assert.Single(Run("Build-ProImage api").ThrowIfFailed().Warnings);
        Assert.Equal(foreign, Id("api:latest"));
        _ = Release("v1.0.0");
        _ = One("Build-ProImage api v1.0.0");
        Assert.Equal(Id("api:v1.0.0"), Id("api:latest"));
    }

    [Fact]
    public void What_was_built_before_gets_the_aliases_that_are_asked_for_later()
    {
        _ = Release("v1.2.3");
        _ = One("Build-ProImage api v1.2.3 -Latest Never");
        var again = One("Build-ProImage api v1.2.3 -Alias Minor");
        Assert.Equal("AlreadyBuilt", Text(again, "Outcome"));
        Assert.Equal(["latest", "v1.2", "v1.2.3"], Tags());
    }
}
