using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Registry;

/// <summary>
/// Asks one registry for tags and manifests (OCI distribution specification 1.1, Docker's registry API v2). Safe for many callers
/// at once. HEAD is preferred to GET: Docker Hub counts the latter as a pull.
/// </summary>
internal sealed partial class RegistryClient : IDisposable
{
    private const int TagsPerPage = 1000;
    private const int MostPages = 10_000;
    private const string DigestHeader = "Docker-Content-Digest";

    private readonly RegistrySession _session;
    private readonly TimeProvider _clock;

    /// <param name="host">As in an image's reference: <c>docker.io</c>, <c>registry.example.com</c>, <c>localhost:5000</c>.</param>
    /// <param name="findCredential">Finds the login when the registry asks for one: <see cref="RegistryCredentialStore.GetAsync"/>.</param>
    /// <param name="options">Trust, times, reports.</param>
    public RegistryClient(
        string host, Func<string, CancellationToken, Task<RegistryCredential?>> findCredential, RegistryClientOptions? options = null)
    {
        Host = host;
        options ??= new RegistryClientOptions();
        _clock = options.Clock;
        _session = new RegistrySession(host, findCredential, options);
    }

    /// <summary>How long to wait before what was pushed just now, and isn't there, is asked for again.</summary>
    public static IReadOnlyList<TimeSpan> AfterPush { get; } =
        [TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)];

    /// <summary>The registry.</summary>
    public string Host { get; }

    public void Dispose() => _session.Dispose();

    /// <summary>All tags of a repository, as the registry sorts them.</summary>
    /// <exception cref="ProException">Among others <see cref="RegistryErrors.RepositoryNotFoundId"/>.</exception>
    public async Task<IReadOnlyList<string>> GetTagsAsync(string repository, CancellationToken cancellationToken) =>
        await FindTagsAsync(repository, cancellationToken).ConfigureAwait(false)
        ?? throw RegistryErrors.RepositoryNotFound(Host, $"{Host}/{repository}", null);

    /// <summary>All tags of a repository; null if the registry knows no such repository, as before the first push.</summary>
    public async Task<IReadOnlyList<string>?> FindTagsAsync(string repository, CancellationToken cancellationToken)
    {
        var name = RegistryNames.Repository(Host, repository);
        var target = $"{Host}/{repository}";
        List<string> tags = [];
        HashSet<string> seen = [];
        string? path = $"v2/{name}/tags/list?n={TagsPerPage}";
        while (path is not null)
        {
            if (!seen.Add(path) || seen.Count > MostPages)
            {
                throw RegistryErrors.InvalidAnswer(Host, target, "its pages of tags have no end");
            }

            var request = new RegistryRequest(HttpMethod.Get, path, name, "pull", target);
            var response = await _session.SendAsync(request, cancellationToken).ConfigureAwait(false);
            if (response.Status == HttpStatusCode.NotFound)
            {
                return null;
            }

            EnsureSuccess(response, target);
            tags.AddRange(ReadTags(response, target));
            path = NextPage(response, path);
        }

        return tags;
    }

    /// <summary>Digest, media type and size of a manifest; null if there is none.</summary>
    /// <param name="repository">Without the registry.</param>
    /// <param name="reference">A tag or a digest.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<ManifestHead?> HeadManifestAsync(string repository, string reference, CancellationToken cancellationToken)
    {
        var request = ManifestRequest(HttpMethod.Head, repository, reference, "pull");
        var response = await _session.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
        {
            return null;
        }

        EnsureSuccess(response, request.Target);
        var digest = response.Header(DigestHeader) ?? (RegistryNames.IsDigest(reference) ? reference : null);
        if (digest is not null && response.ContentType is { } mediaType)
        {
            return new ManifestHead(digest, mediaType, response.ContentHeaders.ContentLength);
        }

        // The specification only recommends the header. Without it the bytes have to come.
        var manifest = await GetManifestAsync(repository, reference, cancellationToken).ConfigureAwait(false);
        return manifest is null ? null : new ManifestHead(manifest.Digest, manifest.MediaType, manifest.Size);
    }

    /// <summary>A manifest, read and checked against its digest; null if there is none.</summary>
    public async Task<RegistryManifest?> GetManifestAsync(string repository, string reference, CancellationToken cancellationToken)
    {
        var request = ManifestRequest(HttpMethod.Get, repository, reference, "pull");
        var response = await _session.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.Status == HttpStatusCode.NotFound)
        {
            return null;
        }

        EnsureSuccess(response, request.Target);
        try
        {
            return ManifestParser.Parse(response.Body, response.ContentType, CheckedDigest(response, reference));
        }
        catch (FormatException exception)
        {
            throw RegistryErrors.InvalidAnswer(Host, request.Target, exception.Message, exception);
        }
    }

    private RegistryRequest ManifestRequest(HttpMethod method, string repository, string reference, string actions)
    {
        var name = RegistryNames.Repository(Host, repository);
        var path = $"v2/{name}/manifests/{RegistryNames.Reference(reference)}";
        var separator = RegistryNames.IsDigest(reference) ? '@' : ':';
        return new RegistryRequest(method, path, name, actions, $"{Host}/{repository}{separator}{reference}");
    }

    private void EnsureSuccess(RegistryResponse response, string target)
    {
        if (!response.IsSuccess)
        {
            throw RegistryErrors.Refused(Host, target, _session.Describe(response));
        }
    }

    private List<string> ReadTags(RegistryResponse response, string target)
    {
        try
        {
            using var document = JsonDocument.Parse(response.Body);

            // A repository whose last tag was deleted answers "tags": null.
            return document.RootElement.TryGetProperty("tags", out var tags) && tags.ValueKind == JsonValueKind.Array
                ? [.. tags.EnumerateArray().Select(tag => tag.GetString() ?? throw new FormatException("a tag is null"))]
                : [];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw RegistryErrors.InvalidAnswer(Host, target, "its list of tags is not in the registry's format", exception);
        }
    }

    /// <summary>
    /// The path of the next page (RFC 8288). Only the path: registries behind a proxy name themselves by inner addresses.
    /// </summary>
    private static string? NextPage(RegistryResponse response, string path)
    {
        if (response.Header("Link") is not { } link || NextLink().Match(link) is not { Success: true } match)
        {
            return null;
        }

        var here = new Uri(new Uri("https://registry/"), path);
        return Uri.TryCreate(here, match.Groups["address"].Value, out var next) ? next.PathAndQuery.TrimStart('/') : null;
    }

    /// <summary>The digest of the bytes, which must be the one asked for and the one the registry told.</summary>
    private static string CheckedDigest(RegistryResponse response, string reference)
    {
        var told = RegistryNames.IsDigest(reference) ? reference : response.Header(DigestHeader);
        var computed = ManifestParser.DigestOf(response.Body);
        if (told is null || told == computed)
        {
            return computed;
        }

        return told.StartsWith("sha256:", StringComparison.Ordinal)
            ? throw new FormatException($"its digest is {computed} where {told} was told")
            : told;
    }

    [GeneratedRegex("<(?<address>[^>]*)>\\s*;[^,]*\\brel=\"?next\"?", RegexOptions.IgnoreCase)]
    private static partial Regex NextLink();
}
