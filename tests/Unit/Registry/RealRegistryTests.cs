using Pro.DockerVersioning.Registry;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

/// <summary>Against distribution's own registry, run as a process.</summary>
public sealed class RealRegistryTests
{
    private const int Bound = 60_000;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Bound)]
    public async Task Tags_and_manifests_of_a_real_registry_are_read()
    {
        await using var registry = await RegistryProcess.StartAsync(null, Cancel);
        using var content = new RegistryContent(registry.Host);
        var image = await content.PushImageAsync("pro/api", "v1.2.3", "one", Cancel);
        var other = await content.PushImageAsync("pro/api", "v1.3.0_build.5", "two", Cancel, RegistryContent.OciImageType);
        using var client = new RegistryClient(registry.Host, Secrets.None);

        Assert.Equal(["v1.2.3", "v1.3.0_build.5"], (await client.GetTagsAsync("pro/api", Cancel)).Order(StringComparer.Ordinal));

        var head = await client.HeadManifestAsync("pro/api", "v1.2.3", Cancel);
        var manifest = await client.GetManifestAsync("pro/api", "v1.2.3", Cancel);
        Assert.Equal(new ManifestHead(image.Digest, RegistryContent.ImageType, manifest!.Size), head);
        Assert.Equal(image.Digest, manifest.Digest);
        Assert.Equal(image.Config, manifest.Config!.Digest);
        Assert.False(manifest.IsIndex);
        Assert.Equal(3, Assert.Single(manifest.Layers).Size);

        var byDigest = await client.GetManifestAsync("pro/api", other.Digest, Cancel);
        Assert.Equal(RegistryContent.OciImageType, byDigest!.MediaType);
        Assert.Equal(other.Config, byDigest.Config!.Digest);
    }

    [Fact(Timeout = Bound)]
    public async Task An_index_tells_its_platforms_and_knows_attestations()
    {
        await using var registry = await RegistryProcess.StartAsync(null, Cancel);
        using var content = new RegistryContent(registry.Host);
        var amd = await content.PushImageAsync("pro/api", "amd", "one", Cancel, RegistryContent.OciImageType);
        var arm = await content.PushImageAsync("pro/api", "arm", "two", Cancel, RegistryContent.OciImageType);
        var attestation = await content.PushImageAsync("pro/api", "att", "three", Cancel, RegistryContent.OciImageType);
        var index = $$"""
            { "schemaVersion": 2, "mediaType": "{{RegistryContent.OciIndexType}}", "manifests": [
              { "mediaType": "{{RegistryContent.OciImageType}}", "digest": "{{amd.Digest}}", "size": 700,
                "platform": { "architecture": "amd64", "os": "linux" } },
              { "mediaType": "{{RegistryContent.OciImageType}}", "digest": "{{arm.Digest}}", "size": 701,
                "platform": { "architecture": "arm64", "os": "linux", "variant": "v8" } },
              { "mediaType": "{{RegistryContent.OciImageType}}", "digest": "{{attestation.Digest}}", "size": 702,
                "annotations": { "vnd.docker.reference.type": "attestation-manifest" },
                "platform": { "architecture": "unknown", "os": "unknown" } } ] }
            """;
        var digest = await content.PushManifestAsync("pro/api", "v2.0.0", index, RegistryContent.OciIndexType, Cancel);
        using var client = new RegistryClient(registry.Host, Secrets.None);

        var manifest = await client.GetManifestAsync("pro/api", "v2.0.0", Cancel);

        Assert.Equal(digest, manifest!.Digest);
        Assert.True(manifest.IsIndex);
        Assert.Equal(["linux/amd64", "linux/arm64/v8", "unknown/unknown"], manifest.Children.Select(child => child.Platform));
        Assert.Equal([false, false, true], manifest.Children.Select(child => child.IsAttestation));
        Assert.Equal(arm.Digest, manifest.Children[1].Descriptor.Digest);
        Assert.Equal(RegistryContent.OciIndexType, (await client.HeadManifestAsync("pro/api", "v2.0.0", Cancel))!.MediaType);
    }

    [Fact(Timeout = Bound)]
    public async Task What_is_not_there_is_null_and_an_unknown_repository_is_its_own_error()
    {
        await using var registry = await RegistryProcess.StartAsync(null, Cancel);
        using var content = new RegistryContent(registry.Host);
        await content.PushImageAsync("pro/api", "v1.0.0", "one", Cancel);
        using var client = new RegistryClient(registry.Host, Secrets.None);

        Assert.Null(await client.HeadManifestAsync("pro/api", "v9.9.9", Cancel));
        Assert.Null(await client.GetManifestAsync("pro/api", "v9.9.9", Cancel));
        Assert.Null(await client.HeadManifestAsync("pro/unheard", "v1.0.0", Cancel));
        Assert.Null(await client.FindTagsAsync("pro/unheard", Cancel));
        var error = await Assert.ThrowsAsync<ProException>(() => client.GetTagsAsync("pro/unheard", Cancel));
        Assert.Equal("RegistryRepositoryNotFound", error.Id);
        Assert.Contains($"{registry.Host}/pro/unheard", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Bound)]
    public async Task A_private_registry_wants_the_right_login()
    {
        var login = ("anna", Secrets.Password);
        await using var registry = await RegistryProcess.StartAsync(new RegistryProcessOptions { Login = login }, Cancel);
        using var content = new RegistryContent(registry.Host, login);
        await content.PushImageAsync("pro/api", "v1.0.0", "one", Cancel);

        using (var good = new RegistryClient(registry.Host, Secrets.Login()))
        {
            Assert.Equal(["v1.0.0"], await good.GetTagsAsync("pro/api", Cancel));
            Assert.NotNull(await good.HeadManifestAsync("pro/api", "v1.0.0", Cancel));
        }

        using (var nobody = new RegistryClient(registry.Host, Secrets.None))
        {
            var error = await Assert.ThrowsAsync<ProException>(() => nobody.HeadManifestAsync("pro/api", "v1.0.0", Cancel));
            Assert.Equal("RegistryLoginRequired", error.Id);
            Assert.Contains($"docker login {registry.Host}", error.RecommendedAction, StringComparison.Ordinal);
            Assert.Contains("has none", error.Message, StringComparison.Ordinal);
        }

        using var wrong = new RegistryClient(registry.Host, Secrets.Login(password: "wrong-secret"));
        var refused = await Assert.ThrowsAsync<ProException>(() => wrong.GetTagsAsync("pro/api", Cancel));
        Assert.Equal("RegistryLoginRequired", refused.Id);
        Assert.Contains("does not accept the login of anna", refused.Message, StringComparison.Ordinal);
        Secrets.AreNotIn(refused, "wrong-secret");
    }
}
