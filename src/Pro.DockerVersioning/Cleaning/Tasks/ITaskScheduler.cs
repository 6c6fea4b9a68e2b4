namespace Pro.DockerVersioning.Cleaning.Tasks;

/// <summary>A scheduler of the system. Registering a job that is there replaces it; taking away one that isn't is fine.</summary>
internal interface ITaskScheduler
{
    /// <summary>Asks the scheduler whether it is here and answers, before anything is written.</summary>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>Makes the scheduler start a job.</summary>
    Task RegisterAsync(CleanupTask task, CancellationToken cancellationToken);

    /// <summary>Whether the scheduler knows a job.</summary>
    Task<bool> HasAsync(CleanupTask task, CancellationToken cancellationToken);

    /// <summary>Makes the scheduler forget a job.</summary>
    Task UnregisterAsync(CleanupTask task, CancellationToken cancellationToken);
}
