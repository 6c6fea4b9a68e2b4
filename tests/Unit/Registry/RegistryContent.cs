using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Pro.DockerVersioning.Registry;

namespace Pro.DockerVersioning.Tests.Registry;

/// <summary>Puts content into a real registry through its own API, so that no engine is needed.</summary>
internal sealed class RegistryContent : IDisposable
{
    public const string ImageType = "application/vnd.docker.distribution.manifest.v2+json";
    public const string OciImageType = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndexType = "application/vnd.oci.image.index.v1+json";

    private readonly HttpClient _client;

    public RegistryContent(string host, (string User, string Password)? login = null)
    {
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{host}/") };
        if (login is { } known)
        {
            _client.DefaultRequestHeaders.Authorization =
                new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{known.User}:{known.Password}")));
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Pushes a small image and gives its manifest's digest and its configuration's.</summary>
    public async Task<(string Digest, string Config)> PushImageAsync(
        string repository, string tag, string content, CancellationToken cancellationToken, string mediaType = ImageType)
    {
        var config = await PushBlobAsync(
            repository, $$"""{"architecture":"amd64","os":"linux","comment":"{{content}}","rootfs":{"type":"layers","diff_ids":[]}}""", cancellationToken);
        var layer = await PushBlobAsync(repository, content, cancellationToken);
        var oci = mediaType == OciImageType;
        var manifest = $$"""
            {
              "schemaVersion": 2,
              "mediaType": "{{mediaType}}",
              "config": {
                "mediaType": "{{(oci ? "application/vnd.oci.image.config.v1+json" : "application/vnd.docker.container.image.v1+json")}}",
                "size": {{config.Size}}, "digest": "{{config.Digest}}"
              },
              "layers": [ {
                "mediaType": "{{(oci ? "application/vnd.oci.image.layer.v1.tar+gzip" : "application/vnd.docker.image.rootfs.diff.tar.gzip")}}",
                "size": {{layer.Size}}, "digest": "{{layer.Digest}}"
              } ]
            }
            """;
        return (await PushManifestAsync(repository, tag, manifest, mediaType, cancellationToken), config.Digest);
    }

    /// <summary>Pushes a manifest as it is and gives its digest.</summary>
    public async Task<string> PushManifestAsync(string repository, string reference, string manifest, string mediaType, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(manifest);
        using var body = new ByteArrayContent(bytes);
        body.Headers.ContentType = new MediaTypeHeaderValue(mediaType);
        using var response = await _client.PutAsync(new Uri($"v2/{repository}/manifests/{reference}", UriKind.Relative), body, cancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        return ManifestParser.DigestOf(bytes);
    }

    private async Task<(string Digest, int Size)> PushBlobAsync(string repository, string content, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        var digest = ManifestParser.DigestOf(bytes);
        using var started = await _client.PostAsync(new Uri($"v2/{repository}/blobs/uploads/", UriKind.Relative), null, cancellationToken);
        Assert.True(started.IsSuccessStatusCode, started.StatusCode.ToString());
        var location = new Uri(_client.BaseAddress!, started.Headers.Location!);
        var separator = location.Query.Length == 0 ? '?' : '&';
        using var body = new ByteArrayContent(bytes);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var done = await _client.PutAsync(
            new Uri(string.Create(CultureInfo.InvariantCulture, $"{location}{separator}digest={Uri.EscapeDataString(digest)}")), body, cancellationToken);
        Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync(cancellationToken));
        return (digest, bytes.Length);
    }
}
