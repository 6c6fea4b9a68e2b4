using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

/// <summary>What the history says of targets, for whom, and for how long.</summary>
public sealed class GoneTargetTests
{
    private static readonly ImageReference Api = ImageReference.Parse("reg.example/pro/api");
    private static readonly DateTimeOffset Now = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Keep = TimeSpan.FromDays(30);

    [Fact]
    public void A_target_that_is_not_on_the_engine_protects_for_30_more_days_from_the_first_clean_up_that_sees_it()
    {
        // Deployed half a year ago: that says nothing of when it went.
        var first = Apply([Deploy("v1.0.0", daysAgo: 180)], here: false);
        Assert.Equal(Now + Keep, Assert.Single(first.Service.Past).GoneUntil);
        Assert.Equal(
            "api: the target container.api is gone. v1.0.0 and its previous version are kept until 2026-12-24 (retention.goneTargets).",
            Assert.Single(first.Gone.Notes));
        var mark = Assert.Single(first.Gone.Marks);
        Assert.Equal(
            (CleaningHistory.TargetGone, "container.api", "reg.example/pro/api:v1.0.0"), (mark.Outcome, mark.Target, mark.Reference));

        var later = Apply([mark with { Time = Now.AddDays(-29) }, Deploy("v1.0.0", daysAgo: 180)], here: false);
        Assert.Equal(Now.AddDays(1), Assert.Single(later.Service.Past).GoneUntil);
        Assert.Empty(later.Gone.Marks);

        var end = Apply([mark with { Time = Now.AddDays(-30) }, Deploy("v1.0.0", daysAgo: 180)], here: false);
        Assert.Empty(end.Service.Past);
        Assert.Equal([PreviousTag.TagFor("container.api")], end.Service.GoneTags);
        Assert.Contains("protects nothing any more", Assert.Single(end.Gone.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void A_target_that_came_back_is_there_and_its_time_begins_anew_when_it_goes_again()
    {
        var gone = Mark(CleaningHistory.TargetGone, daysAgo: 40);
        var back = Apply([gone, Deploy("v1.0.0", daysAgo: 180)], here: true);
        Assert.Null(Assert.Single(back.Service.Past).GoneUntil);
        Assert.Empty(back.Gone.Notes);
        Assert.Equal(CleaningHistory.TargetFound, Assert.Single(back.Gone.Marks).Outcome);

        var again = Apply([Mark(CleaningHistory.TargetFound, daysAgo: 20), gone, Deploy("v1.0.0", daysAgo: 180)], here: false);
        Assert.Equal(Now + Keep, Assert.Single(again.Service.Past).GoneUntil);
        var deployed = Apply([Deploy("v1.1.0", daysAgo: 20), gone, Deploy("v1.0.0", daysAgo: 180)], here: false);
        Assert.Equal(Now + Keep, Assert.Single(deployed.Service.Past).GoneUntil);
    }

    [Fact]
    public void Of_several_marks_the_first_one_counts()
    {
        var seen = Apply(
            [Mark(CleaningHistory.TargetGone, daysAgo: 2), Mark(CleaningHistory.TargetGone, daysAgo: 10), Deploy("v1.0.0", daysAgo: 180)],
            here: false);
        Assert.Equal(Now.AddDays(20), Assert.Single(seen.Service.Past).GoneUntil);
    }

    [Fact]
    public void Services_of_one_name_in_two_repositories_do_not_protect_each_other()
    {
        var history = new CleaningHistory();
        history.Add(Deploy("v2.0.0", daysAgo: 1) with { Reference = "other.example/api:v2.0.0" });
        history.Add(Deploy("v1.0.0", daysAgo: 2));
        Assert.Equal("v1.0.0", Assert.Single(history.PastOf("api", Api)).Last.ToString());
        Assert.Equal("v2.0.0", Assert.Single(history.PastOf("api", ImageReference.Parse("other.example/api"))).Last.ToString());
        Assert.Empty(history.PastOf("api", ImageReference.Parse("third.example/api")));
    }

    [Fact]
    public void A_line_that_does_not_say_its_repository_counts_for_all()
    {
        var history = new CleaningHistory();
        history.Add(Deploy("v1.0.0", daysAgo: 2) with { Reference = null });
        Assert.Single(history.PastOf("api", Api));
        Assert.Single(history.PastOf("api", ImageReference.Parse("other.example/api")));
    }

    [Theory]
    [InlineData("""{ "retention": { "goneTargets": "7d", "test": 3 } }""", 7 * 24)]
    [InlineData("""{ "retention": { "goneTargets": "12h" } }""", 12)]
    [InlineData("""{ "retention": { "goneTargets": "0d" } }""", 0)]
    public void The_time_is_set_in_pro_json_with_its_unit(string json, int hours)
    {
        var configuration = ProConfigurationReader.Parse(json);
        Assert.Equal(TimeSpan.FromHours(hours), configuration.GoneTargets);
        Assert.DoesNotContain("goneTargets", configuration.Retention.Keys);
    }

    [Theory]
    [InlineData("30")]
    [InlineData("\"30\"")]
    [InlineData("\"-3d\"")]
    [InlineData("\"d\"")]
    [InlineData("null")]
    public void A_time_without_its_unit_is_refused(string value)
    {
        var error = Assert.Throws<ProException>(() => ProConfigurationReader.Parse($$"""{ "retention": { "goneTargets": {{value}} } }"""));
        Assert.Contains("7d", error.Message, StringComparison.Ordinal);
    }

    private static (CleaningService Service, GoneTargets Gone) Apply(ProHistoryEntry[] newestFirst, bool here)
    {
        var history = new CleaningHistory();
        foreach (var entry in newestFirst)
        {
            history.Add(entry);
        }

        var gone = new GoneTargets(_ => here, Keep, Now);
        return (gone.Apply(new CleaningService("api", Api) { Past = history.PastOf("api", Api) }), gone);
    }

    private static ProHistoryEntry Deploy(string version, int daysAgo) => new()
    {
        Kind = ProHistoryKind.Deploy,
        Time = Now.AddDays(-daysAgo),
        Service = "api",
        Target = "container.api",
        Version = ProVersion.Parse(version),
        Reference = $"reg.example/pro/api:{version}",
        Outcome = ProHistoryEntry.Succeeded,
        IsVerified = true,
    };

    private static ProHistoryEntry Mark(string outcome, int daysAgo) =>
        Deploy("v1.0.0", daysAgo) with { Kind = ProHistoryKind.Clean, Outcome = outcome, IsVerified = false };
}
