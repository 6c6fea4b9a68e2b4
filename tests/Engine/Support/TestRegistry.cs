using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>The real registry, asked by plain HTTP.</summary>
/// <param name="host"><c>host:port</c>.</param>
/// <param name="login">User and password, where it wants them.</param>
internal sealed class TestRegistry(string host, (string User, string Password)? login = null) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{host}/v2/") };

    /// <summary>The registry of everyone.</summary>
    public static TestRegistry Open() => new(TestSettings.Registry);

    /// <summary>The one with a login.</summary>
    public static TestRegistry Private() =>
        new(TestSettings.PrivateRegistry, (TestSettings.PrivateUser, TestSettings.PrivatePassword));

    /// <summary>The tags of a repository, in order; none where the registry knows no such one.</summary>
    public IReadOnlyList<string> Tags(string repository)
    {
        var (status, text, _) = Send(HttpMethod.Get, $"{repository}/tags/list");
        return status == HttpStatusCode.NotFound
            ? []
            : [.. (JsonNode.Parse(text)!["tags"]?.AsArray() ?? []).Select(tag => tag!.ToString()).Order(StringComparer.Ordinal)];
    }

    /// <summary>The digest of a tag, or null.</summary>
    public string? DigestOf(string repository, string tag) => Send(HttpMethod.Head, $"{repository}/manifests/{tag}").Digest;

    /// <summary>The digest of a tag of several platforms, and which they are, in order.</summary>
    public (string Digest, IReadOnlyList<string> Platforms) IndexOf(string repository, string tag)
    {
        var (status, text, digest) = Send(HttpMethod.Get, $"{repository}/manifests/{tag}");
        Assert.True(status == HttpStatusCode.OK, text);
        return (digest!, [.. JsonNode.Parse(text)!["manifests"]!.AsArray().Select(child => child!["platform"]!)
            .Where(platform => platform["os"]!.ToString() != "unknown")
            .Select(platform => $"{platform["os"]}/{platform["architecture"]}").Order(StringComparer.Ordinal)]);
    }

    /// <summary>Puts another manifest, changed from a tag's, under that tag.</summary>
    public void Change(string repository, string tag, Action<JsonNode> change)
    {
        var manifest = JsonNode.Parse(Send(HttpMethod.Get, $"{repository}/manifests/{tag}").Text)!;
        change(manifest);
        using var content = new StringContent(manifest.ToJsonString());
        content.Headers.ContentType = new MediaTypeHeaderValue(manifest["mediaType"]!.ToString());
        var (status, text, _) = Send(HttpMethod.Put, $"{repository}/manifests/{tag}", content);
        Assert.True(status == HttpStatusCode.Created, text);
    }

    /// <summary>Makes an index of a tag: the image that it names, and the same for another platform, with one more variable.</summary>
    public void MakeIndex(string repository, string tag, string architecture, string variable)
    {
        var (_, text, own) = Send(HttpMethod.Get, $"{repository}/manifests/{tag}");
        var manifest = JsonNode.Parse(text)!;
        var config = JsonNode.Parse(Send(HttpMethod.Get, $"{repository}/blobs/{manifest["config"]!["digest"]}").Text)!;
        var ownArchitecture = config["architecture"]!.ToString();
        config["architecture"] = architecture;
        config["config"]!["Env"]!.AsArray().Add(variable);
        var bytes = Encoding.UTF8.GetBytes(config.ToJsonString());
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        using (var blob = new ByteArrayContent(bytes))
        {
            blob.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            using var begin = new HttpRequestMessage(HttpMethod.Post, $"{repository}/blobs/uploads/");
            using var begun = _client.Send(begin);
            var place = begun.Headers.Location!.ToString();
            using var put = new HttpRequestMessage(
                HttpMethod.Put, $"{place}{(place.Contains('?', StringComparison.Ordinal) ? '&' : '?')}digest={digest}") { Content = blob };
            using var done = _client.Send(put);
            Assert.Equal(HttpStatusCode.Created, done.StatusCode);
        }

        (manifest["config"]!["digest"], manifest["config"]!["size"]) = (digest, bytes.Length);
        var type = manifest["mediaType"]!.ToString();
        using var other = new StringContent(manifest.ToJsonString());
        other.Headers.ContentType = new MediaTypeHeaderValue(type);
        var (status, answer, otherDigest) = Send(HttpMethod.Put, $"{repository}/manifests/{tag}", other);
        Assert.True(status == HttpStatusCode.Created, answer);
        const string IndexType = "application/vnd.oci.image.index.v1+json";
        using var index = new StringContent(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = IndexType,
            ["manifests"] = new JsonArray(
                Child(own!, Encoding.UTF8.GetByteCount(text), ownArchitecture),
                Child(otherDigest!, Encoding.UTF8.GetByteCount(manifest.ToJsonString()), architecture)),
        }.ToJsonString());
        index.Headers.ContentType = new MediaTypeHeaderValue(IndexType);
        (status, answer, _) = Send(HttpMethod.Put, $"{repository}/manifests/{tag}", index);
        Assert.True(status == HttpStatusCode.Created, answer);

        JsonObject Child(string childDigest, int size, string child) => new()
        {
            ["mediaType"] = type, ["digest"] = childDigest, ["size"] = size,
            ["platform"] = new JsonObject { ["os"] = "linux", ["architecture"] = child },
        };
    }

    /// <summary>Deletes a manifest, or (with blobs/) what one points at.</summary>
    public void Delete(string repository, string digest, string kind = "manifests")
    {
        var (status, text, _) = Send(HttpMethod.Delete, $"{repository}/{kind}/{digest}");
        Assert.True(status == HttpStatusCode.Accepted, text);
    }

    public void Dispose() => _client.Dispose();

    private (HttpStatusCode Status, string Text, string? Digest) Send(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Accept.ParseAdd("application/vnd.docker.distribution.manifest.v2+json");
        request.Headers.Accept.ParseAdd("application/vnd.oci.image.manifest.v1+json");
        request.Headers.Accept.ParseAdd("application/vnd.oci.image.index.v1+json");
        request.Headers.Accept.ParseAdd("application/vnd.docker.distribution.manifest.list.v2+json");
        if (login is var (user, password))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue(
                "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        }

        using var answer = _client.Send(request);
        using var reader = new StreamReader(answer.Content.ReadAsStream());
        var digest = answer.Headers.TryGetValues("Docker-Content-Digest", out var values) ? values.Single() : null;
        return (answer.StatusCode, reader.ReadToEnd(), answer.IsSuccessStatusCode ? digest : null);
    }
}
