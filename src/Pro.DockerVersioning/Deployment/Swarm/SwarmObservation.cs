using Pro.DockerVersioning.Deployment.Swarm.Api;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>What an update has come to.</summary>
internal enum SwarmVerdict
{
    Running,

    /// <summary>All tasks run the wanted image.</summary>
    Completed,

    /// <summary>The engine stopped it after a failure.</summary>
    Paused,

    RolledBack,

    /// <summary>The engine could not even go back.</summary>
    RollbackPaused,

    /// <summary>No progress for too long.</summary>
    Stuck,

    /// <summary>Somebody else has updated the service.</summary>
    Superseded,

    /// <summary>A task of the new image failed while it was watched.</summary>
    TaskFailed,

    Refused,
}

/// <summary>
/// What a step of an update is to reach: the image and the counter of all tasks. The status of the update before may still stand there: it
/// is told by when that began.
/// </summary>
internal sealed record SwarmGoal(string Image, ulong ForceUpdate, string? StatusBefore)
{
    public bool Includes(SwarmTask task) => task.Image == Image && task.ForceUpdate == ForceUpdate;
}

/// <summary>A look at a service and its tasks.</summary>
internal sealed record SwarmSighting(SwarmServiceState Service, IReadOnlyList<SwarmTask> Tasks)
{
    /// <summary>How many tasks the service wants: a global one as many as it has now.</summary>
    public int Wanted => Service.Replicas
        ?? Tasks.Where(task => task.IsWanted).Select(task => task.NodeId).Distinct(StringComparer.Ordinal).Count();

    public int RunningFor(SwarmGoal goal) => Tasks.Count(task => task.IsRunning && goal.Includes(task));

    /// <summary>Whether all that the service wants run for a goal.</summary>
    public bool HasReached(SwarmGoal goal) => RunningFor(goal) >= Wanted && Tasks.All(task => !task.IsWanted || goal.Includes(task));

    /// <summary>What the tasks are to reach by now: while the engine goes back by itself, it is the old ones that come up.</summary>
    public SwarmGoal Towards(SwarmGoal goal) => Service.UpdateStatus is { IsRollback: true } ? Old : goal;

    private SwarmGoal Old => new(Service.Image ?? "", Service.ForceUpdate, StatusBefore: null);

    /// <summary>
    /// What the update has come to. The engine clears the status with each update, and leaves it empty if no task needs to be
    /// replaced: then the tasks alone tell.
    /// </summary>
    public SwarmVerdict Judge(SwarmGoal goal)
    {
        var status = Service.UpdateStatus is { } current && (current.StartedAt is null || current.StartedAt != goal.StatusBefore)
            ? current : null;
        var isOurs = Service.Image == goal.Image && Service.ForceUpdate == goal.ForceUpdate;
        return status switch
        {
            // Also back to the same image, of which only the counter differs.
            { State: "rollback_completed" } => HasReached(Old) ? SwarmVerdict.RolledBack : SwarmVerdict.Running,
            { State: "rollback_paused" } => SwarmVerdict.RollbackPaused,
            { IsRollback: true } => SwarmVerdict.Running,
            _ when !isOurs => SwarmVerdict.Superseded,
            null or { State: "completed" } => HasReached(goal) ? SwarmVerdict.Completed : SwarmVerdict.Running,
            { State: "paused" } => SwarmVerdict.Paused,
            _ => SwarmVerdict.Running,
        };
    }
}
