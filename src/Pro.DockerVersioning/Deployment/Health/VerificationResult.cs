using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>What a verification or a watch found.</summary>
internal sealed record VerificationResult
{
    public required ProHealth Health { get; init; }

    public required ProHealthProof Proof { get; init; }

    /// <summary>True for a container that may take over.</summary>
    public bool IsWell => Health is ProHealth.Healthy or ProHealth.Running;

    public required string Container { get; init; }

    public required string Image { get; init; }

    /// <summary>What the verdict rests on, as the end of a sentence that begins with the container.</summary>
    public required string Reason { get; init; }

    public TimeSpan Duration { get; init; }

    /// <summary>What was seen and for how long, for a result.</summary>
    public string Summary
    {
        get
        {
            var time = string.Create(CultureInfo.InvariantCulture, $"{Duration.TotalSeconds:0.0} s");
            return Health == ProHealth.Running
                ? $"ran for {time} without an exit or a restart; no health check verified it"
                : $"{Reason}, after {time}";
        }
    }

    /// <summary>What its health check said last, oldest first: the engine's own log, then our own last run or request.</summary>
    public IReadOnlyList<string> HealthLog { get; init; } = [];

    /// <summary>The container's last log lines, oldest first; empty if its log can't be read.</summary>
    public IReadOnlyList<string> LogTail { get; init; } = [];

    /// <summary>The code with which it ended (before it was restarted); null while it runs, or where nobody knows any more.</summary>
    public long? ExitCode { get; init; }

    public bool OutOfMemory { get; init; }

    /// <summary>How often its restart policy has started it again.</summary>
    public long RestartCount { get; init; }

    /// <summary>The start that was judged, as the engine writes it; a watch goes on from it.</summary>
    public string StartedAt { get; init; } = "";

    /// <summary>The error of a container that did not prove well. If it is kept, <c>docker logs</c> can be recommended.</summary>
    public ProException ToError(string subject, bool isKept)
    {
        var evidence = new VerificationEvidence
        {
            Subject = subject,
            Reason = Reason,
            Proof = Proof == ProHealthProof.HealthUrl ? "Its health URL" : "Its HEALTHCHECK",
            Container = Container,
            Image = Image,
            After = Duration,
            IsKept = isKept,
            IsOutOfMemory = OutOfMemory,
            HealthLog = HealthLog,
            LogTail = LogTail,
        };
        return Health switch
        {
            ProHealth.Exited => VerificationErrors.Exited(evidence),
            ProHealth.Restarting => VerificationErrors.Restarting(evidence),
            ProHealth.Unhealthy => VerificationErrors.Unhealthy(evidence),
            ProHealth.TimedOut => VerificationErrors.TimedOut(evidence),
            _ => throw new UnreachableException($"{Health} is not a failure."),
        };
    }
}
