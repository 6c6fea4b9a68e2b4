using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Cleaning;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>The real engine, for tests of cleaning: images with names of the test's own, containers of them, and nothing stays
/// behind.</summary>
internal sealed class CleaningEngine : IDisposable
{
    private const string Socket = "/var/run/docker.sock";
    private readonly List<string> _containers = [];
    private bool _isLocked;
    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    {
        BaseAddress = new Uri("http://engine/"),
    };

    public CleaningEngine()
    {
        Assert.SkipUnless(ImageArchive.IsPossible && File.Exists(Socket), "No engine on the default socket, or no static busybox.");
        Registry = $"pro-clean.invalid/{Nonce}";
    }

    public string Nonce { get; } = "e" + Guid.NewGuid().ToString("N")[..10];

    public string Registry { get; }

    public void Load(string service, params string[] versions) =>
        Load(ImageArchive.Of(service.Split('/')[^1], Nonce + service, Tagged(service, versions)));

    /// <summary>Many, of which none has a layer of its own.</summary>
    public void LoadMany(string service, params string[] versions) =>
        Load(ImageArchive.OfAlike(service.Split('/')[^1], Nonce + service, Tagged(service, versions)));

    private void Load(byte[] archive) => Send(HttpMethod.Post, "images/load?quiet=1", new ByteArrayContent(archive));

    private (string Version, string[] Tags)[] Tagged(string service, string[] versions) =>
        [.. versions.Select(version => (version, new[] { $"{Registry}/{service}:{version}" }))];

    public void Tag(string from, string to) =>
        Send(HttpMethod.Post, $"images/{Registry}/{from}/tag?repo={Registry}/{to.Split(':')[0]}&tag={to.Split(':')[1]}");

    public void Start(string image, bool run)
    {
        var created = Send(HttpMethod.Post, $"containers/create?name=pro-clean-{Nonce}-{_containers.Count}",
            JsonContent.Create(new { Image = $"{Registry}/{image}" }));
        _containers.Add(created!["Id"]!.ToString());
        if (run)
        {
            _ = Send(HttpMethod.Post, $"containers/{_containers[^1]}/start");
        }
    }

    /// <summary>The names that are left, without the registry.</summary>
    public IReadOnlyList<string> Tags() =>
        [.. Send(HttpMethod.Get, "images/json")!.AsArray()
            .SelectMany(image => image!["RepoTags"]?.AsArray().Select(tag => tag!.ToString()) ?? [])
            .Where(tag => tag.StartsWith(Registry + "/", StringComparison.Ordinal))
            .Select(tag => tag[(Registry.Length + 1)..])
            .Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        foreach (var container in _containers)
        {
            Send(HttpMethod.Delete, $"containers/{container}?force=1");
        }

        foreach (var tag in Tags())
        {
            Send(HttpMethod.Delete, $"images/{Registry}/{tag}?force=1");
        }

        if (_isLocked)
        {
            Send(HttpMethod.Delete, $"volumes/pro-lock-test-{Nonce}");
        }

        _http.Dispose();
    }

    /// <summary>The image id of a name.</summary>
    public string IdOf(string image) => Send(HttpMethod.Get, $"images/{Registry}/{image}/json")!["Id"]!.ToString();

    /// <summary>Whether the engine still has an image.</summary>
    public bool Has(string id) =>
        Send(HttpMethod.Get, "images/json?all=1")!.AsArray().Any(image => image!["Id"]!.ToString() == id);

    /// <summary>Removes what no name of ours finds any more.</summary>
    public void Remove(string id) => Send(HttpMethod.Delete, $"images/{id}?force=1");

    /// <summary>
    /// A lock as another machine's process holds it, or as one of this machine has left it behind: of a container that Docker has named, by
    /// what the operation is called.
    /// </summary>
    public void Lock(string service, bool isLeftBehind = false)
    {
        var held = new JsonObject
        {
            ["target"] = "container.kind_elbakyan",
            ["nonce"] = Nonce,
            ["chain"] = Nonce,
            ["operation"] = $"roll back {service} to v1.0.0",
            ["user"] = "mei",
            ["host"] = "elsewhere",
            ["process"] = new JsonObject { ["machine"] = isLeftBehind ? ThisMachine.Key : "another", ["id"] = ThisMachine.GoneProcess,
                ["start"] = "1" },
            ["since"] = DateTimeOffset.UtcNow,
        };
        var labels = new Dictionary<string, string> { ["pro.dockerversioning.lock"] = held.ToJsonString() };
        _ = Send(HttpMethod.Post, "volumes/create", JsonContent.Create(new { Name = $"pro-lock-test-{Nonce}", Labels = labels }));
        _isLocked = true;
    }

    private JsonNode? Send(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var response = _http.Send(request);
        using var reader = new StreamReader(response.Content.ReadAsStream());
        var text = reader.ReadToEnd();
        return !response.IsSuccessStatusCode ? throw new InvalidOperationException($"{method} {path}: {text}")
            : text.StartsWith('[') || text.StartsWith('{') ? JsonNode.Parse(text.Split('\n')[0])
            : null;
    }
}
