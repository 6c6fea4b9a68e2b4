using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Build;

/// <summary>Two people, or two jobs, on one engine.</summary>
public sealed class ConcurrencyTests : EngineTest
{
    private readonly Shell _other = new();

    [Fact]
    public async Task The_same_build_twice_at_once_gives_one_image_and_no_error()
    {
        _ = Release("v1.0.0");
        var (one, other) = await AtOnceAsync("Build-ProImage api v1.0.0", "Build-ProImage api v1.0.0");
        Assert.Equal(Id("api:v1.0.0"), Id("api:latest"));
        Assert.Contains(Id("api:v1.0.0"), new[] { Text(one, "ImageId"), Text(other, "ImageId") });
        Assert.Equal(Head, Labels("api:v1.0.0")["org.opencontainers.image.revision"]);
    }

    [Fact]
    public async Task Two_versions_at_once_leave_latest_at_the_newer()
    {
        _ = Release("v1.0.0");
        _ = Release("v1.1.0");
        for (var round = 0; round < 3; round++)
        {
            var registry = $"{Registry}/round{round}";
            _ = await AtOnceAsync($"Build-ProImage api v1.1.0 -Registry {registry}", $"Build-ProImage api v1.0.0 -Registry {registry}");
            Assert.Equal(TestEngine.IdOf($"{registry}/api:v1.1.0"), TestEngine.IdOf($"{registry}/api:latest"));
        }
    }

    protected override void Dispose(bool disposing)
    {
        _other.Dispose();
        base.Dispose(disposing);
    }

    private async Task<(PSObject One, PSObject Other)> AtOnceAsync(string one, string other)
    {
        _ = _other.In(Repository.Root);
        var second = Task.Run(() => _other.Run(other), Cancel);
        var first = Run(one).ThrowIfFailed();
        return (Assert.Single(first.Output), Assert.Single((await second).ThrowIfFailed().Output));
    }
}
