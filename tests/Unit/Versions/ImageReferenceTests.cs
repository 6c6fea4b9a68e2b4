using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Versions;

public sealed class ImageReferenceTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("api", "docker.io", "library/api", null, null)]
    [InlineData("pro/api:v1.2.3", "docker.io", "pro/api", "v1.2.3", null)]
    [InlineData("docker.io/api", "docker.io", "library/api", null, null)]
    [InlineData("index.docker.io/pro/api", "docker.io", "pro/api", null, null)]
    [InlineData("host:5000/x:tag", "host:5000", "x", "tag", null)]
    [InlineData("host:5000/x", "host:5000", "x", null, null)]
    [InlineData("localhost/x", "localhost", "x", null, null)]
    [InlineData("localhost:5000/x/y:T_1", "localhost:5000", "x/y", "T_1", null)]
    [InlineData("registry.example.com/pro/api:v1@" + Digest, "registry.example.com", "pro/api", "v1", Digest)]
    [InlineData("api@" + Digest, "docker.io", "library/api", null, Digest)]
    [InlineData("[::1]:5000/x:t", "[::1]:5000", "x", "t", null)]
    [InlineData("127.0.0.1:5000/a__b/c---d/e.f_g", "127.0.0.1:5000", "a__b/c---d/e.f_g", null, null)]
    [InlineData("HOST/x", "HOST", "x", null, null)]
    [InlineData("host:5000", "docker.io", "library/host", "5000", null)]
    public void A_reference_comes_apart_as_Docker_takes_it(string text, string registry, string repository, string? tag, string? digest)
    {
        ImageReference reference = ImageReference.Parse(text);

        Assert.Equal((registry, repository), (reference.Registry, reference.Repository));
        Assert.Equal((tag, digest), (reference.Tag, reference.Digest));
        Assert.Equal(text, reference.ToString());
        Assert.Equal($"{registry}/{repository}", reference.NormalizedName);
    }

    [Theory]
    [InlineData("", "no name")]
    [InlineData(":tag", "no name")]
    [InlineData("Api", "capital")]
    [InlineData("host:5000/Api:V1", "capital")]
    [InlineData("api-", "small letters")]
    [InlineData("a..b", "small letters")]
    [InlineData("a___b", "small letters")]
    [InlineData("/api", "small letters")]
    [InlineData("x//api", "small letters")]
    [InlineData("api/", "small letters")]
    [InlineData("api:", "a tag has")]
    [InlineData("api:-x", "a tag has")]
    [InlineData("api:v1+b", "a tag has")]
    [InlineData("api:v1\n", "a tag has")]
    [InlineData("api@sha256:abc", "a digest is")]
    [InlineData("api@", "a digest is")]
    [InlineData("https://host/api", "scheme")]
    [InlineData("host:port/api", "not a host name")]
    [InlineData("-host.com/api", "not a host name")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "image's id")]
    public void What_is_no_reference_is_refused_with_the_reason(string text, string reason)
    {
        ProException error = Assert.Throws<ProException>(() => ImageReference.Parse(text));

        Assert.Equal("InvalidImageReference", error.Id);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.False(ImageReference.TryParse(text, out _));
    }

    [Fact]
    public void Capitals_are_refused_with_the_name_in_small_letters() =>
        Assert.Contains(
            "'host:5000/api:V1'",
            Assert.Throws<ProException>(() => ImageReference.Parse("host:5000/Api:V1")).RecommendedAction,
            StringComparison.Ordinal);

    [Fact]
    public void A_name_has_255_characters_and_a_tag_128_at_most()
    {
        Assert.True(ImageReference.TryParse(new string('a', 255) + ":" + new string('t', 128), out _));
        Assert.False(ImageReference.TryParse(new string('a', 256), out _));
        Assert.False(ImageReference.TryParse("a:" + new string('t', 129), out _));
    }

    [Fact]
    public void Another_tag_drops_the_digest_and_keeps_the_name_as_typed()
    {
        ImageReference reference = ImageReference.Parse("localhost:5000/api:v1@" + Digest);

        Assert.Equal("localhost:5000/api:v2", reference.WithTag("v2").ToString());
        Assert.Equal("localhost:5000/api@" + Digest, reference.WithDigest(Digest).ToString());
        Assert.Equal("localhost:5000/api", reference.WithoutTag().ToString());
        Assert.Throws<ProException>(() => reference.WithTag("v2+b"));
        Assert.Throws<ProException>(() => reference.WithDigest("sha256:1"));
    }

    [Fact]
    public void References_are_equal_where_they_mean_the_same()
    {
        Assert.Equal(ImageReference.Parse("api:v1"), ImageReference.Parse("docker.io/library/api:v1"));
        Assert.NotEqual(ImageReference.Parse("api:v1"), ImageReference.Parse("api"));
        Assert.True(ImageReference.Parse("api:v1").SameRepository(ImageReference.Parse("index.docker.io/api:v2")));
    }

    [Theory]
    [InlineData("registry.example.com/pro", "registry.example.com/pro/api")]
    [InlineData("registry.example.com/pro/", "registry.example.com/pro/api")]
    [InlineData("localhost:5000", "localhost:5000/api")]
    [InlineData("registry.example.com", "registry.example.com/api")]
    [InlineData("pro", "pro/api")]
    [InlineData("[::1]:5000", "[::1]:5000/api")]
    public void A_service_is_named_under_the_registry(string registry, string repository) =>
        Assert.Equal(repository, RepositoryName.Combine(registry, "api").ToString());

    [Theory]
    [InlineData("https://registry.example.com/pro/", "registry.example.com/pro")]
    [InlineData("http://localhost:5000", "localhost:5000")]
    [InlineData("registry.example.com/Pro", "registry.example.com/pro")]
    [InlineData("registry.example.com/pro:v1", "registry.example.com/pro")]
    [InlineData("registry.example.com//pro", "registry.example.com/pro")]
    [InlineData("/registry.example.com/pro", "registry.example.com/pro")]
    public void A_bad_registry_is_refused_with_the_right_one(string registry, string suggestion)
    {
        ProException error = Assert.Throws<ProException>(() => RepositoryName.Combine(registry, "api"));

        Assert.Equal("InvalidRegistry", error.Id);
        Assert.Contains($"'{suggestion}'", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("user@host/pro")]
    [InlineData("host:port/pro")]
    [InlineData("registry.example.com/pro ")]
    public void A_registry_that_cannot_be_guessed_is_refused_all_the_same(string registry) =>
        Assert.Equal("InvalidRegistry", Assert.Throws<ProException>(() => RepositoryName.CheckRegistry(registry)).Id);

    [Theory]
    [InlineData("Api", "api")]
    [InlineData("api-", "api")]
    [InlineData("_api", "api")]
    [InlineData("my service", "my-service")]
    [InlineData("apps/Api", "api")]
    [InlineData("a..b", "a-b")]
    [InlineData("a_._b", "a-b")]
    public void A_bad_service_name_is_refused_with_the_right_one(string service, string suggestion)
    {
        ProException error = Assert.Throws<ProException>(() => RepositoryName.Combine("localhost:5000", service));

        Assert.Equal("InvalidServiceName", error.Id);
        Assert.Contains($"'{suggestion}'", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_name_of_nothing_usable_gets_no_suggestion() =>
        Assert.DoesNotContain(
            "''", Assert.Throws<ProException>(() => RepositoryName.CheckService("___")).RecommendedAction, StringComparison.Ordinal);

    [Fact]
    public void Letters_that_no_image_has_are_named_and_no_name_is_made_of_the_rest()
    {
        var error = Assert.Throws<ProException>(() => RepositoryName.CheckService("ünï"));
        Assert.Contains("of letters, only a to z are allowed", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("'n'", error.RecommendedAction, StringComparison.Ordinal);
    }
}
