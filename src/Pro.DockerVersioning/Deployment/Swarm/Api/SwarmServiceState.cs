using System.Globalization;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>How far the engine says an update has come.</summary>
internal sealed record SwarmUpdateStatus(string State, string? StartedAt, string Message)
{
    /// <summary>True if the engine goes, went or failed to go back by itself.</summary>
    public bool IsRollback => State.StartsWith("rollback_", StringComparison.Ordinal);
}

/// <summary>A swarm service as the engine gives it: the JSON whole, and what we read in it.</summary>
internal sealed class SwarmServiceState
{
    private readonly JsonObject _json;

    public SwarmServiceState(JsonObject json) => _json = json;

    /// <summary>The service's id.</summary>
    public string Id => Text(_json["ID"]) ?? "";

    /// <summary>The service's name.</summary>
    public string Name => Text(Spec["Name"]) ?? Id;

    /// <summary>The version that an update must name: the engine refuses it when the service has changed since.</summary>
    public ulong Index => (ulong?)_json["Version"]?["Index"] ?? 0;

    /// <summary>The specification, whole. To change it, clone it.</summary>
    public JsonObject Spec => _json["Spec"] as JsonObject ?? [];

    /// <summary>The specification before the last update; the engine keeps one.</summary>
    public JsonObject? PreviousSpec => _json["PreviousSpec"] as JsonObject;

    /// <summary>The service's labels.</summary>
    public IReadOnlyDictionary<string, string> Labels =>
        (Spec["Labels"] as JsonObject)?.ToDictionary(label => label.Key, label => Text(label.Value) ?? "", StringComparer.Ordinal) ?? [];

    /// <summary>The image as the specification names it; null for what runs no containers (a plugin).</summary>
    public string? Image => ImageOf(Spec);

    /// <summary>The counter that makes the engine replace tasks whose specification is otherwise the same.</summary>
    public ulong ForceUpdate => (ulong?)Spec["TaskTemplate"]?["ForceUpdate"] ?? 0;

    /// <summary><c>Replicated</c>, <c>Global</c>, <c>ReplicatedJob</c> or <c>GlobalJob</c>.</summary>
    public string Mode => (Spec["Mode"] as JsonObject)?.FirstOrDefault().Key ?? "Replicated";

    /// <summary>True for what runs to its end instead of serving.</summary>
    public bool IsJob => Mode.EndsWith("Job", StringComparison.Ordinal);

    /// <summary>How many tasks a replicated service wants; null for a global one.</summary>
    public int? Replicas => Mode == "Replicated" ? (int?)Spec["Mode"]?["Replicated"]?["Replicas"] ?? 1 : null;

    /// <summary>The service's own update configuration, or null for the engine's defaults.</summary>
    public JsonObject? UpdateConfig => Spec["UpdateConfig"] as JsonObject;

    /// <summary>The service's own rollback configuration, or null if it has none.</summary>
    public JsonObject? RollbackConfig => Spec["RollbackConfig"] as JsonObject;

    /// <summary>How far the last update has come; null if the engine found nothing to replace, or hasn't begun.</summary>
    public SwarmUpdateStatus? UpdateStatus => _json["UpdateStatus"] is JsonObject status && Text(status["State"]) is { Length: > 0 } state
        ? new SwarmUpdateStatus(state, Text(status["StartedAt"]), Text(status["Message"]) ?? "")
        : null;

    /// <summary>The image in a specification.</summary>
    public static string? ImageOf(JsonObject spec) => Text(spec["TaskTemplate"]?["ContainerSpec"]?["Image"]);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} at {Index}: {Image}");

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
