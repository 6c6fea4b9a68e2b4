using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Registry;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Tests.Images;

/// <summary>
/// An engine that pushes and a registry that keeps, both behind their real HTTP APIs; what happens meanwhile is scripted.
/// </summary>
internal sealed class PublishingScene : IAsyncDisposable, IProgress<Report>
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";
    private const string IndexType = "application/vnd.oci.image.index.v1+json";
    private const string ConfigType = "application/vnd.oci.image.config.v1+json";

    private readonly ScriptedHttpServer _engine;
    private readonly ScriptedHttpServer _registry;
    private readonly EngineConnection _connection;
    private readonly ConcurrentDictionary<string, (byte[] Bytes, string Type)> _content = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _tags = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _local = new(StringComparer.Ordinal);

    public PublishingScene()
    {
        _registry = ScriptedHttpServer.StartAsync(AnswerAsRegistryAsync);
        _engine = ScriptedHttpServer.Start(AnswerAsEngine);
        _connection = EngineConnection.Open(new EngineEndpoint { Address = new Uri(_engine.Url), Source = "the test" });
    }

    /// <summary>The tags at the registry, with the digests that they name.</summary>
    public IReadOnlyDictionary<string, string> Tags => _tags;

    /// <summary>Waits before a tag is written at the registry: the tag, and the digest that it is to name.</summary>
    public Func<string, string, Task> BeforeTagging { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>Whether the registry tells its tags; where not, it says that it is busy.</summary>
    public bool TellsItsTags { get; set; } = true;

    /// <summary>The engine's answer to the question for a version, instead of the true one; null: the true one.</summary>
    public Func<string, ScriptedResponse?> LookUp { get; set; } = static _ => null;

    /// <summary>The registry's answer to a request, instead of the true one; null: the true one.</summary>
    public Func<ScriptedRequest, ScriptedResponse?> Registry { get; set; } = static _ => null;

    /// <summary>Whether the engine tells the digest while it pushes.</summary>
    public bool TellsDigest { get; set; } = true;

    /// <summary>The images of this engine.</summary>
    public ImageInventory Inventory => new(
        _local.Select(image => new ImagesListResponse
        {
            ID = ConfigOf(image.Value),
            RepoTags = [$"{_registry.Host}/api:{image.Key}"],
        }),
        []);

    public Task<ImagePublisher> OpenAsync(CancellationToken cancellationToken) =>
        ImagePublisher.OpenAsync(
            _connection, new RegistryAccess(_connection, static _ => null, this), _registry.Host, history: null, cancellationToken);

    public PublishItem Item(string version) =>
        new("api", ProVersion.Parse(version), ImageReference.Parse($"{_registry.Host}/api:{version}"));

    /// <summary>An image on the engine; pushing it gives it to the registry.</summary>
    public string Build(string version)
    {
        var digest = Image(version);
        _local[version] = digest;
        return digest;
    }

    /// <summary>An image at the registry, with the label that says what it was made from.</summary>
    public string Publish(string version, string? inputs = null) => _tags[version] = Image(version, inputs);

    /// <summary>The same for several platforms.</summary>
    public string PublishIndex(string version, string inputs)
    {
        var child = Image(version, inputs);
        var index = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            mediaType = IndexType,
            manifests = new[]
            {
                new { mediaType = ImageType, digest = child, size = 1, platform = new { architecture = "amd64", os = "linux" } },
            },
        });
        return _tags[version] = Keep(index, IndexType);
    }

    public void Report(Report value)
    {
    }

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _engine.DisposeAsync();
        await _registry.DisposeAsync();
    }

    private string Image(string version, string? inputs = null)
    {
        var labels = inputs is null ? [] : new Dictionary<string, string> { [ImageLabels.Inputs] = inputs };
        var config = Keep(JsonSerializer.Serialize(new { comment = version, config = new { Labels = labels } }), ConfigType);
        var manifest = JsonSerializer.Serialize(new
        {
            schemaVersion = 2,
            mediaType = ImageType,
            config = new { mediaType = ConfigType, digest = config, size = 1 },
            layers = Array.Empty<object>(),
        });
        return Keep(manifest, ImageType);
    }

    private string Keep(string text, string type)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var digest = ManifestParser.DigestOf(bytes);
        _content[digest] = (bytes, type);
        return digest;
    }

    private string ConfigOf(string digest)
    {
        using var manifest = JsonDocument.Parse(_content[digest].Bytes);
        return manifest.RootElement.GetProperty("config").GetProperty("digest").GetString()!;
    }

    private ScriptedResponse AnswerAsEngine(ScriptedRequest request)
    {
        if (request.Path is "/info" or "/version")
        {
            return ScriptedResponse.Json("{}");
        }

        if (request.Path.EndsWith("/push", StringComparison.Ordinal))
        {
            var tag = request.Query["tag"];
            _tags[tag] = _local[tag];
            return ScriptedResponse.Json(TellsDigest
                ? JsonSerializer.Serialize(new { aux = new { Tag = tag, Digest = _tags[tag], Size = 1 } })
                : """{"status":"done"}""");
        }

        if (request.Path.StartsWith("/distribution/", StringComparison.Ordinal))
        {
            var tag = request.Path[..^"/json".Length].Split(':')[^1];
            return LookUp(tag) is { } scripted ? scripted
                : _tags.TryGetValue(tag, out var digest)
                ? ScriptedResponse.Json(JsonSerializer.Serialize(new { Descriptor = new { mediaType = ImageType, digest, size = 1 } }))
                : ScriptedResponse.Json("""{"message":"manifest unknown"}""", 404);
        }

        return request.Path == "/images/json" ? ScriptedResponse.Json(JsonSerializer.Serialize(_local.Select(image => new
        {
            Id = ConfigOf(image.Value),
            RepoTags = new[] { $"{_registry.Host}/api:{image.Key}" },
            RepoDigests = new[] { $"{_registry.Host}/api@{image.Value}" },
            Created = 1,
        }))) : ScriptedResponse.Empty(500);
    }

    private async Task<ScriptedResponse> AnswerAsRegistryAsync(ScriptedRequest request, CancellationToken cancellationToken)
    {
        if (Registry(request) is { } scripted)
        {
            return scripted;
        }

        if (request.Path.EndsWith("/tags/list", StringComparison.Ordinal))
        {
            return TellsItsTags
                ? ScriptedResponse.Json(JsonSerializer.Serialize(new { name = "api", tags = _tags.Keys }))
                : ScriptedResponse.Json("""{"errors":[{"code":"UNAVAILABLE","message":"try later"}]}""", 503);
        }

        var name = request.Path.Split('/')[^1];
        if (request.Method == "PUT")
        {
            var written = ManifestParser.DigestOf(request.Body);
            await BeforeTagging(name, written).WaitAsync(cancellationToken);
            _tags[name] = written;
            return ScriptedResponse.Empty(201);
        }

        var digest = _tags.GetValueOrDefault(name, name);
        return _content.TryGetValue(digest, out var found)
            ? new ScriptedResponse
            {
                Headers = [("Content-Type", found.Type), ("Docker-Content-Digest", digest)],
                Body = found.Bytes,
            }
            : ScriptedResponse.Json("""{"errors":[{"code":"MANIFEST_UNKNOWN"}]}""", 404);
    }
}
