namespace Pro.DockerVersioning;

/// <summary>How a deployment or rollback ended.</summary>
public enum ProDeploymentOutcome
{
    /// <summary>The version that was asked for runs, and is verified.</summary>
    Succeeded,

    /// <summary>That version ran already.</summary>
    NothingToDo,

    /// <summary>It failed, and the version from before runs again.</summary>
    RestoredPrevious,

    /// <summary>It failed, and the swarm itself went back.</summary>
    RolledBackByEngine,

    /// <summary>The swarm has accepted the update, and nobody waited for its end (-NoWait).</summary>
    Accepted,

    /// <summary>It was verified, and something outside has replaced it: a systemd unit with <c>docker run</c>, say.</summary>
    UndoneFromOutside,

    /// <summary>It failed, and the swarm stands between the two versions, as -FailureAction Pause asks for.</summary>
    Paused,
}

/// <summary>Who made what runs the service, and so who is asked to change it.</summary>
public enum ProStrategy
{
    /// <summary>A container of its own, through the Engine API.</summary>
    Container,

    /// <summary>A service of a compose project.</summary>
    Compose,

    /// <summary>A service of a swarm.</summary>
    Swarm,
}

/// <summary>One step of a deployment.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Duration">How long it took.</param>
public sealed record ProDeploymentStep(string Name, TimeSpan Duration)
{
    /// <summary>The step in short.</summary>
    /// <returns>For example "verify 0.5s".</returns>
    public override string ToString() => FormattableString.Invariant($"{Name} {Duration.TotalSeconds:0.0}s");
}

/// <summary>What a deployment or rollback did.</summary>
public sealed record ProDeployment
{
    internal ProDeployment()
    {
    }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The version that ran before; null if none did, or nothing says which.</summary>
    public ProVersion? From { get; init; }

    /// <summary>The version that was asked for.</summary>
    public required ProVersion Version { get; init; }

    /// <summary>How it ended.</summary>
    public required ProDeploymentOutcome Outcome { get; init; }

    /// <summary>
    /// What the verification of the new version's container came to, also if it failed and is gone; null if there was none: a swarm looks
    /// after it, or it did not come to that.
    /// </summary>
    public ProHealth? Health { get; init; }

    /// <summary>By what it was judged: its HEALTHCHECK, its health URL, or only that it kept running.</summary>
    public ProHealthProof? HealthProof { get; init; }

    /// <summary>What the verification saw, and for how long.</summary>
    public string? HealthMessage { get; init; }

    /// <summary>The container that <see cref="Health"/> and <see cref="LogTail"/> are about, with its version; null for a swarm.</summary>
    public string? HealthContainer { get; init; }

    /// <summary>The health of the version from before, if it was restored.</summary>
    public ProHealth? PreviousHealth { get; init; }

    /// <summary>Who did the work.</summary>
    public required ProStrategy Strategy { get; init; }

    /// <summary>stop-first or start-first; null if nothing was done.</summary>
    public string? Order { get; init; }

    /// <summary>What runs the service: container.NAME, compose.PROJECT.SERVICE, swarm.NAME.</summary>
    public required string Target { get; init; }

    /// <summary>The image's name with the version's tag.</summary>
    public required string Reference { get; init; }

    /// <summary>The image id on this engine; null if it isn't here (a swarm's other nodes).</summary>
    public string? ImageId { get; init; }

    /// <summary>The digest under which a registry knows it; null if none does.</summary>
    public string? Digest { get; init; }

    /// <summary>How long it took in all.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>
    /// How long nobody answered at most. Stop-first: from the old one's stop signal until the new one was found well, or, where it wasn't,
    /// until the old one was again. Compose's own up: from its start, which is a second or so before it stops anything. Warm: from when
    /// the old one lost its ports until the new one had them. Null if nobody can know (a swarm), or nothing was cut.
    /// </summary>
    public TimeSpan? Downtime { get; init; }

    /// <summary>What was done, step by step.</summary>
    public IReadOnlyList<ProDeploymentStep> Steps { get; init; } = [];

    /// <summary>The last log lines: of the new version, or of the one that failed.</summary>
    public IReadOnlyList<string> LogTail { get; init; } = [];

    /// <summary>The result in short.</summary>
    /// <returns>For example "api v1.2.3 -> v1.2.2: Succeeded".</returns>
    public override string ToString() => $"{Service} {(From is null ? "" : From + " -> ")}{Version}: {Outcome}";
}

/// <summary>What a repair found and did.</summary>
public sealed record ProRepair
{
    internal ProRepair()
    {
    }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>What runs it.</summary>
    public required string Target { get; init; }

    /// <summary>NothingToDo, RestoredPrevious (the new one was not verified: the old one is as it was), or FinishedNew (it was).</summary>
    public required string Outcome { get; init; }

    /// <summary>The version that runs now; null if none does.</summary>
    public ProVersion? Version { get; init; }

    /// <summary>What was done, for people.</summary>
    public string Message { get; init; } = "";

    /// <summary>The repair in short.</summary>
    /// <returns>For example "api container.api: RestoredPrevious".</returns>
    public override string ToString() => $"{Service} {Target}: {Outcome}";
}
