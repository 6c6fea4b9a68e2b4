namespace Pro.DockerVersioning;

/// <summary>Which of two versions goes first.</summary>
public enum ProUpdateOrder
{
    /// <summary>The old one stops before the new one starts: for services of which two must not run at once.</summary>
    StopFirst,

    /// <summary>The new one is verified beside the old one.</summary>
    StartFirst,
}

/// <summary>What a swarm does when a task of the new version fails during an update.</summary>
public enum ProFailureAction
{
    /// <summary>It goes back by itself.</summary>
    Rollback,

    /// <summary>It stops where it is, and leaves the rest to the operator.</summary>
    Pause,
}
