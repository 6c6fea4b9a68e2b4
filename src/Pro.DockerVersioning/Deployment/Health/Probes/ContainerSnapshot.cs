using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>
/// A container as one inspection shows it; null when there is no such container any more. The engine may have been away between the last
/// inspection and this one.
/// </summary>
internal sealed record ContainerSnapshot(ContainerView? Container, bool AfterOutage = false)
{
    public JsonNode? State => Container?.Json["State"];

    /// <summary>When it was started, as the engine writes it.</summary>
    public string StartedAt => State.Text("StartedAt");

    /// <summary>
    /// What the engine's own check says of this start: true, false, or null for nothing yet. After a start the verdict of the
    /// time before can linger until the first check, so one without a check since the start is none.
    /// </summary>
    public bool? EngineHealth => (State?["Health"]).Text("Status") switch
    {
        "healthy" when ChecksSinceStart.Any() => true,
        "unhealthy" when ChecksSinceStart.Any() => false,
        _ => null,
    };

    /// <summary>The engine's log of its checks since the start, a line each, oldest first.</summary>
    public IEnumerable<string> HealthLog =>
        ChecksSinceStart.Select(check => $"exit code {check["ExitCode"]}{Output(check.Text("Output"))}");

    /// <summary>When the engine's newest check since the start began; null before the first.</summary>
    public DateTimeOffset? LastCheck => ChecksSinceStart.LastOrDefault()?.Time("Start");

    /// <summary>Whether the newest of them succeeded: the engine says "healthy" until enough have failed.</summary>
    public bool LastCheckSucceeded => (long?)ChecksSinceStart.LastOrDefault()?["ExitCode"] == 0;

    private IEnumerable<JsonNode> ChecksSinceStart => State.Time("StartedAt") is var start && start == default ? []
        : (State?["Health"]).Elements("Log").OfType<JsonNode>().Where(check => check.Time("Start") >= start);

    /// <summary>A check's output behind its exit code: its last lines, in one.</summary>
    internal static string Output(string output)
    {
        var lines = output.Split('\n').Select(LogText.Clean).Where(line => line.Length > 0).TakeLast(3).ToArray();
        return lines.Length > 0 ? ": " + string.Join(" / ", lines) : "";
    }
}
