using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// The start of a container that is judged: its end, or another start, is a failure. The time is as the engine writes it; null if any start
/// will do. The restart count belongs to this start.
/// </summary>
internal sealed record ContainerStart(string? StartedAt, long Restarts)
{
    /// <summary>How it ended; null while it goes on.</summary>
    public HealthFinding? EndIn(ContainerSnapshot now)
    {
        if (now.Container is not { } container)
        {
            return new HealthFinding(ProHealth.Exited, "is gone");
        }

        if (container.IsRestarting || container.RestartCount > Restarts)
        {
            return new HealthFinding(ProHealth.Restarting, "ended, and its restart policy starts it again");
        }

        if (!container.IsRunning)
        {
            return new HealthFinding(ProHealth.Exited, Why(now) + (now.AfterOutage ? " while the engine was away" : ""));
        }

        if (now.StartedAt == StartedAt)
        {
            return null;
        }

        // The engine starts its containers again with itself; that says nothing of this one.
        return now.AfterOutage
            ? new HealthFinding(ProHealth.Running, "was started again with the engine") { IsNewStart = true }
            : new HealthFinding(ProHealth.Restarting, "was restarted");
    }

    private static string Why(ContainerSnapshot now)
    {
        var error = now.State.Text("Error");
        var said = string.IsNullOrWhiteSpace(error) ? "" : $" ({LogText.Clean(error)})";
        return now.State.Text("Status") == "created" ? "was not started" + said
            : now.State.Flag("OOMKilled") ? "was killed by the kernel for its memory"
            : "exited" + said;
    }
}
