namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>How an update of a swarm service ended.</summary>
internal enum SwarmOutcome
{
    /// <summary>All tasks run the new image.</summary>
    Succeeded,

    /// <summary>The engine has accepted the update; nobody waited for its end.</summary>
    Accepted,

    /// <summary>All tasks ran this image already.</summary>
    NothingToDo,

    /// <summary>It failed or was stopped, and this module went back: all tasks run the old image.</summary>
    RestoredPrevious,

    /// <summary>It failed, and the engine went back by itself: all tasks run the old image.</summary>
    RolledBackByEngine,

    /// <summary>It failed, and stands between the two images, as was asked for.</summary>
    Paused,

    /// <summary>It failed, and going back did as well.</summary>
    RestoreFailed,

    /// <summary>Somebody else updated the service in the meantime; it was left to them.</summary>
    Superseded,
}

/// <summary>What an update of a swarm service did.</summary>
internal sealed record SwarmUpdateResult
{
    /// <summary>How it ended.</summary>
    public required SwarmOutcome Outcome { get; init; }

    /// <summary>The digest of the image that was asked for; null if it has none.</summary>
    public string? Digest { get; init; }

    /// <summary>What the tasks of the new image that failed said of themselves.</summary>
    public IReadOnlyList<string> TaskErrors { get; init; } = [];

    /// <summary>The last lines of a task that failed.</summary>
    public IReadOnlyList<string> LogTail { get; init; } = [];

    /// <summary>True if it was the operator who stopped it.</summary>
    public bool WasCancelled { get; init; }

    /// <summary>What went wrong; null if all is as it was asked for.</summary>
    public ProException? Failure { get; init; }
}
