namespace Pro.DockerVersioning.Services.Locking;

/// <summary>What somebody wants a lock for.</summary>
/// <param name="Target">What is locked on the engine: one operation at a time.</param>
/// <param name="Operation">What will be done, for the others to read: "roll back api to v1.2.2".</param>
/// <param name="Deadline">After this long without a renewal the lock counts as left behind. Its holder renews it in time.</param>
internal sealed record LockRequest(string Target, string Operation, TimeSpan Deadline)
{
    /// <summary>Takes the lock from whoever is found holding it: -BreakLock. Of those who break the same lock at once, one gets it.</summary>
    public bool Breaks { get; init; }

    /// <summary>The compose files' folder on <see cref="LockInfo.Host"/>; null where no files are needed.</summary>
    public string? ComposePath { get; init; }

    /// <summary>The service that it is about; null where it is about none.</summary>
    public string? Service { get; init; }

    /// <summary>The service's repository, <c>registry/service</c>: whoever cleans there waits. Null where it is about none.</summary>
    public string? Repository { get; init; }

    /// <summary>What whoever takes the lock over needs to know of the operation: see <see cref="LockInfo.CutOff"/>. Null for nothing.</summary>
    public string? Note { get; init; }
}
