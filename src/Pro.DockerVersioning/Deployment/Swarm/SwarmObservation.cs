using Pro.DockerVersioning.Deployment.Swarm.Api;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>What an update has come to.</summary>
internal enum SwarmVerdict
{
    /// <summary>Under way.</summary>
    Running,

    /// <summary>All tasks run the wanted image.</summary>
    Completed,

    /// <summary>The engine stopped it after a failure.</summary>
    Paused,

    /// <summary>The engine has gone back.</summary>
    RolledBack,

    /// <summary>The engine could not even go back.</summary>
    RollbackPaused,

    /// <summary>No progress for too long.</summary>
    Stuck,

    /// <summary>Somebody else has updated the service.</summary>
    Superseded,

    /// <summary>A task of the new image failed while it was watched.</summary>
    TaskFailed,

    /// <summary>The operator doesn't want it.</summary>
    Refused,
}

/// <summary>What a step of an update is to reach.</summary>
internal sealed record SwarmGoal(string Image, ulong ForceUpdate, string? StatusBefore)
{
    /// <summary>Whether a task was made for it.</summary>
    public bool Includes(SwarmTask task) => task.Image == Image && task.ForceUpdate == ForceUpdate;
}

/// <summary>A look at a service and its tasks.</summary>
internal sealed record SwarmSighting(SwarmServiceState Service, IReadOnlyList<SwarmTask> Tasks)
{
    /// <summary>How many tasks the service wants: a global one as many as it has now.</summary>
    public int Wanted => Service.Replicas
        ?? Tasks.Where(task => task.IsWanted).Select(task => task.NodeId).Distinct(StringComparer.Ordinal).Count();

    /// <summary>How many run for a goal.</summary>
    public int RunningFor(SwarmGoal goal) => Tasks.Count(task => task.IsRunning && goal.Includes(task));

    /// <summary>Whether all that the service wants run for a goal.</summary>
    public bool HasReached(SwarmGoal goal) => RunningFor(goal) >= Wanted && Tasks.All(task => !task.IsWanted || goal.Includes(task));

    /// <summary>
    /// What the update has come to. The engine clears the status with each update, and leaves it empty if no task needs to be
    /// replaced: then the tasks alone tell.
    /// </summary>
    public SwarmVerdict Judge(SwarmGoal goal)
    {
        var status = Service.UpdateStatus is { } current && (current.StartedAt is null || current.StartedAt != goal.StatusBefore)
            ? current : null;
        if (Service.Image != goal.Image || Service.ForceUpdate != goal.ForceUpdate)
        {
            return status is { IsRollback: true } ? JudgeRollback(status) : SwarmVerdict.Superseded;
        }

        return status switch
        {
            null or { State: "completed" } => HasReached(goal) ? SwarmVerdict.Completed : SwarmVerdict.Running,
            { State: "paused" } => SwarmVerdict.Paused,
            // Back to the same image, of which only the counter differs.
            { IsRollback: true } => JudgeRollback(status),
            _ => SwarmVerdict.Running,
        };
    }

    private SwarmVerdict JudgeRollback(SwarmUpdateStatus status)
    {
        var old = new SwarmGoal(Service.Image ?? "", Service.ForceUpdate, StatusBefore: null);
        return status.State switch
        {
            "rollback_completed" => HasReached(old) ? SwarmVerdict.RolledBack : SwarmVerdict.Running,
            "rollback_paused" => SwarmVerdict.RollbackPaused,
            _ => SwarmVerdict.Running,
        };
    }
}
