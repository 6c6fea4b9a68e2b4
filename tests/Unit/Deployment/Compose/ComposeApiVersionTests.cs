using Pro.DockerVersioning.Deployment.Compose;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

/// <summary>docker-compose 1.x and engines that are younger than it.</summary>
public sealed class ComposeApiVersionTests
{
    [Theory]
    [InlineData("1.29.2", "1.41", null, null)]
    [InlineData("1.29.2", "1.44", null, null)]
    [InlineData("1.29.2", "1.45", null, "1.44")]
    [InlineData("1.29.2", "1.51", null, "1.44")]
    [InlineData("1.29.2", "1.51", "", "1.44")]
    [InlineData("1.29.2", "1.51", "auto", "1.44")]
    [InlineData("1.29.2", "1.41", "auto", null)]
    [InlineData("1.29.2", "1.51", "1.43", null)]
    [InlineData("1.29.2", null, null, null)]
    [InlineData("2.26.1", "1.51", null, null)]
    public void The_first_compose_asks_in_the_last_version_that_it_understands_and_an_operators_word_goes_before(
        string compose, string? engine, string? own, string? expected) =>
        Assert.Equal(
            expected,
            ComposeUp.ApiVersionFor(
                new ComposeProgram("docker-compose", [], compose, Version.Parse(compose)), engine is null
                    ? null
                    : Version.Parse(engine), own));
}
