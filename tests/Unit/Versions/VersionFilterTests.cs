using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Versions;

public sealed class VersionFilterTests
{
    [Theory]
    [InlineData(">=1.2 <2", "v1.2.0", true)]
    [InlineData(">=1.2 <2", "v1.99.0", true)]
    [InlineData(">=1.2 <2", "v2.0.0", false)]
    [InlineData(">=1.2 <2", "v1.1.9", false)]
    [InlineData(">=v1.2 <V2", "v1.2.0", true)]
    [InlineData(">= v1.2.0 < v2", "v1.5.0", true)]
    [InlineData("^v1.2", "v1.9.9", true)]
    [InlineData("^1.2", "v2.0.0", false)]
    [InlineData("^0.2.3", "v0.3.0", false)]
    [InlineData("~1.2", "v1.2.9", true)]
    [InlineData("~1.2", "v1.3.0", false)]
    [InlineData("1.2.*", "v1.2.9", true)]
    [InlineData("v1.2.x", "v1.3.0", false)]
    [InlineData("v1.2", "v1.2.7", true)]
    [InlineData("1.2 - 1.4", "v1.4.9", true)]
    [InlineData("<1 || >=2", "v1.5.0", false)]
    [InlineData("*", "v1.5.0", true)]
    [InlineData("1.2.3", "v1.2.3+fork.1", true)]
    [InlineData(">=1.2 <2", "v1.3.0-rc.1", false)]
    [InlineData(">=1.3.0-rc.1 <2", "v1.3.0-rc.2", true)]
    [InlineData(">=1.3.0-rc.1 <2", "v1.4.0-rc.2", false)]
    [InlineData("*", "v1.3.0-4-gabc1234", false)]
    [InlineData("*", "v1.3.0-dirty.abcdef012345", false)]
    [InlineData("*", "abcdef012345", false)]
    public void A_range_holds_what_npm_says(string range, string version, bool inside) =>
        Assert.Equal(inside, VersionRange.Parse(range).Contains(ProVersion.Parse(version)));

    [Theory]
    [InlineData(">=1.2 <2", "v1.3.0-rc.1", true)]
    [InlineData(">=1.2 <2", "v2.0.0", false)]
    [InlineData(">=1.2 <2", "v1.3.0-4-gabc1234", true)]
    [InlineData(">=1.2 <2", "v1.3.0-dirty.abcdef012345", true)]
    [InlineData("*", "abcdef012345", false)]
    public void A_range_takes_prereleases_when_asked(string range, string version, bool inside) =>
        Assert.Equal(inside, VersionRange.Parse(range, includePrerelease: true).Contains(ProVersion.Parse(version)));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("newest")]
    [InlineData(">=1.2 <")]
    [InlineData("=>1.2")]
    [InlineData("1.2.3.4")]
    public void A_bad_range_is_refused_by_name(string range)
    {
        ProException error = Assert.Throws<ProException>(() => VersionRange.Parse(range));

        Assert.Equal("InvalidVersionRange", error.Id);
        Assert.Contains($"'{range}'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v1.2.*", "v1.2.3", true)]
    [InlineData("V1.2.*", "v1.2.3-rc.1", true)]
    [InlineData("v1.2.*", "v1.20.3", false)]
    [InlineData("v1.2.?", "v1.2.10", false)]
    [InlineData("v1.[2-4].0", "v1.3.0", true)]
    [InlineData("v1.[2-4].0", "v1.5.0", false)]
    [InlineData("v1.[24].0", "v1.3.0", false)]
    [InlineData("v1.[^2].0", "v1.3.0", false)]
    [InlineData("v1.2.3+*", "v1.2.3+b", true)]
    [InlineData("v1.2.3_*", "v1.2.3+b", true)]
    [InlineData("v1.2", "v1.2.0", false)]
    [InlineData("v1.2.3", "v1.2.3", true)]
    [InlineData("abc*", "abcdef012345", true)]
    [InlineData("v1.2.`*", "v1.2.3", false)]
    [InlineData("*", "v1.2.3", true)]
    public void A_pattern_matches_the_whole_text(string pattern, string version, bool matches) =>
        Assert.Equal(matches, VersionPattern.Parse(pattern).IsMatch(ProVersion.Parse(version)));

    [Theory]
    [InlineData("a*", "API", true)]
    [InlineData("a`*", "a*", true)]
    [InlineData("a`*", "api", false)]
    [InlineData("web[&1]", "web&", true)]
    [InlineData("web[1-3]", "web2", true)]
    [InlineData("web[3-1]", "web2", false)]
    [InlineData("web[3-1]", "WEB[3-1]", true)]
    [InlineData("web[", "web[", true)]
    public void A_names_pattern_has_the_same_wildcards_and_a_broken_one_matches_itself(string pattern, string name, bool matches) =>
        Assert.Equal(matches, NamePattern.Compile(pattern)(name));

    [Theory]
    [InlineData("v1.[2")]
    [InlineData("v1.[].0")]
    [InlineData("v1.[4-2].0")]
    public void A_bad_pattern_is_refused_by_name(string pattern)
    {
        ProException error = Assert.Throws<ProException>(() => VersionPattern.Parse(pattern));

        Assert.Equal("InvalidVersionPattern", error.Id);
        Assert.Contains($"'{pattern}'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_stars_take_no_longer_than_one()
    {
        VersionPattern pattern = VersionPattern.Parse(string.Concat(Enumerable.Repeat("*a", 60)) + "!");

        Assert.False(pattern.IsMatch(new string('a', 2000)));
    }

    [Theory]
    [InlineData("apii", "api")]
    [InlineData("aip", "api")]
    [InlineData("API", "api")]
    [InlineData("crawlr", "crawler")]
    [InlineData("clea", "cleaner")]
    [InlineData("brokre", "broker")]
    [InlineData("zebra", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void The_nearest_name_is_suggested_and_none_where_none_is_near(string typed, string? nearest) =>
        Assert.Equal(nearest, NameSuggestion.Nearest(typed, ["web", "api", "admin", "crawler", "cleaner", "broker"]));
}
