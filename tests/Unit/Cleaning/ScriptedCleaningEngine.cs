using System.Globalization;
using System.Text.Json;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Tests.Cleaning;

/// <summary>A Docker engine's images and containers behind its real HTTP API, on a socket of its own; what it does wrong is
/// scripted.</summary>
internal sealed class ScriptedCleaningEngine : IAsyncDisposable, IProgress<Report>
{
    private readonly string _socket = Path.Combine(Path.GetTempPath(), $"pro-clean-{Guid.NewGuid():N}"[..20] + ".sock");
    private readonly ScriptedHttpServer _server;
    private readonly object _lock = new();

    public ScriptedCleaningEngine()
    {
        _server = ScriptedHttpServer.StartOnSocket(_socket, (request, _) => Task.FromResult(Answer(request)));
        Connection = EngineConnection.Open(new EngineEndpoint { Address = new Uri(_server.Url), Source = "the test" });
    }

    public EngineConnection Connection { get; }

    /// <summary>An image's name with a digest, by its id.</summary>
    public Dictionary<string, string> Digests { get; } = [];

    /// <summary>Whether it says that it manages a swarm.</summary>
    public bool IsSwarmManager { get; set; }

    /// <summary>What it says its time is, as a text; null: nothing.</summary>
    public string? SystemTime { get; set; }

    public List<(string Id, List<string> Tags)> Images { get; } = [];

    public List<(string Name, string ImageId)> Containers { get; } = [];

    public List<Report> Reports { get; } = [];

    /// <summary>Whether all images have the same layers, as releases that changed nothing of a service.</summary>
    public bool SameLayers { get; set; }

    /// <summary>What the engine remembers, a line of JSON each.</summary>
    public string Events { get; set; } = "";

    /// <summary>Looks at a request first; null: it is answered as usual.</summary>
    public Func<ScriptedRequest, ScriptedResponse?> Fault { get; set; } = static _ => null;

    public IReadOnlyList<ScriptedRequest> Requests => _server.Requests;

    public IEnumerable<string> Tags => Images.SelectMany(image => image.Tags);

    public static string Id(int number) => "sha256:" + number.ToString("d64", CultureInfo.InvariantCulture);

    public void Add(int number, params string[] tags) => Images.Add((Id(number), [.. tags]));

    public void Report(Report value)
    {
        lock (_lock)
        {
            Reports.Add(value);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Connection.Dispose();
        await _server.DisposeAsync();
    }

    private ScriptedResponse Answer(ScriptedRequest request)
    {
        lock (_lock)
        {
            if (Fault(request) is { } fault)
            {
                return fault;
            }

            var path = request.Path;
            return (request.Method, path) switch
            {
                ("GET", "/images/json") => Json(Images.Select(image => new
                {
                    image.Id, ParentId = "", RepoTags = image.Tags, RepoDigests = Digests.TryGetValue(image.Id, out var digest)
                        ? new[] { digest }
                        : [], Created = 1577836800, Size = 1010,
                })),
                ("GET", "/containers/json") => Json(Containers.Select(container => new
                {
                    Id = container.Name, Names = new[] { "/" + container.Name }, ImageID = container.ImageId, Image = container.ImageId,
                        State = "running",
                })),
                ("GET", "/events") => new ScriptedResponse { Body = System.Text.Encoding.UTF8.GetBytes(Events) },
                ("GET", "/configs") => Json(Array.Empty<object>()),
                ("GET", "/volumes") => Json(new { Volumes = Array.Empty<object>() }),
                ("GET", "/info") => Json(new { Swarm = new { ControlAvailable = IsSwarmManager }, SystemTime }),
                ("GET" or "HEAD", "/_ping") => new ScriptedResponse { Body = "OK"u8.ToArray() },
                ("GET", _) when path.EndsWith("/history", StringComparison.Ordinal) =>
                    Json(new[] { new { Size = 1000 }, new { Size = 0 }, new { Size = 10 } }),
                ("GET", _) => Inspect(Name(path, "/json")),
                ("DELETE", _) => Delete(Name(path, "")),
                _ => ScriptedResponse.Empty(500),
            };
        }
    }

    private static string Name(string path, string end) => path["/images/".Length..^end.Length];

    private ScriptedResponse Inspect(string name) => Find(name) is { Id: { } id } found
        ? Json(new
        {
            Id = id,
            RepoTags = found.Tags,
            RootFS = new { Type = "layers", Layers = new[] { "sha256:base", "sha256:own" + (SameLayers ? "" : id) } },
            Metadata = new { LastTagTime = "2020-01-01T00:00:00Z" },
        })
        : ScriptedResponse.Json("""{"message":"No such image"}""", 404);

    private ScriptedResponse Delete(string name)
    {
        var found = Find(name);
        if (found.Id is null)
        {
            return ScriptedResponse.Json("""{"message":"No such image"}""", 404);
        }

        _ = found.Tags.Remove(name);
        if (found.Tags.Count > 0)
        {
            return Json(new object[] { new { Untagged = name } });
        }

        _ = Images.RemoveAll(image => image.Id == found.Id);
        var own = DockerVersioning.Cleaning.ImageLayers.From(
            ["sha256:base", "sha256:own" + found.Id], [new("COPY", 1000), new("COPY", 10)]).All[1].ChainId;
        return Json(new object[] { new { Untagged = name }, new { Deleted = found.Id }, new { Deleted = own } });
    }

    private (string Id, List<string> Tags) Find(string name) =>
        Images.FirstOrDefault(image => image.Id == name || image.Tags.Contains(name));

    private static ScriptedResponse Json(object value) => ScriptedResponse.Json(JsonSerializer.Serialize(value));
}
