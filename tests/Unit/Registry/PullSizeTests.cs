using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Registry;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

public sealed class PullSizeTests
{
    [Theory]
    [InlineData("linux/amd64", "amd")]
    [InlineData("linux/arm64", "arm")]
    [InlineData("linux/riscv64", null)]
    public void Of_an_index_the_engines_own_platform_is_pulled(string platform, string? digest) =>
        Assert.Equal(digest, PullSize.ChildFor(platform, [
            Child("attestation", "unknown/unknown", isAttestation: true),
            Child("amd", "linux/amd64"),
            Child("arm", "linux/arm64/v8"),
            Child("windows", "windows/amd64"),
        ])?.Descriptor.Digest);

    private static ManifestChild Child(string digest, string platform, bool isAttestation = false) =>
        new(new ManifestDescriptor(digest, "", 1), platform, isAttestation);
}
