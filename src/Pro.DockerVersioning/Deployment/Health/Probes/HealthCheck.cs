using Docker.DotNet.Models;

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

    /// <summary>How long one check may take.</summary>
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

    /// <summary>Reads it; null if there is none, or it is switched off.</summary>
    public static HealthCheck? Of(ContainerInspectResponse container)
    {
        if (container.Config?.Healthcheck is not { Test: { Count: > 1 } test } given || CommandOf(container, test) is not { } command)
        {
            return null;
        }

        return new HealthCheck
        {
            Command = command,
            Interval = OrDefault(given.Interval),
            Timeout = OrDefault(given.Timeout),
            StartPeriod = given.StartPeriod ?? TimeSpan.Zero,
            Retries = given.Retries is > 0 and var retries ? retries : 3,
        };
    }

    private static string[]? CommandOf(ContainerInspectResponse container, IList<string> test) => test[0] switch
    {
        "CMD" => [.. test.Skip(1)],
        "CMD-SHELL" => [.. Shell(container), .. test.Skip(1)],
        _ => null,
    };

    private static IEnumerable<string> Shell(ContainerInspectResponse container) => container switch
    {
        { Config.Shell: { Count: > 0 } own } => own,
        { Platform: "windows" } => ["cmd", "/S", "/C"],
        _ => ["/bin/sh", "-c"],
    };

    private static TimeSpan OrDefault(TimeSpan? given) => given is { } time && time > TimeSpan.Zero ? time : DefaultTime;
}
