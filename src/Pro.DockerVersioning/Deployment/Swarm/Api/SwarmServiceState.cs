using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>
/// How far the engine says an update has come: <c>updating</c>, <c>paused</c>, <c>completed</c>, <c>rollback_started</c>,
/// <c>rollback_paused</c> or <c>rollback_completed</c>. When it began is by the engine's clock.
/// </summary>
internal sealed record SwarmUpdateStatus(string State, string? StartedAt, string Message)
{
    /// <summary>True if the engine goes, went or failed to go back by itself.</summary>
    public bool IsRollback => State.StartsWith("rollback_", StringComparison.Ordinal);
}

/// <summary>A swarm service as the engine gives it: the JSON whole, and what we read in it.</summary>
internal sealed class SwarmServiceState(JsonObject json)
{
    public string Id => json.Text("ID");

    public string Name => Spec.Text("Name") is { Length: > 0 } name ? name : Id;

    /// <summary>The version that an update must name: the engine refuses it when the service has changed since.</summary>
    public ulong Index => (ulong?)json["Version"]?["Index"] ?? 0;

    /// <summary>The specification, whole. To change it, clone it.</summary>
    public JsonObject Spec => json["Spec"] as JsonObject ?? [];

    /// <summary>The specification before the last update; the engine keeps one.</summary>
    public JsonObject? PreviousSpec => json["PreviousSpec"] as JsonObject;

    public IReadOnlyDictionary<string, string> Labels =>
        Spec.Members("Labels").ToDictionary(label => label.Key, label => Spec["Labels"].Text(label.Key), StringComparer.Ordinal);

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

    /// <summary>Null for the engine's defaults.</summary>
    public JsonObject? UpdateConfig => Spec["UpdateConfig"] as JsonObject;

    public JsonObject? RollbackConfig => Spec["RollbackConfig"] as JsonObject;

    /// <summary>How far the last update has come; null if the engine found nothing to replace, or hasn't begun.</summary>
    public SwarmUpdateStatus? UpdateStatus => json["UpdateStatus"] is { } status && status.Text("State") is { Length: > 0 } state
        ? new SwarmUpdateStatus(state, (string?)status["StartedAt"], status.Text("Message"))
        : null;

    public static string? ImageOf(JsonObject spec) =>
        (spec["TaskTemplate"]?["ContainerSpec"]).Text("Image") is { Length: > 0 } image ? image : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name} at {Index}: {Image}");
}
