using System.Formats.Tar;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Engine;

/// <summary>
/// The real engine, asked by plain HTTP over its socket: what the module did is judged by other means than the module's own.
/// </summary>
internal static class TestEngine
{
    /// <summary>The image that engine.sh makes: a service that runs programs is built from it.</summary>
    public const string Base = "pro-sample/base:1";

    /// <summary>Where the engine listens; read once, before a test changes the variable.</summary>
    public static string SocketPath { get; } = Environment.GetEnvironmentVariable("DOCKER_HOST") is { Length: > 0 } host
        ? host.StartsWith("unix://", StringComparison.Ordinal)
            ? host["unix://".Length..]
            : throw new InvalidOperationException($"DOCKER_HOST is {host}: these tests want an engine on a Unix socket.")
        : "/var/run/docker.sock";

    private static readonly HttpClient Client = ClientFor(SocketPath);

    /// <summary>True where the engine keeps its images in containerd's store, which has other sizes, and a digest for each image.</summary>
    public static bool HasContainerdStore => ContainerdStore.Value;

    private static readonly Lazy<bool> ContainerdStore = new(() =>
        Get("/info")!["DriverStatus"]!.ToJsonString().Contains("io.containerd.snapshotter", StringComparison.Ordinal));

    /// <summary>Images as the engine lists them.</summary>
    public static IReadOnlyList<JsonNode> Images() => [.. Get("/images/json")!.AsArray().OfType<JsonNode>()];

    /// <summary>Tags and ids of all images under a prefix, in order: what must be the same after a plan that was only shown.</summary>
    public static IReadOnlyList<string> Tags(string prefix) =>
    [
        .. from image in Images()
           from tag in image["RepoTags"]?.AsArray() ?? []
           where tag!.ToString().StartsWith(prefix, StringComparison.Ordinal)
           orderby tag.ToString()
           select $"{tag}={image["Id"]}",
    ];

    /// <summary>An image's id, or null.</summary>
    public static string? IdOf(string reference) => Get($"/images/{reference}/json")?["Id"]?.ToString();

    /// <summary>All that the engine knows of an image.</summary>
    public static JsonNode Inspect(string reference) =>
        Get($"/images/{reference}/json") ?? throw new InvalidOperationException($"The engine has no image {reference}.");

    /// <summary>An image's labels.</summary>
    public static IReadOnlyDictionary<string, string> LabelsOf(string reference) =>
        (Inspect(reference)["Config"]!["Labels"] as JsonObject)?.ToDictionary(pair => pair.Key, pair => pair.Value!.ToString()) ?? [];

    /// <summary>What an image's steps were, as <c>docker history</c> shows it.</summary>
    public static string HistoryOf(string reference) => Get($"/images/{reference}/history")!.ToJsonString();

    /// <summary>Gives an image another name.</summary>
    public static void Tag(string reference, string repository, string tag) =>
        Ensure(Send(HttpMethod.Post, $"/images/{reference}/tag?repo={Uri.EscapeDataString(repository)}&tag={tag}"));

    /// <summary>Takes a name away, and the image with its last name.</summary>
    public static void Untag(string reference) => Ensure(Send(HttpMethod.Delete, $"/images/{reference}?noprune=true"));

