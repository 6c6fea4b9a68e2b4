using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Health.Probes;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>The start of a container that is judged: its end, or another start, is a failure.</summary>
internal sealed record ContainerStart(string StartedAt, long Restarts)
{
    /// <summary>How it ended; null while it goes on.</summary>
    public HealthFinding? EndIn(ContainerSnapshot now)
    {
        if (now.Container is not { State: { } state } container)
        {
            return new HealthFinding(ProHealth.Exited, "is gone");
        }

        if (state.Restarting || container.RestartCount > Restarts)
        {
            return new HealthFinding(ProHealth.Restarting, "ended, and its restart policy starts it again");
        }

        if (!state.Running)
        {
            return new HealthFinding(ProHealth.Exited, Why(state) + (now.AfterOutage ? " while the engine was away" : ""));
        }

        if (state.StartedAt == StartedAt)
        {
            return null;
        }

        // The engine starts its containers again with itself; that says nothing of this one.
        return now.AfterOutage
            ? new HealthFinding(ProHealth.Running, "was started again with the engine") { IsNewStart = true }
            : new HealthFinding(ProHealth.Restarting, "was restarted");
    }

    private static string Why(State state) => state switch
    {
        { Status: "created" } => "was not started" + Said(state),
        { OOMKilled: true } => "was killed by the kernel for its memory",
        _ => "exited" + Said(state),
    };

    private static string Said(State state) => string.IsNullOrWhiteSpace(state.Error) ? "" : $" ({LogText.Clean(state.Error)})";
}
