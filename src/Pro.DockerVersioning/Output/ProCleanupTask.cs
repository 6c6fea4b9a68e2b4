namespace Pro.DockerVersioning;

/// <summary>Who starts a job.</summary>
public enum ProTaskScheduler
{
    /// <summary>cron, by the user's crontab.</summary>
    Cron,

    /// <summary>systemd, by a timer.</summary>
    Systemd,

    /// <summary>Windows' Task Scheduler.</summary>
    TaskScheduler,
}

/// <summary>A clean-up that runs by itself.</summary>
public sealed class ProCleanupTask
{
    internal ProCleanupTask()
    {
    }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Who starts it.</summary>
    public required ProTaskScheduler Scheduler { get; init; }

    /// <summary>The days of the week; empty: every day.</summary>
    public IReadOnlyList<DayOfWeek> Days { get; init; } = [];

    /// <summary>The time of day, by the machine's clock.</summary>
    public required TimeSpan At { get; init; }

    /// <summary>When it is due next; null if the scheduler has lost it.</summary>
    public DateTime? NextRun { get; init; }

    /// <summary>False if the scheduler doesn't know it any more: Register-ProCleanupTask makes it anew.</summary>
    public required bool IsScheduled { get; init; }

    /// <summary>When it ran last, by its log; null if it hasn't yet.</summary>
    public DateTimeOffset? LastRun { get; init; }

    /// <summary>The exit code of that run; 0 only if all went well.</summary>
    public int? LastExitCode { get; init; }

    /// <summary>The folder in which it runs.</summary>
    public required string Folder { get; init; }

    /// <summary>The script.</summary>
    public required string Script { get; init; }

    /// <summary>The log: a line for each action, with its time. Three older ones lie beside it.</summary>
    public required string Log { get; init; }

    /// <summary>The name.</summary>
    /// <returns>The task's name.</returns>
    public override string ToString() => Name;
}