    /// <summary>Makes an image of one file at once, with whatever labels: as other tools would have left it.</summary>
    public static string Import(string reference, string content, params (string Name, string Value)[] labels)
    {
        var tar = new MemoryStream();
        using (var writer = new TarWriter(tar, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(
                new UstarTarEntry(TarEntryType.RegularFile, "file") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }

        var colon = reference.LastIndexOf(':');
        var changes = string.Concat(labels.Select(label => "&changes=" + Uri.EscapeDataString($"LABEL {label.Name}=\"{label.Value}\"")));
        var path = $"/images/create?fromSrc=-&repo={Uri.EscapeDataString(reference[..colon])}&tag={reference[(colon + 1)..]}{changes}";
        using var body = new ByteArrayContent(tar.ToArray());
        body.Headers.ContentType = new MediaTypeHeaderValue("application/x-tar");
        var answer = Ensure(Send(HttpMethod.Post, path, body));
        return answer.Contains("\"error\"", StringComparison.Ordinal)
            ? throw new InvalidOperationException(answer)
            : IdOf(reference)!;
    }

    /// <summary>Makes a container, and starts it where that is asked.</summary>
    public static string CreateContainer(string image, string name, bool start, params string[] command)
    {
        var created = Ensure(Send(HttpMethod.Post, $"/containers/create?name={name}", Json(new JsonObject
        {
            ["Image"] = image,
            ["Cmd"] = new JsonArray([.. (command.Length > 0 ? command : ["sh", "-c", "sleep 600"]).Select(word => (JsonNode)word)]),
            ["Labels"] = new JsonObject { ["pro-test"] = name },
            ["HostConfig"] = new JsonObject { ["Init"] = false },
            ["StopSignal"] = "SIGKILL",
        })));
        var id = JsonNode.Parse(created)!["Id"]!.ToString();
        if (start)
        {
            _ = Ensure(Send(HttpMethod.Post, $"/containers/{id}/start"));
        }

        return id;
    }

    /// <summary>Asks the engine anything; null where there is no such thing.</summary>
    public static JsonNode? Call(HttpMethod method, string path, JsonNode? body = null) => Call(Client, method, path, body);

    /// <summary>The same of another engine, which may have been started anew since.</summary>
    public static JsonNode? CallAt(string socketPath, HttpMethod method, string path)
    {
        using var client = ClientFor(socketPath);
        return Call(client, method, path, body: null);
    }

    /// <summary>What <c>filters=</c> takes in a question.</summary>
    public static string Filters(params (string Name, string Value)[] filters) => Uri.EscapeDataString(new JsonObject(
        filters.Select(filter => KeyValuePair.Create<string, JsonNode?>(filter.Name, new JsonArray(filter.Value)))).ToJsonString());

    private static JsonNode? Call(HttpClient client, HttpMethod method, string path, JsonNode? body)
    {
        var (status, text) = Send(client, method, path, body is null ? null : Json(body));
        return status == HttpStatusCode.NotFound ? null
            : Ensure((status, text)) is { } answer && (answer.StartsWith('{') || answer.StartsWith('['))
                ? JsonNode.Parse(answer) : null;
    }

    /// <summary>
    /// What the engine tells of containers until <paramref name="action"/> has ended: what happened, and to which container. It keeps the
    /// last 256 events only, and other tests make some too, so it is listened to meanwhile.
    /// </summary>
    public static IReadOnlyList<(string Action, string Id)> EventsOf(Action action)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/events?filters={Filters(("type", "container"))}");
        using var answer = Client.Send(request, HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(answer.EnsureSuccessStatusCode().Content.ReadAsStream());
        var last = "";
        var events = Task.Run(() =>
        {
            var found = new List<(string Action, string Id)>();
            while (reader.ReadLine() is { } line && JsonNode.Parse(line) is { } one)
            {
                found.Add((one["Action"]!.ToString(), one["Actor"]!["ID"]!.ToString()));
                if (found[^1] is ("destroy", var id) && id == Volatile.Read(ref last))
                {
                    break;
                }
            }

            return found;
        });
        action();

        // The end of a container of our own is the end of what is listened to.
        var marker = Call(HttpMethod.Post, "/containers/create", new JsonObject { ["Image"] = Base, ["Cmd"] = new JsonArray("true") })!;
        Volatile.Write(ref last, marker["Id"]!.ToString());
        _ = Call(HttpMethod.Delete, $"/containers/{last}");
        return events.GetAwaiter().GetResult();
    }

    /// <summary>Pushes an image to a registry of everyone.</summary>
    public static void Push(string repository, string tag)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/images/{repository}/push?tag={tag}");
        request.Headers.Add("X-Registry-Auth", "e30=");
        using var answer = Client.Send(request);
        using var reader = new StreamReader(answer.Content.ReadAsStream());
        if (reader.ReadToEnd() is { } text && text.Contains("\"error\"", StringComparison.Ordinal))
        {
            throw new InvalidOperationException(text);
        }
    }

    /// <summary>Ends a container at once and keeps it.</summary>
    public static void Kill(string container)
    {
        Ensure(Send(HttpMethod.Post, $"/containers/{container}/kill"));

        // A newer engine answers before the container has ended.
        Ensure(Send(HttpMethod.Post, $"/containers/{container}/wait"));
    }

    /// <summary>Removes a container, running or not.</summary>
    public static void RemoveContainer(string container) => Ensure(Send(HttpMethod.Delete, $"/containers/{container}?force=true&v=true"));

    /// <summary>Every file, folder and link of an image: by path, what the tar of its file system says.</summary>
    public static IReadOnlyDictionary<string, ImageFile> FilesOf(string reference)
    {
        var container = CreateContainer(reference, "pro-test-" + Guid.NewGuid().ToString("N"), start: false, "none");
        try
        {
            using var answer = Client.Send(new HttpRequestMessage(HttpMethod.Get, $"/containers/{container}/export"));
            using var stream = answer.EnsureSuccessStatusCode().Content.ReadAsStream();
            using var tar = new TarReader(stream);
            var files = new Dictionary<string, ImageFile>();
            while (tar.GetNextEntry() is { } entry)
            {
                if (IsTheEngines(entry.Name.TrimEnd('/')))
                {
                    continue;
                }

                using var content = new MemoryStream();
                entry.DataStream?.CopyTo(content);
                files[entry.Name.TrimEnd('/')] = new ImageFile(
                    entry.EntryType, (int)entry.Mode, entry.LinkName, Encoding.UTF8.GetString(content.ToArray()), entry.ModificationTime);
            }

            return files;
        }
        finally
        {
            RemoveContainer(container);
        }
    }

    /// <summary>Removes what a test made: containers of its images, images under its registry, and those of its commits.</summary>
    public static void Clean(string prefix, IReadOnlySet<string> commits)
    {
        var mine = Images().Where(image => IsOf(image, prefix, commits)).Select(image => image["Id"]!.ToString()).ToHashSet();
        foreach (var container in Get("/containers/json?all=true")!.AsArray().Where(one => mine.Contains(one!["ImageID"]!.ToString())))
        {
            RemoveContainer(container!["Id"]!.ToString());
        }

        // What was verified at this test's targets.
        foreach (var volume in Get("/volumes")!["Volumes"] as JsonArray ?? [])
        {
            if (volume!["Name"]!.ToString().StartsWith("pro-verified-", StringComparison.Ordinal)
                && volume["Labels"]?.ToJsonString().Contains(prefix, StringComparison.Ordinal) == true)
            {
                _ = Send(HttpMethod.Delete, "/volumes/" + volume["Name"]);
            }
        }

        // Children before their parents: several rounds, until nothing goes any more.
        for (var before = int.MaxValue; mine.Count > 0 && mine.Count < before;)
        {
            before = mine.Count;
            _ = mine.RemoveWhere(
                id => Send(HttpMethod.Delete, $"/images/{id}?force=true").Status is HttpStatusCode.OK or HttpStatusCode.NotFound);
        }
    }

    /// <summary>A connection to the engine's socket, for proxies.</summary>
    public static Socket Connect() => Connect(SocketPath);

    private static Socket Connect(string socketPath)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(socketPath));
        return socket;
    }

    /// <summary>What the engine puts into every container.</summary>
    private static bool IsTheEngines(string path) =>
        path is ".dockerenv" or "dev" or "proc" or "sys" or "etc" or "etc/hosts" or "etc/hostname" or "etc/resolv.conf" or "etc/mtab"
        || path.StartsWith("dev/", StringComparison.Ordinal);

    private static bool IsOf(JsonNode image, string prefix, IReadOnlySet<string> commits) =>
        (image["RepoTags"]?.AsArray() ?? []).Concat(image["RepoDigests"]?.AsArray() ?? [])
            .Any(name => name!.ToString().StartsWith(prefix, StringComparison.Ordinal))
        || (image["Labels"]?["org.opencontainers.image.revision"] is { } revision && commits.Contains(revision.ToString()));

    private static JsonNode? Get(string path)
    {
        var (status, text) = Send(HttpMethod.Get, path);
        return status == HttpStatusCode.NotFound ? null : JsonNode.Parse(Ensure((status, text)));
    }

    private static StringContent Json(JsonNode node) => new(node.ToJsonString(), Encoding.UTF8, "application/json");

    private static (HttpStatusCode Status, string Text) Send(HttpMethod method, string path, HttpContent? content = null) =>
        Send(Client, method, path, content);

    private static (HttpStatusCode Status, string Text) Send(HttpClient client, HttpMethod method, string path, HttpContent? content)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var answer = client.Send(request);
        using var reader = new StreamReader(answer.Content.ReadAsStream());
        return (answer.StatusCode, reader.ReadToEnd());
    }

    private static string Ensure((HttpStatusCode Status, string Text) answer) => (int)answer.Status < 400
        ? answer.Text
        : throw new InvalidOperationException($"The engine answers {(int)answer.Status}: {answer.Text}");

    private static HttpClient ClientFor(string socketPath) =>
        new(new SocketsHttpHandler
        {
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(Connect(socketPath), ownsSocket: true)),
            UseProxy = false,
        })
        {
            BaseAddress = new Uri("http://engine"),
            Timeout = TimeSpan.FromMinutes(2),
        };
}

/// <summary>One entry of an image's file system.</summary>
internal sealed record ImageFile(TarEntryType Type, int Mode, string LinkTarget, string Text, DateTimeOffset Modified);
