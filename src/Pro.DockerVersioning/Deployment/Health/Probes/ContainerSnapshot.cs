using System.Globalization;
using Docker.DotNet.Models;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>A container as one inspection shows it.</summary>
internal sealed record ContainerSnapshot(ContainerInspectResponse? Container, bool AfterOutage = false)
{
    /// <summary>The state, or null.</summary>
    public State? State => Container?.State;

    /// <summary>When it was started, as the engine writes it.</summary>
    public string StartedAt => State?.StartedAt ?? "";

    /// <summary>
    /// What the engine's own check says of this start: true, false, or null for nothing yet. After a start the verdict of the
    /// time before can linger until the first check, so one without a check since the start is none.
    /// </summary>
    public bool? EngineHealth => State?.Health?.Status switch
    {
        "healthy" when HasChecked => true,
        "unhealthy" when HasChecked => false,
        _ => null,
    };

    /// <summary>The engine's log of its checks since the start, a line each, oldest first.</summary>
    public IEnumerable<string> HealthLog => ChecksSinceStart.Select(check =>
        string.Create(CultureInfo.InvariantCulture, $"exit code {check.ExitCode}{Output(check.Output)}"));

    /// <summary>When the engine's newest check since the start began; null before the first.</summary>
    public DateTime? LastCheck => ChecksSinceStart.LastOrDefault()?.Start;

    /// <summary>Whether the newest of them succeeded: the engine says "healthy" until enough have failed.</summary>
    public bool LastCheckSucceeded => ChecksSinceStart.LastOrDefault() is { ExitCode: 0 };

    private bool HasChecked => ChecksSinceStart.Any();

    private IEnumerable<HealthcheckResult> ChecksSinceStart
    {
        get
        {
            var known = DateTimeOffset.TryParse(StartedAt, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var start);
            return (State?.Health?.Log ?? []).Where(check => known && check.Start.ToUniversalTime() >= start.UtcDateTime);
        }
    }

    /// <summary>A check's output behind its exit code: its last lines, in one.</summary>
    internal static string Output(string? output)
    {
        var lines = (output ?? "").Split('\n').Select(LogText.Clean).Where(line => line.Length > 0).TakeLast(3).ToArray();
        return lines.Length > 0 ? ": " + string.Join(" / ", lines) : "";
    }
}
