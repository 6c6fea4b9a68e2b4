namespace Pro.DockerVersioning;

/// <summary>What was done.</summary>
public enum ProHistoryKind
{
    /// <summary>An image was built.</summary>
    Build,

    /// <summary>A version was pushed to a registry.</summary>
    Publish,

    /// <summary>A service was brought to a version.</summary>
    Deploy,

    /// <summary>A service was rolled back to an older version.</summary>
    Rollback,

    /// <summary>A deployment or rollback failed, and the version from before runs again.</summary>
    Restore,

    /// <summary>What an operation that was interrupted had left behind was repaired.</summary>
    Repair,

    /// <summary>Old versions were removed.</summary>
    Clean,

    /// <summary>A rehearsal: the rollback was tried, and nothing was changed for good.</summary>
    Drill,
}
