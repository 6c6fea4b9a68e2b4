using FsCheck.Xunit;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Versions;

public sealed class AliasPolicyTests
{
    private const ProAlias Both = ProAlias.Minor | ProAlias.Major;

    [Fact]
    public void The_first_release_makes_all_aliases() =>
        Assert.Equal(["latest", "v1.2", "v1"], Moved(Plan("v1.2.3", [], [])));

    [Fact]
    public void The_newest_release_moves_all_aliases() =>
        Assert.Equal(
            ["latest", "v1.2", "v1"],
            Moved(Plan("v1.2.3", ["v1.2.2"], [("latest", "v1.2.2"), ("v1.2", "v1.2.2"), ("v1", "v1.2.2")])));

    [Fact]
    public void A_back_port_does_not_move_latest()
    {
        IReadOnlyList<AliasDecision> plan = Plan(
            "v1.1.9", ["v2.0.0", "v1.2.0", "v1.1.8"], [("latest", "v2.0.0"), ("v1", "v1.2.0"), ("v1.1", "v1.1.8")]);

        Assert.Equal(["v1.1"], Moved(plan));
        Assert.Equal("stays at v2.0.0: v1.1.9 is older", Reason(plan, "latest"));
        Assert.Equal("stays at v1.2.0: v1.1.9 is older", Reason(plan, "v1"));
        Assert.Equal("moves from v1.1.8 to v1.1.9, the newest stable release of v1.1", Reason(plan, "v1.1"));
    }

    [Fact]
    public void A_newer_release_counts_although_no_alias_is_there()
    {
        IReadOnlyList<AliasDecision> plan = Plan("v1.1.9", ["v2.0.0"], []);

        Assert.Equal(["v1.1", "v1"], Moved(plan));
        Assert.Equal("is not made: v1.1.9 is older than v2.0.0", Reason(plan, "latest"));
    }

    [Fact]
    public void A_holder_counts_although_its_version_is_not_listed() =>
        Assert.DoesNotContain("latest", Moved(Plan("v1.1.9", [], [("latest", "v2.0.0")])));

    [Theory]
    [InlineData("v1.3.0-rc.1", "stays at v1.2.3: v1.3.0-rc.1 is a pre-release")]
    [InlineData("v1.3.0-dirty.abcdef012345", "stays at v1.2.3: v1.3.0-dirty.abcdef012345 holds changes that no commit has")]
    [InlineData("abcdef012345-dirty.abcdef012345", "stays at v1.2.3: abcdef012345-dirty.abcdef012345 holds changes that no commit has")]
    public void A_prerelease_and_a_dirty_version_move_none(string version, string reason)
    {
        IReadOnlyList<AliasDecision> plan = Plan(version, ["v1.2.3"], [("latest", "v1.2.3"), ("v1", "v1.2.3")], CommitRelation.Ancestor);

        Assert.Empty(Moved(plan));
        Assert.Equal(reason, Reason(plan, "latest"));
    }

    [Fact]
    public void A_prerelease_makes_no_alias_either() => Assert.Empty(Moved(Plan("v1.3.0-rc.1", [], [])));

    [Fact]
    public void A_stable_release_takes_latest_from_a_newer_prerelease() =>
        Assert.Contains("latest", Moved(Plan("v1.9.0", ["v2.0.0-rc.1", "v1.8.0"], [("latest", "v2.0.0-rc.1")])));

    [Fact]
    public void A_version_built_again_keeps_its_aliases()
    {
        IReadOnlyList<AliasDecision> plan = Plan("v1.2.3", ["v1.2.3", "v1.2.2"], [("latest", "v1.2.3")]);

        Assert.Contains("latest", Moved(plan));
        Assert.Equal("stays with v1.2.3, built again", Reason(plan, "latest"));
    }

    [Fact]
    public void Build_metadata_breaks_a_tie_by_its_text()
    {
        Assert.Contains("latest", Moved(Plan("v2.3.8+fork.2", ["v2.3.8+fork.1"], [("latest", "v2.3.8+fork.1")])));
        Assert.DoesNotContain("latest", Moved(Plan("v2.3.8+fork.1", ["v2.3.8+fork.2"], [("latest", "v2.3.8+fork.2")])));
    }

