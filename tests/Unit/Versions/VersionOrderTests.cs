using FsCheck.Xunit;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Versions;

public sealed class VersionOrderTests
{
    [Fact]
    public void Versions_sort_by_SemVer_with_descriptions_after_their_base_and_commits_below_all()
    {
        string[] oldestFirst =
        [
            "ffffffffffff",
            "v0.9.0",
            "v1.0.0-alpha",
            "v1.0.0-alpha.1",
            "v1.0.0-alpha.beta",
            "v1.0.0-rc.2",
            "v1.0.0-rc.2-3-gabc1234",
            "v1.0.0-rc.10",
            "v1.0.0-dirty.abcdef012345",
            "v1.0.0",
            "v1.0.0-4-gabc1234-dirty.abcdef012345",
            "v1.0.0-4-gabc1234",
            "v1.0.0-12-gabc1234",
            "v1.0.0+a",
            "v1.0.0+b",
            "v1.0.1-rc.1",
            "v1.0.1",
            "v1.10.0",
            "v2.0.0",
            "v10000000000000000000000.0.0",
        ];

        Assert.Equal(oldestFirst, Enumerable.Reverse(oldestFirst).Select(ProVersion.Parse).Order().Select(version => version.ToString()));
    }

    [Fact]
    public void Commits_sort_by_their_time_and_one_without_stands_lowest()
    {
        ProVersion late = ProVersion.Parse("aaaaaaaaaaaa").WithTime(new DateTimeOffset(2025, 1, 1, 12, 0, 0, TimeSpan.FromHours(-5)));
        ProVersion early = ProVersion.Parse("bbbbbbbbbbbb").WithTime(new DateTimeOffset(2025, 1, 1, 13, 0, 0, TimeSpan.Zero));
        ProVersion unknown = ProVersion.Parse("cccccccccccc");

        Assert.Equal([unknown, early, late], new[] { late, unknown, early }.Order());
    }

    [Fact]
    public void A_commit_stands_right_after_its_release_by_its_count_and_then_by_its_time()
    {
        VersionPlace after = VersionPlace.Of(ProVersion.Parse("v1.0.0"))!;
        ProVersion late = ProVersion.Parse("aaaaaaaaaaaa").WithTime(DateTimeOffset.UnixEpoch.AddDays(2)).At(after with { Count = null });
        ProVersion early = ProVersion.Parse("bbbbbbbbbbbb").WithTime(DateTimeOffset.UnixEpoch.AddDays(1)).At(after with { Count = null });
        ProVersion fifth = ProVersion.Parse("cccccccccccc").At(VersionPlace.Of(ProVersion.Parse("v1.0.0-5-gcccccccccccc"))!);
        ProVersion[] oldestFirst =
        [
            ProVersion.Parse("eeeeeeeeeeee"),
            ProVersion.Parse("v1.0.0"),
            ProVersion.Parse("v1.0.0-4-gabc1234"),
            fifth,
            ProVersion.Parse("v1.0.0-6-gabc1234"),
            early,
            late,
            ProVersion.Parse("v1.0.1-rc.1"),
        ];

        Assert.Equal(oldestFirst, Enumerable.Reverse(oldestFirst).Order());
    }

    [Fact]
    public void The_same_text_as_a_tag_stands_below_the_release_that_it_seems_to_describe()
    {
        ProVersion release = ProVersion.Parse("v1.2.3");

        Assert.True(ProVersion.ParseTag("v1.2.3-4-gabc1234").CompareTo(release) < 0);
        Assert.True(ProVersion.Parse("v1.2.3-4-gabc1234").CompareTo(release) > 0);
    }

    [Property(Arbitrary = [typeof(VersionArbitraries)], MaxTest = 2000)]
    public void The_order_is_antisymmetric(ProVersion one, ProVersion other) =>
        Assert.Equal(Math.Sign(one.CompareTo(other)), -Math.Sign(other.CompareTo(one)));

    [Property(Arbitrary = [typeof(VersionArbitraries)], MaxTest = 5000)]
    public void The_order_is_transitive(ProVersion a, ProVersion b, ProVersion c)
    {
        ProVersion[] sorted = [a, b, c];
        Array.Sort(sorted);

        Assert.True(sorted[0].CompareTo(sorted[1]) <= 0 && sorted[1].CompareTo(sorted[2]) <= 0 && sorted[0].CompareTo(sorted[2]) <= 0);
        Assert.False(a.CompareTo(b) == 0 && Math.Sign(a.CompareTo(c)) != Math.Sign(b.CompareTo(c)));
        Assert.False(a.CompareTo(b) < 0 && b.CompareTo(c) < 0 && a.CompareTo(c) >= 0);
    }

    [Property(Arbitrary = [typeof(VersionArbitraries)], MaxTest = 5000)]
    public void Only_equal_versions_compare_as_equal(ProVersion one, ProVersion other)
    {
        bool same = one.Equals(other) && one.Kind == other.Kind && one.IsDirty == other.IsDirty && (one.Kind != ProVersionKind.Commit
            || (one.Place == other.Place && (one.Place?.Count is not null || one.Time == other.Time)));

        Assert.Equal(same, one.CompareTo(other) == 0);
        Assert.Equal(one.Equals(other), one.ToString() == other.ToString());
    }

    [Property(Arbitrary = [typeof(VersionArbitraries)], MaxTest = 2000)]
    public void Image_tags_are_reversible_and_inside_Dockers_grammar(ProVersion version)
    {
        Assert.Matches(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\z", version.ImageTag);
        Assert.True(ProVersion.TryFromImageTag(version.ImageTag, out ProVersion? back));
        Assert.Equal(version, back);
        Assert.False(AliasPolicy.IsAlias(version.ImageTag));
        Assert.Equal(version, ProVersion.Parse(version.ToString()));
    }

    [Property(MaxTest = 2000)]
    public void Reading_any_text_never_fails_otherwise_than_by_saying_no(string? text)
    {
        if (ProVersion.TryFromImageTag(text, out ProVersion? version))
        {
            Assert.Equal(text, version.ImageTag);
        }

        Assert.True(text is null || VersionSuggestion.Suggest(text) is not { } suggestion || ProVersion.TryParse(suggestion, out _));
        Assert.NotNull(VersionSuggestion.Explain(text));
    }
}
