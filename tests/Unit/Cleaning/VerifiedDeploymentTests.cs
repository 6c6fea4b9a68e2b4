using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Services.Deployment;
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

    private static VerifiedDeployment Step(string version, string from) => new(
        ProHistoryKind.Rollback, ProVersion.Parse(version), ProVersion.Parse(from), null, DateTimeOffset.UnixEpoch);
}
