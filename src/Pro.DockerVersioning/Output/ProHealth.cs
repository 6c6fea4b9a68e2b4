namespace Pro.DockerVersioning;

/// <summary>What a container's verification came to.</summary>
public enum ProHealth
{
    /// <summary>Its HEALTHCHECK or its health URL says that it is well.</summary>
    Healthy,

    /// <summary>It has neither, and ran for the stability time without an exit or a restart.</summary>
    Running,

    /// <summary>Its HEALTHCHECK says that it is unhealthy; while watched, its health URL; or it stands paused.</summary>
    Unhealthy,

    /// <summary>It ended, or is gone.</summary>
    Exited,

    /// <summary>It ended, and its restart policy starts it again.</summary>
    Restarting,

    /// <summary>It runs, but did not get healthy in time.</summary>
    TimedOut,
}
