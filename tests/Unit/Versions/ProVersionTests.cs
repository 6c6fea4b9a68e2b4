using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Versions;

public sealed class ProVersionTests
{
    [Theory]
    [InlineData("v1.2.3", "1", "2", "3", null, null)]
    [InlineData("v0.0.0", "0", "0", "0", null, null)]
    [InlineData("v1.4.0-beta.1", "1", "4", "0", "beta.1", null)]
    [InlineData("v2.3.8+fork.1", "2", "3", "8", null, "fork.1")]
    [InlineData("v1.0.0-x-y.0+007", "1", "0", "0", "x-y.0", "007")]
    [InlineData("v20250115120000.0.99999999999999999999", "20250115120000", "0", "99999999999999999999", null, null)]
    public void A_release_is_v_and_a_semantic_version(string text, string major, string minor, string patch, string? pre, string? build)
    {
        ProVersion version = ProVersion.Parse(text);

        Assert.Equal(ProVersionKind.Release, version.Kind);
        Assert.Equal((major, minor, patch), (version.Major.ToString(), version.Minor.ToString(), version.Patch.ToString()));
        Assert.Equal((pre, build), (version.Prerelease, version.BuildMetadata));
        Assert.Equal((pre is not null, pre is null), (version.IsPrerelease, version.IsStable));
        Assert.Equal(text, version.ToString());
        Assert.Null(version.CommitHash);
    }

    [Theory]
    [InlineData("abcdef012345", "abcdef012345")]
    [InlineData("202501151200", "202501151200")]
    [InlineData("abcdef0123456", "abcdef012345")]
    [InlineData("0123456789abcdef0123456789abcdef01234567", "0123456789ab")]
    public void A_commit_is_named_by_twelve_digits_whatever_was_given(string text, string name)
    {
        ProVersion version = ProVersion.Parse(text);

        Assert.Equal(ProVersionKind.Commit, version.Kind);
        Assert.Equal(name, version.ToString());
        Assert.Equal(text, version.CommitHash);
        Assert.Null(version.Major);
        Assert.False(version.IsStable || version.IsPrerelease);
    }

    [Theory]
    [InlineData("v1.2.3-4-gabc1234", "1.2.3", null, 4, "abc1234", "v1.2.3-4-gabc1234")]
    [InlineData("v1.2.3-rc.1-14-gabcdef012345", "1.2.3", "rc.1", 14, "abcdef012345", "v1.2.3-rc.1-14-gabcdef012345")]
    [InlineData("v1.2.3-0-gabcdef0123456789", "1.2.3", null, 0, "abcdef0123456789", "v1.2.3-0-gabcdef012345")]
    [InlineData("v1.2.3-4-gabc1234-2-gdef5678", "1.2.3", "4-gabc1234", 2, "def5678", "v1.2.3-4-gabc1234-2-gdef5678")]
    public void What_git_describe_prints_is_a_commit_after_its_base(
        string text, string numbers, string? pre, int count, string hash, string name)
    {
        ProVersion version = ProVersion.Parse(text);

        Assert.Equal(ProVersionKind.Describe, version.Kind);
        Assert.Equal(numbers, $"{version.Major}.{version.Minor}.{version.Patch}");
        Assert.Equal((pre, count, hash), (version.Prerelease, version.CommitCount, version.CommitHash));
        Assert.Equal(name, version.ToString());
        Assert.False(version.IsStable || version.IsPrerelease);
    }

    [Theory]
    [InlineData("v1.2.3-4-gabc1234", "4-gabc1234")]
    [InlineData("v1.2.3-dirty.abcdef012345", "dirty.abcdef012345")]
    [InlineData("v1.2.3-dirty", "dirty")]
    public void An_exact_git_tag_wins_over_what_it_might_describe(string text, string pre)
    {
        ProVersion tag = ProVersion.ParseTag(text);

        Assert.Equal((ProVersionKind.Release, pre, false), (tag.Kind, tag.Prerelease, tag.IsDirty));
        Assert.Equal(ProVersion.Parse(text), tag);
    }

    [Theory]
    [InlineData("abcdef012345")]
    [InlineData("v1.2.3-01")]
    [InlineData("nightly")]
    [InlineData(null)]
    public void A_git_tag_that_is_no_semantic_version_is_no_version(string? text) =>
        Assert.False(ProVersion.TryParseTag(text, out _));

