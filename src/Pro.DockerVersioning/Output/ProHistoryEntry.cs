using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning;

/// <summary>One line of the history: who did what to which service, when, why, and how it went.</summary>
public sealed record ProHistoryEntry
{
    /// <summary>How an operation ended that did all it was to do.</summary>
    internal const string Succeeded = nameof(Succeeded);

    /// <summary>How an operation ended that failed.</summary>
    internal const string Failed = nameof(Failed);

    /// <summary>How an operation ended that its user stopped.</summary>
    internal const string Stopped = nameof(Stopped);

    internal ProHistoryEntry()
    {
    }

    /// <summary>When it ended.</summary>
    public DateTimeOffset Time { get; init; } = Clock.Now;

    /// <summary>What was done.</summary>
    public required ProHistoryKind Kind { get; init; }

    /// <summary>Who did it.</summary>
    public string User { get; init; } = ProOperator.User;

    /// <summary>The machine on which it was done.</summary>
    public string Host { get; init; } = ProOperator.Host;

    /// <summary>The engine's address, as seen from that machine.</summary>
    public string? Engine { get; init; }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>
    /// What runs the service there: a container, a compose project's or a swarm's service. Null for builds and publications.
    /// </summary>
    public string? Target { get; init; }

    /// <summary>The version that ran before; null if none did.</summary>
    public ProVersion? From { get; init; }

    /// <summary>The version that was built, published, started or removed.</summary>
    public ProVersion? Version { get; init; }

    /// <summary>The image's name with the version's tag.</summary>
    public string? Reference { get; init; }

    /// <summary>The digest under which a registry knows it.</summary>
    public string? Digest { get; init; }

    /// <summary>The image id on the engine.</summary>
    public string? ImageId { get; init; }

    /// <summary>How it was swapped: Container, Compose or Swarm.</summary>
    public string? Strategy { get; init; }

    /// <summary>stop-first or start-first.</summary>
    public string? Order { get; init; }

    /// <summary>How it ended, in the words of the command's own result; Failed or Stopped where it has none.</summary>
    public required string Outcome { get; init; }

    /// <summary>True if <see cref="Version"/> was running when it ended, and was verified.</summary>
    public bool IsVerified { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>How long the version took from its start until a check called it healthy; null if nothing checked it.</summary>
    public TimeSpan? HealthyAfter { get; init; }

    /// <summary>How long the service gave no answer.</summary>
    public TimeSpan? Downtime { get; init; }

    /// <summary>Why it was done, as -Reason said it.</summary>
    public string? Reason { get; init; }

    /// <summary>What more there is to say: an error's sentence, for one.</summary>
    public string? Message { get; init; }

    /// <summary>The last lines of the log of a container that was removed or failed.</summary>
    public IReadOnlyList<string> LogTail { get; init; } = [];

    /// <summary>The line in short.</summary>
    /// <returns>For example "Rollback api v1.2.2: Succeeded".</returns>
    public override string ToString() => $"{Kind} {Service}{(Version is null ? "" : " " + Version)}: {Outcome}";
}
