using System.Net;
using System.Net.Http.Headers;
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
