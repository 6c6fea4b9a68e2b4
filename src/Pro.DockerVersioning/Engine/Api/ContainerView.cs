using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>A container's inspection, read only. What says nothing of a value reads as "", 0, false or empty.</summary>
/// <param name="Json">The engine's own answer, for whoever needs all of it.</param>
internal readonly record struct ContainerView(JsonObject Json)
{
    /// <summary>The whole id.</summary>
    public string Id => Json.Text("Id");

    /// <summary>The name, without the slash.</summary>
    public string Name => Json.Text("Name").TrimStart('/');

    /// <summary>The image's reference, as the container was created with it.</summary>
    public string Image => Config.Text("Image");

    /// <summary>The id of the image.</summary>
    public string ImageId => Json.Text("Image");

    /// <summary>The platform of the image's variant, as <c>linux/386</c>; "" if the engine doesn't say.</summary>
    public string Platform => EngineJson.PlatformOf(Json["ImageManifestDescriptor"]?["platform"]);

    /// <summary>When it was created.</summary>
    public DateTimeOffset CreatedAt => Json.Time("Created");

    /// <summary>The engine's word: created, running, paused, restarting, removing, exited, dead.</summary>
    public string Status => State.Text("Status");

    /// <summary>Whether it has processes. The engine says so of a paused and of a restarting one too.</summary>
    public bool IsRunning => State.Flag("Running");

    /// <summary>Whether it has ended, and the engine is about to start it again.</summary>
    public bool IsRestarting => State.Flag("Restarting");

    /// <summary>When it was last started; the beginning of time if it never was.</summary>
    public DateTimeOffset StartedAt => State.Time("StartedAt");

    /// <summary>When it last ended; the beginning of time if it never did.</summary>
    public DateTimeOffset FinishedAt => State.Time("FinishedAt");

    /// <summary>The exit code of its last end.</summary>
    public long? ExitCode => State?["ExitCode"]?.GetValue<long>();

    /// <summary>How often the engine has started it again by its restart policy.</summary>
    public long RestartCount => Json["RestartCount"]?.GetValue<long>() ?? 0;

    /// <summary><c>HostConfig.RestartPolicy</c>; null if there is none.</summary>
    public JsonObject? RestartPolicy => HostConfig["RestartPolicy"] as JsonObject;

    /// <summary>Whether the engine removes it when it ends.</summary>
    public bool AutoRemove => HostConfig.Flag("AutoRemove");

    /// <summary>A new copy of its labels, those of its image included.</summary>
    public Dictionary<string, string> Labels => Config.Members("Labels")
        .ToDictionary(label => label.Key, label => label.Value?.GetValue<string>() ?? "", StringComparer.Ordinal);

    /// <summary>Its environment, each as <c>NAME=value</c>.</summary>
    public IEnumerable<string> Environment => Config.Texts("Env");

    /// <summary>Its host name.</summary>
    public string Hostname => Config.Text("Hostname");

    /// <summary>The MAC address that the operator has given it on the network of <see cref="NetworkMode"/>.</summary>
    public string MacAddress => Config.Text("MacAddress");

    /// <summary><c>HostConfig.NetworkMode</c>: host, none, <c>container:ID</c>, or a network's name or id.</summary>
    public string NetworkMode => HostConfig.Text("NetworkMode");

    /// <summary>Its endpoints, by the names of the networks.</summary>
    public JsonObject Networks => Members("NetworkSettings", "Networks");

    /// <summary>The ports that it has now, as <c>80/tcp</c>, each with its bindings on the host or null.</summary>
    public JsonObject Ports => Members("NetworkSettings", "Ports");

    /// <summary>The ports that it asks for, as <c>80/tcp</c>, each with the bindings that it wants on the host.</summary>
    public JsonObject PortBindings => Members("HostConfig", "PortBindings");

    /// <summary>Whether it asks for a port of the host for each one that it exposes.</summary>
    public bool PublishesAllPorts => HostConfig.Flag("PublishAllPorts");

    /// <summary>What is mounted in it.</summary>
    public IEnumerable<JsonNode?> Mounts => Json.Elements("Mounts");

    /// <summary>What is said of the container itself.</summary>
    public JsonObject Config => Json["Config"] as JsonObject ?? [];

    /// <summary>What is said of its part of the host.</summary>
    public JsonObject HostConfig => Json["HostConfig"] as JsonObject ?? [];

    private JsonNode? State => Json["State"];

    private JsonObject Members(string part, string name) => Json[part]?[name] as JsonObject ?? [];
}