    [Fact]
    public void There_is_no_v0_but_there_is_v0_3()
    {
        IReadOnlyList<AliasDecision> plan = Plan("v0.3.1", ["v0.3.0"], []);

        Assert.Equal(["latest", "v0.3"], Moved(plan));
        Assert.StartsWith("is not made: below 1.0.0", Reason(plan, "v0"), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_wanted_aliases_are_planned()
    {
        AliasRequest request = Request("v1.2.3", [], [], CommitRelation.Unknown);

        Assert.Equal(["latest"], AliasPolicy.Plan(request with { Aliases = ProAlias.None }).Select(one => one.Alias));
        Assert.Equal(["latest", "v1"], AliasPolicy.Plan(request with { Aliases = ProAlias.Major }).Select(one => one.Alias));
    }

    [Theory]
    [InlineData("abcdef012345")]
    [InlineData("v1.2.3-4-gabc1234")]
    public void A_commit_makes_latest_where_it_is_absent_and_no_other_alias(string version)
    {
        IReadOnlyList<AliasDecision> plan = Plan(version, ["v1.2.3"], []);

        Assert.Equal(["latest"], plan.Select(one => one.Alias));
        Assert.Equal(["latest"], Moved(plan));
    }

    [Theory]
    [InlineData(CommitRelation.Ancestor, true, "moves from v1.2.3 to abcdef012345, a later commit")]
    [InlineData(CommitRelation.NotAncestor, false, "stays at v1.2.3: its commit is not an ancestor of abcdef012345")]
    [InlineData(CommitRelation.Unknown, false, "stays at v1.2.3: whether its commit is an ancestor of abcdef012345 can't be told here")]
    internal void A_commit_moves_latest_only_from_an_ancestor(CommitRelation relation, bool moves, string reason)
    {
        AliasDecision latest = Assert.Single(Plan("abcdef012345", ["v1.2.3"], [("latest", "v1.2.3")], relation));

        Assert.Equal((moves, reason), (latest.Moves, latest.Reason));
    }

    [Fact]
    public void Without_anyone_to_ask_a_commit_leaves_latest_alone()
    {
        AliasRequest request = Request("abcdef012345", [], [("latest", null)], CommitRelation.Ancestor) with { Ancestry = null };

        Assert.Equal(
            "stays at sha256:1: whether its commit is an ancestor of abcdef012345 can't be told here",
            Assert.Single(AliasPolicy.Plan(request)).Reason);
    }

    [Fact]
    public void A_commit_built_again_keeps_latest_without_asking() =>
        Assert.True(Assert.Single(Plan("abcdef012345", [], [("latest", "abcdef012345")])).Moves);

    [Fact]
    public void The_next_release_takes_latest_back_from_a_commit()
    {
        IReadOnlyList<AliasDecision> plan = Plan("v1.2.4", ["v1.2.3", "abcdef012345"], [("latest", "abcdef012345")]);

        Assert.Equal("moves from abcdef012345 to v1.2.4, the newest stable release", Reason(plan, "latest"));
        Assert.DoesNotContain("latest", Moved(Plan("v1.2.2", ["v1.2.3", "abcdef012345"], [("latest", "abcdef012345")])));
    }

    [Fact]
    public void Always_and_Never_overrule_for_latest_alone()
    {
        AliasRequest old = Request("v1.1.9", ["v2.0.0", "v1.2.0"], [("latest", "v2.0.0"), ("v1", "v1.2.0")], CommitRelation.Unknown);
        AliasRequest dirty = Request("v1.1.9-dirty.abcdef012345", ["v2.0.0"], [("latest", "v2.0.0")], CommitRelation.Unknown);

        Assert.Equal(["latest", "v1.1"], Moved(AliasPolicy.Plan(old with { Latest = ProLatestPolicy.Always })));
        Assert.Equal(["latest"], Moved(AliasPolicy.Plan(dirty with { Latest = ProLatestPolicy.Always })));
        IReadOnlyList<AliasDecision> never = AliasPolicy.Plan(
            Request("v3.0.0", ["v2.0.0"], [("latest", "v2.0.0")], CommitRelation.Unknown) with { Latest = ProLatestPolicy.Never });
        Assert.Equal(["v3.0", "v3"], Moved(never));
        Assert.Equal("stays at v2.0.0: asked for by -Latest Never", Reason(never, "latest"));
    }

    [Theory]
    [InlineData("latest", true)]
    [InlineData("v1", true)]
    [InlineData("v0", true)]
    [InlineData("v1.2", true)]
    [InlineData("v1.02", false)]
    [InlineData("v1.2.3", false)]
    [InlineData("Latest", false)]
    [InlineData("1.2", false)]
    [InlineData("v1.2\n", false)]
    [InlineData("abcdef012345", false)]
    [InlineData(null, false)]
    public void Aliases_are_told_from_versions(string? tag, bool alias) => Assert.Equal(alias, AliasPolicy.IsAlias(tag));

    [Theory]
    [InlineData("v1.2.3", "latest v1.2 v1")]
    [InlineData("abcdef012345", "latest")]
    public void A_version_knows_the_aliases_of_its_line(string version, string aliases) =>
        Assert.Equal(aliases, string.Join(' ', AliasPolicy.Judged(ProVersion.Parse(version), ProAlias.Minor | ProAlias.Major)));

    [Fact]
    public void An_alias_ought_to_name_the_newest_stable_of_its_line()
    {
        ProVersion[] versions = new[] { "v1.2.3", "v1.2.10", "v1.3.0-rc.1", "v1.10.0", "v2.0.0-rc.1", "ffffffffffff" }
            .Select(ProVersion.Parse).ToArray();

        Assert.Equal("v1.2.10", AliasPolicy.NewestStable("v1.2", versions)?.ToString());
        Assert.Equal("v1.10.0", AliasPolicy.NewestStable("v1", versions)?.ToString());
        Assert.Equal("v1.10.0", AliasPolicy.NewestStable("latest", versions)?.ToString());
        Assert.Null(AliasPolicy.NewestStable("v2", versions));
        Assert.Null(AliasPolicy.NewestStable("v1.2.3", versions));
    }

    [Property(Arbitrary = [typeof(VersionArbitraries)], MaxTest = 500)]
    public void Over_any_history_of_builds_each_alias_follows_the_newest_stable_and_never_goes_back(ProVersion[] history, bool ahead)
    {
        Dictionary<string, ProVersion> holders = [];
        List<ProVersion> built = [];
        foreach (ProVersion version in history)
        {
            AliasRequest request = new(version, built, holders.Select(one => new AliasHolder(one.Key, one.Value, "sha256:1")).ToArray())
            {
                Aliases = Both,
                Ancestry = _ => ahead ? CommitRelation.Ancestor : CommitRelation.NotAncestor,
            };
            foreach (AliasDecision decision in AliasPolicy.Plan(request).Where(one => one.Moves))
            {
                Assert.True(
                    !version.IsStable || !holders.TryGetValue(decision.Alias, out ProVersion? held) || !held.IsStable
                        || held.CompareTo(version) <= 0,
                    $"{decision.Alias} went back from {holders.GetValueOrDefault(decision.Alias)} to {version}");
                Assert.Equal(version, AliasPolicy.IsAlias(decision.Alias) ? version : null);
                holders[decision.Alias] = version;
            }

            built.Add(version);
            Assert.False(version.IsDirty && holders.ContainsValue(version) && !built.SkipLast(1).Contains(version));
        }

        Assert.All(
            holders.Where(one => one.Key != "latest" || one.Value.IsStable),
            one => Assert.Equal(AliasPolicy.NewestStable(one.Key, built), one.Value));
    }

    private static IReadOnlyList<AliasDecision> Plan(
        string version, string[] existing, (string, string?)[] holders, CommitRelation relation = CommitRelation.Unknown) =>
        AliasPolicy.Plan(Request(version, existing, holders, relation));

    private static AliasRequest Request(
        string version, string[] existing, (string Alias, string? Version)[] holders, CommitRelation relation) =>
        new(
            ProVersion.Parse(version),
            existing.Select(ProVersion.Parse).ToArray(),
            holders.Select(
                one => new AliasHolder(one.Alias, one.Version is null ? null : ProVersion.Parse(one.Version), "sha256:1")).ToArray())
        {
            Aliases = Both,
            Ancestry = _ => relation,
        };

    private static string[] Moved(IEnumerable<AliasDecision> plan) => plan.Where(one => one.Moves).Select(one => one.Alias).ToArray();

    private static string Reason(IEnumerable<AliasDecision> plan, string alias) => plan.Single(one => one.Alias == alias).Reason;
}
