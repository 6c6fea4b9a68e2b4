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

    /// <summary>
    /// The script that the scheduler starts under a name, by its own entry; null if it has none, or not one of ours. The entries are one
    /// user's, and the jobs' files may be in several state folders.
    /// </summary>
    Task<string?> FindScriptAsync(string name, CancellationToken cancellationToken);

    /// <summary>Makes the scheduler forget a job.</summary>
    Task UnregisterAsync(CleanupTask task, CancellationToken cancellationToken);
}