    [Theory]
    [InlineData("v1.2.3-dirty.000000000001", "v1.2.3", "000000000001")]
    [InlineData("v1.2.3+b-dirty.012345678901", "v1.2.3+b", "012345678901")]
    [InlineData("v1.2.3-4-gabc1234-dirty.abcdef012345", "v1.2.3-4-gabc1234", "abcdef012345")]
    [InlineData("abcdef012345-dirty.abcdef012345", "abcdef012345", "abcdef012345")]
    [InlineData("v1.2.3-dirty", "v1.2.3", null)]
    [InlineData("v1.2.3-4-gabc1234-dirty", "v1.2.3-4-gabc1234", null)]
    public void A_dirty_suffix_is_read_outside_of_SemVer(string text, string clean, string? hash)
    {
        ProVersion version = ProVersion.Parse(text);

        Assert.True(version.IsDirty);
        Assert.False(version.IsStable);
        Assert.Equal(hash, version.DirtyHash);
        Assert.Equal(text, version.ToString());
        Assert.Equal(ProVersion.Parse(clean).Kind, version.Kind);
    }

    [Fact]
    public void A_dirty_version_is_made_from_a_clean_one_and_keeps_its_time()
    {
        ProVersion commit = ProVersion.Parse("abcdef012345").WithTime(DateTimeOffset.UnixEpoch);

        ProVersion dirty = commit.WithDirty("0123456789abcdef");

        Assert.Equal("abcdef012345-dirty.0123456789ab", dirty.ToString());
        Assert.Equal(DateTimeOffset.UnixEpoch, dirty.Time);
        Assert.Equal("abcdef012345-dirty.ffffffffffff", dirty.WithDirty("ffffffffffff").ToString());
        Assert.Equal("InvalidHash", Assert.Throws<ProException>(() => commit.WithDirty("0123")).Id);
        Assert.Equal("InvalidHash", Assert.Throws<ProException>(() => commit.WithDirty("ABCDEF012345")).Id);
    }

    [Fact]
    public void A_version_is_never_longer_than_an_image_tag()
    {
        string longest = "v1.2.3-" + new string('a', 121);

        Assert.Equal(128, ProVersion.Parse(longest).ImageTag.Length);
        Assert.Equal("VersionTooLong", Assert.Throws<ProException>(() => ProVersion.Parse(longest + "a")).Id);
        Assert.Equal("VersionTooLong", Assert.Throws<ProException>(() => ProVersion.ParseTag(longest + "a")).Id);
        Assert.Equal("VersionTooLong", Assert.Throws<ProException>(() => ProVersion.Parse(longest).WithDirty("abcdef012345")).Id);
    }

    [Theory]
    [InlineData("v2.3.8+fork.1", "v2.3.8_fork.1")]
    [InlineData("v1.2.3-rc.1+a.b", "v1.2.3-rc.1_a.b")]
    [InlineData("v1.2.3+b-dirty.012345678901", "v1.2.3_b-dirty.012345678901")]
    [InlineData("v1.2.3", "v1.2.3")]
    [InlineData("abcdef012345", "abcdef012345")]
    public void An_image_tag_is_the_version_with_an_underscore_for_the_plus(string text, string tag)
    {
        Assert.Equal(tag, ProVersion.Parse(text).ImageTag);
        Assert.True(ProVersion.TryFromImageTag(tag, out ProVersion? back));
        Assert.Equal(text, back.ToString());
    }

    [Theory]
    [InlineData("abc1234")]
    [InlineData("0123456789abcdef0123456789abcdef01234567")]
    [InlineData("v1.2.3-4-g0123456789abcdef0123")]
    public void A_hash_found_on_an_image_keeps_its_length(string tag)
    {
        Assert.True(ProVersion.TryFromImageTag(tag, out ProVersion? version));
        Assert.Equal(tag, version.ImageTag);
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("v1")]
    [InlineData("v1.2")]
    [InlineData("v1.2.3+b")]
    [InlineData("v1.2.3_a_b")]
    [InlineData("_v1.2.3")]
    [InlineData("1.2.3")]
    [InlineData("<none>")]
    [InlineData("abc123")]
    [InlineData("")]
    [InlineData(null)]
    public void Other_image_tags_are_no_versions(string? tag) => Assert.False(ProVersion.TryFromImageTag(tag, out _));

