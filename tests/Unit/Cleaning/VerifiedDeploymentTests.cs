using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

/// <summary>Which versions are no way back any more.</summary>
public sealed class VerifiedDeploymentTests
{
    [Theory]
    [InlineData("v1.1.0", "v1.0.0", true)]
    [InlineData("v1.0.0", "v1.1.0", false)]
    [InlineData("v1.0.0", "v1.0.0", false)]
    [InlineData("v1.0.0", "v1.0.0-rc.1", true)]
    [InlineData("v1.0.0-rc.1", "v1.0.0", false)]
    [InlineData("abcdef012345", "012345abcdef", true)]
    [InlineData("012345abcdef", "abcdef012345", true)]
    public void Only_a_rollback_to_a_lower_version_leaves_what_ran(string from, string to, bool leaves)
    {
        Assert.Equal(leaves, VerifiedDeployment.Leaves(ProHistoryKind.Rollback, ProVersion.Parse(from), ProVersion.Parse(to)));
        Assert.False(VerifiedDeployment.Leaves(ProHistoryKind.Deploy, ProVersion.Parse(from), ProVersion.Parse(to)));
    }

    // Managers of other platforms, or with another image store, have it under other ids.
    [Fact]
    public void A_swarms_image_is_known_by_its_digest_and_no_digest_is_never_the_same()
    {
        var step = Step("v1.0.0", "v2.0.0");
        Assert.True((step with { Digest = "sha256:1" }).HasDigest("sha256:1"));
        Assert.False((step with { Digest = "sha256:1" }).HasDigest("sha256:2"));
        Assert.False(step.HasDigest(null));
    }

    [Fact]
    public void An_upgrade_by_rollback_leaves_nothing_and_makes_what_it_starts_good_again()
    {
        // Newest first: back to v1, up to v2 by Invoke-ProRollback; then v2 is no more left behind, and v1 never was.
        VerifiedDeployment[] steps = [Step("v2.0.0", "v1.0.0"), Step("v1.0.0", "v2.0.0")];
        Assert.Equal(["v2.0.0"], VerifiedDeployment.LeftBehind(steps[1..]).Select(version => version.ToString()));
        Assert.Empty(VerifiedDeployment.LeftBehind(steps));
    }

    [Fact]
    public void What_was_left_and_deployed_again_since_is_a_way_back_again()
    {
        VerifiedDeployment[] steps = [Step("v2.0.0", "v1.0.0") with { Kind = ProHistoryKind.Deploy }, Step("v1.0.0", "v2.0.0")];
        Assert.Empty(VerifiedDeployment.LeftBehind(steps));
    }

    [Fact]
    public void A_version_that_was_restored_is_a_previous_version_again_and_the_one_that_failed_is_none()
    {
        // Newest first: v3 fails and v2 is restored, which a rollback had left before.
        VerifiedDeployment[] steps = [Restored("v2.0.0", "v3.0.0"), Step("v1.0.0", "v2.0.0"), Deployed("v2.0.0", "v1.0.0")];
        Assert.Equal(["v3.0.0"], VerifiedDeployment.LeftBehind(steps).Select(version => version.ToString()));
        Assert.Equal("v2.0.0", Previous("v4.0.0", [Deployed("v4.0.0", "v2.0.0"), .. steps]));
    }

    [Fact]
    public void The_last_five_versions_are_remembered_and_what_left_one_of_them()
    {
        VerifiedDeployment[] steps =
        [
            Deployed("v7.0.0", "v6.0.0"), Deployed("v6.0.0", "v5.0.0"), Step("v4.0.0", "v5.0.0"), Deployed("v5.0.0", "v4.0.0"),
            Deployed("v4.0.0", "v3.0.0"), Deployed("v3.0.0", "v2.0.0"), Deployed("v2.0.0", "v1.0.0"), Deployed("v1.0.0", "v0.1.0"),
        ];

        var kept = VerifiedDeployment.Remember(steps);

        Assert.Equal(["v7.0.0", "v6.0.0", "v4.0.0", "v5.0.0", "v3.0.0"], kept.Select(step => step.Version.ToString()));
        Assert.Equal(["v5.0.0"], VerifiedDeployment.LeftBehind(kept).Select(version => version.ToString()));
        Assert.Equal(kept, VerifiedDeployment.Remember(kept));

        // A later deployment of v4 takes the place of the rollback to it, which is all that says that v5 was left.
        VerifiedDeployment[] later = [Deployed("v4.0.0", "v7.0.0"), .. kept];
        Assert.Contains(kept[2], VerifiedDeployment.Remember(later));
        Assert.Equal("v7.0.0", Previous("v4.0.0", VerifiedDeployment.Remember(later)));
    }

    [Fact]
    public void What_stands_on_the_engine_goes_before_the_history_which_only_adds()
    {
        VerifiedDeployment[] history = [Deployed("v3.0.0", "v2.0.0"), Deployed("v2.0.0", "v1.0.0"), Deployed("v1.0.0", null)];
        VerifiedDeployment[] engine = [Step("v2.0.0", "v3.0.0"), Deployed("v3.0.0", "v2.0.0")];

        // Another operator has rolled v3 back: this one's history doesn't know.
        Assert.Equal("v1.0.0", Previous("v2.0.0", engine, history));
        Assert.Equal("v3.0.0", Previous("v2.0.0", [], history));
        Assert.Null(Previous("v2.0.0", engine));

        // What was left by one's own history and verified by another since is one again.
        Assert.Equal(
            "v3.0.0", Previous("v4.0.0", [Deployed("v4.0.0", "v3.0.0"), Deployed("v3.0.0", "v2.0.0")], [Step("v2.0.0", "v3.0.0")]));
    }

    private static string? Previous(
        string current, IReadOnlyList<VerifiedDeployment> verified, IReadOnlyList<VerifiedDeployment>? history = null) =>
        PreviousVersionRule.Find(
            new ImageInventory([], []),
            ImageReference.Parse("r/api"),
            [],
            new TargetNow("container.api", ProVersion.Parse(current), new HashSet<string>()),
            history ?? [],
            verified)?.Version.ToString();

    private static VerifiedDeployment Deployed(string version, string? from) =>
        new(ProHistoryKind.Deploy, ProVersion.Parse(version), from is null ? null : ProVersion.Parse(from), null, DateTimeOffset.UnixEpoch);

    private static VerifiedDeployment Restored(string version, string failed) =>
        Step(version, failed) with { Kind = ProHistoryKind.Restore };

    private static VerifiedDeployment Step(string version, string from) => new(
        ProHistoryKind.Rollback, ProVersion.Parse(version), ProVersion.Parse(from), null, DateTimeOffset.UnixEpoch);
}
