using System.Text;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;
using Pro.DockerVersioning.Tests.Deployment.Locking;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Strategies;

public sealed class PreviousTagTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Each_target_has_a_tag_of_its_own_that_stays_the_same()
    {
        Assert.Equal("pro-previous-737a40b9", PreviousTag.TagFor("shop/api"));
        Assert.NotEqual(PreviousTag.TagFor("shop/api"), PreviousTag.TagFor("shop/web"));
    }

    [Theory]
    [InlineData("pro-previous", true)]
    [InlineData("pro-previous-0123abcd", true)]
    [InlineData("pro-previous-0123ABCD", false)]
    [InlineData("pro-previous-0123abcde", false)]
    [InlineData("v1.2.3", false)]
    [InlineData("latest", false)]
    [InlineData(null, false)]
    public void It_is_told_from_other_tags(string? tag, bool isPrevious) => Assert.Equal(isPrevious, PreviousTag.IsPreviousTag(tag));

    [Theory]
    [InlineData("pro-previous")]
    [InlineData("pro-previous-01234567")]
    [InlineData("pro-previous-abcdef01")]
    public void It_is_no_version_and_no_alias(string tag)
    {
        Assert.False(ProVersion.TryFromImageTag(tag, out _));
        Assert.False(ProVersion.TryParse(tag, out _));
        Assert.False(AliasPolicy.IsAlias(tag));
    }

    [Fact]
    public void It_is_not_listed_and_names_the_version_of_its_image()
    {
        var repository = ImageReference.Parse("registry.example.com/pro/api");
        var tag = PreviousTag.TagFor("shop/api");
        var inventory = new ImageInventory(
            [
                Image("sha256:1", [$"{repository}:v1.0.0", $"{repository}:{tag}"], label: null),
                Image("sha256:2", [$"{repository}:v1.1.0"], label: "v1.1.0"),
                Image("sha256:3", [$"{repository}:{PreviousTag.TagFor("other")}"], label: "v0.9.0"),
            ],
            []);

        Assert.Equal(["v1.1.0", "v1.0.0"], inventory.VersionsOf("api", repository).Select(version => version.Version.ToString()));
        Assert.Equal("v1.0.0", PreviousTag.Find(inventory, repository, "shop/api")!.Version!.ToString());
        Assert.Equal("v0.9.0", PreviousTag.Find(inventory, repository, "other")!.Version!.ToString());
        Assert.Null(PreviousTag.Find(inventory, repository, "third"));
    }

    [Fact]
    [Trait("Engine", "real")]
    public async Task The_way_back_stands_on_the_engine_for_each_target()
    {
        await using var engine = await RealEngine.StartAsync();
        var repository = ImageReference.Parse($"127.0.0.1:1/pro-test-{Guid.NewGuid():N}/api");
        var first = await ImportAsync(engine.Connection, repository.WithTag("v1.0.0"), "1");
        var second = await ImportAsync(engine.Connection, repository.WithTag("v1.1.0"), "2");
        try
        {
            Assert.Null(await FindAsync());
            await PreviousTag.SetAsync(engine.Connection, repository, "a", first, Token);
            await PreviousTag.SetAsync(engine.Connection, repository, "b", second, Token);

            var ofA = await FindAsync();
            Assert.Equal((first, "v1.0.0"), (ofA!.ImageId, ofA.Version!.ToString()));

            await PreviousTag.SetAsync(engine.Connection, repository, "a", second, Token);
            Assert.Equal(second, (await FindAsync())!.ImageId);

            var gone = await Assert.ThrowsAsync<ProException>(
                () => PreviousTag.SetAsync(engine.Connection, repository, "a", "sha256:" + new string('0', 64), Token));
            Assert.Equal("EngineObjectNotFound", gone.Id);
        }
        finally
        {
            foreach (var id in new[] { first, second })
            {
                await engine.Connection.CallAsync(client =>
                    client.Images.DeleteImageAsync(id, new ImageDeleteParameters { Force = true }, CancellationToken.None));
            }
        }

        async Task<PreviousVersion?> FindAsync() =>
            PreviousTag.Find(await ImageInventory.LoadImagesAsync(engine.Connection, Token), repository, "a");
    }

    private static ImagesListResponse Image(string id, string[] tags, string? label) => new()
    {
        ID = id,
        RepoTags = tags,
        RepoDigests = [],
        Labels = label is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [ImageLabels.Version] = label },
    };

    /// <summary>The smallest image: a layer of one file, as `docker import` makes it.</summary>
    private static async Task<string> ImportAsync(EngineConnection engine, ImageReference reference, string content)
    {
        using var tar = new MemoryStream();
        await using (var writer = new System.Formats.Tar.TarWriter(tar, leaveOpen: true))
        {
            using var data = new MemoryStream(Encoding.UTF8.GetBytes(content + reference));
            await writer.WriteEntryAsync(
                new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "file") { DataStream = data }, Token);
        }

        tar.Position = 0;
        await engine.CallAsync(client => client.Images.CreateImageAsync(
            new ImagesCreateParameters { FromSrc = "-", Repo = reference.Name, Tag = reference.Tag },
            tar,
            new AuthConfig(),
            new Progress<JSONMessage>(),
            Token));
        return (await engine.CallAsync(client => client.Images.InspectImageAsync(reference.ToString(), Token))).ID;
    }
}