    [Theory]
    [InlineData("1.2.3", "v1.2.3", "lacks the prefix 'v'")]
    [InlineData("version-1.2.3", "v1.2.3", "prefix is not 'v' alone")]
    [InlineData("release_1.2.3", "v1.2.3", "prefix is not 'v' alone")]
    [InlineData("release-v1.2.3", "v1.2.3", "prefix is not 'v' alone")]
    [InlineData("refs/tags/v1.2.3", "v1.2.3", "prefix is not 'v' alone")]
    [InlineData("V1.2.3", "v1.2.3", "capital 'V'")]
    [InlineData("V1.2.3-RC.1", "v1.2.3-RC.1", "capital 'V'")]
    [InlineData("v1.2", "v1.2.0", "lacks one of its three numbers")]
    [InlineData("v1", "v1.0.0", "lacks one of its three numbers")]
    [InlineData("1.2", "v1.2.0", "lacks one of its three numbers")]
    [InlineData("v01.2.3", "v1.2.3", "leading zero")]
    [InlineData("v1.02.3", "v1.2.3", "leading zero")]
    [InlineData("v1.2.3-rc.01", "v1.2.3-rc.1", "leading zero")]
    [InlineData("v1.2.3_fork.1", "v1.2.3+fork.1", "not 'v' and a semantic version")]
    [InlineData("v1.2.3_beta", "v1.2.3-beta", "not 'v' and a semantic version")]
    [InlineData("v1.2.3.4", "v1.2.3+4", "not 'v' and a semantic version")]
    [InlineData("v1.2.3rc1", "v1.2.3-rc1", "not 'v' and a semantic version")]
    [InlineData("v1.2.3-", "v1.2.3", "not 'v' and a semantic version")]
    [InlineData(" v1.2.3", "v1.2.3", "white space")]
    [InlineData("v1.2.3\n", "v1.2.3", "white space")]
    [InlineData("ABCDEF012345", "abcdef012345", "not 'v' and a semantic version")]
    public void A_bad_name_is_refused_with_the_right_one(string text, string suggestion, string reason)
    {
        ProException error = Assert.Throws<ProException>(() => ProVersion.Parse(text));

        Assert.Equal(("InvalidVersion", ProErrorCategory.InvalidArgument), (error.Id, error.Category));
        Assert.Contains($"'{text}'", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        var advice = reason.Contains("lacks one of its three numbers", StringComparison.Ordinal)
            ? $"Name the release with all three numbers, such as '{suggestion}'."
            : $"Use '{suggestion}'.";
        Assert.Equal(advice, error.RecommendedAction);
    }

    [Theory]
    [InlineData("nightly")]
    [InlineData("2025-01-15")]
    [InlineData("-x")]
    [InlineData("v")]
    [InlineData("v1.2.3-é")]
    [InlineData("v１.2.3")]
    [InlineData("")]
    [InlineData("v1.2.3-dirty.xyz!")]
    public void Where_nothing_was_probably_meant_the_error_tells_the_forms(string text)
    {
        ProException error = Assert.Throws<ProException>(() => ProVersion.Parse(text));

        Assert.Equal("InvalidVersion", error.Id);
        Assert.False(ProVersion.TryParse(text, out _));
    }

    [Theory]
    [InlineData("abc1234", "CommitTooShort", "git rev-parse --short=12 abc1234")]
    [InlineData("latest", "AliasIsNoVersion", "Get-ProImageVersion")]
    public void A_short_hash_and_an_alias_are_told_apart(string text, string id, string action)
    {
        ProException error = Assert.Throws<ProException>(() => ProVersion.Parse(text));

        Assert.Equal(id, error.Id);
        Assert.Contains(action, error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void The_command_in_the_advice_quotes_nothing_dangerous()
    {
        Assert.Contains("'1.2.3^{}'", Advice("1.2.3"), StringComparison.Ordinal);
        Assert.DoesNotContain("git tag", Advice("1.2.3';rm"), StringComparison.Ordinal);

        static string Advice(string tag) => VersionSuggestion.ExplainTag(tag, new string('a', 40), [tag], [tag]).RecommendedAction!;
    }

    [Fact]
    public void Versions_of_one_text_are_equal_whatever_else_is_known()
    {
        ProVersion commit = ProVersion.Parse("abcdef012345");

        Assert.Equal(commit, commit.WithTime(DateTimeOffset.UnixEpoch));
        Assert.Equal(commit.GetHashCode(), ProVersion.Parse("abcdef0123456789").GetHashCode());
        Assert.NotEqual(commit, ProVersion.Parse("abcdef012346"));
        Assert.False(commit.Equals("abcdef012345"));
        Assert.Throws<ArgumentException>(() => commit.CompareTo("abcdef012345"));
        Assert.True(commit.CompareTo((object?)null) > 0);
    }
}
