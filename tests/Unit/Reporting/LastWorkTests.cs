using Pro.DockerVersioning.Reporting;
using Xunit;

namespace Pro.DockerVersioning.Tests.Reporting;

/// <summary>The answer to a further Ctrl+C.</summary>
public sealed class LastWorkTests
{
    [Theory]
    [InlineData(0.0, "Still restoring api to v1.2.0 (at most 14 s more). Nothing is left half done.")]
    [InlineData(3.9, "Still restoring api to v1.2.0 (at most 11 s more). Nothing is left half done.")]
    [InlineData(13.5, "Still restoring api to v1.2.0 (at most 1 s more). Nothing is left half done.")]
    [InlineData(14.0, "Still restoring api to v1.2.0, which takes longer than expected. Nothing is left half done.")]
    public void It_says_what_goes_on_and_for_how_long_at_most(double since, string text) =>
        Assert.Equal(text, new LastWorkReport("restoring api to v1.2.0", TimeSpan.FromSeconds(14)).Describe(TimeSpan.FromSeconds(since)));

    [Fact]
    public void Without_a_bound_it_promises_none() => Assert.Equal(
        "Still taking api back to v1.2.0. Nothing is left half done.",
        new LastWorkReport("taking api back to v1.2.0", AtMost: null).Describe(TimeSpan.FromMinutes(3)));
}
