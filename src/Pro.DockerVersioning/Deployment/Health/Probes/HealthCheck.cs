using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>
/// A container's effective HEALTHCHECK, with the engine's defaults filled in. The engine has merged the image's into the
/// container's configuration already. Source of the rules: moby, daemon/health.go.
/// </summary>
internal sealed record HealthCheck
{
    private static readonly TimeSpan DefaultTime = TimeSpan.FromSeconds(30);

    // The command is run twice a second: failures that are further apart tell nothing more.
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(5);

    /// <summary>The command as <c>exec</c> takes it.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>The time between two of the engine's own checks, and before the first.</summary>
    public TimeSpan Interval { get; init; } = DefaultTime;

    public TimeSpan Timeout { get; init; } = DefaultTime;

    /// <summary>After the start, failures don't count for so long.</summary>
    public TimeSpan StartPeriod { get; init; }

    /// <summary>So many failures in a row make it unhealthy.</summary>
    public long Retries { get; init; } = 3;

    /// <summary>When the engine itself would have called a container unhealthy that never was well.</summary>
    public TimeSpan Allowance => StartPeriod + (Interval * Retries) + Timeout;

    /// <summary>
    /// The latest moment of a verdict while nobody is answered: the start period and the time-out, and the larger of all retries at a short
    /// interval and the time that the service is known to need.
    /// </summary>
    public TimeSpan BoundFor(TimeSpan knownNeed)
    {
        var retries = Retries * (Interval < LongestInterval ? Interval : LongestInterval);
        return StartPeriod + Timeout + (retries > knownNeed ? retries : knownNeed);
    }

    /// <summary>That of a container; null if there is none, or it is switched off.</summary>
    public static HealthCheck? Of(ContainerView container)
    {
        string[] own = [.. container.Config.Texts("Shell")];
        string[] usual = container.Json.Text("Platform") == "windows" ? ["cmd", "/S", "/C"] : ["/bin/sh", "-c"];
        return Read(container.Config["Healthcheck"], own.Length > 0 ? own : usual);
    }

    /// <summary>Reads one of a configuration; null if there is none, or it is switched off.</summary>
    public static HealthCheck? Read(JsonNode? given, params string[] shell)
    {
        string[] test = [.. given.Texts("Test")];
        return test is not ["CMD" or "CMD-SHELL", _, ..] ? null : new HealthCheck
        {
            Command = test[0] == "CMD" ? test[1..] : [.. shell, .. test[1..]],
            Interval = Span("Interval", DefaultTime),
            Timeout = Span("Timeout", DefaultTime),
            StartPeriod = Span("StartPeriod", TimeSpan.Zero),
            Retries = (long?)given!["Retries"] is > 0 and var retries ? retries : 3,
        };

        TimeSpan Span(string name, TimeSpan otherwise) =>
            (long?)given![name] is > 0 and var nanoseconds ? TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick) : otherwise;
    }
}
