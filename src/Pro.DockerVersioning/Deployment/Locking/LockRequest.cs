namespace Pro.DockerVersioning.Deployment.Locking;

/// <param name="Target">What is locked: one operation at a time.</param>
/// <param name="Operation">What will be done, for the others to read: "roll back api to v1.2.2".</param>
internal sealed record LockRequest(string Target, string Operation)
{
    /// <summary>Takes the lock from its holder: -BreakLock. If several break the same lock at once, one gets it.</summary>
    public bool Breaks { get; init; }

    /// <summary>How long to wait for the holder: -LockTimeout. Zero fails at once.</summary>
    public TimeSpan Wait { get; init; }

    /// <summary>The service that it is about; null if it is about none.</summary>
    public string? Service { get; init; }

    /// <summary>The service's repository, <c>registry/service</c>: whoever cleans there waits. Null if it is about none.</summary>
    public string? Repository { get; init; }

    /// <summary>
    /// What whoever takes the lock over needs to know of the operation: see <see cref="LockInfo.Interrupted"/>. Null for nothing.
    /// </summary>
    public string? Note { get; init; }

    /// <summary>When it is renewed, and when it counts as left behind.</summary>
    public LockTimes Times { get; init; } = LockTimes.Default;
}
