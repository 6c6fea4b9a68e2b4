using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>What the engine does when a task of the new version fails during an update.</summary>
internal enum SwarmFailureAction
{
    /// <summary>The engine goes back by itself.</summary>
    Rollback,

    /// <summary>The engine stops where it is, and leaves the rest to the operator.</summary>
    Pause,
}

/// <summary>
/// How a swarm service is updated. What is null stays as the service's own update configuration says; what is given stays in it
/// afterwards, as with <c>docker service update</c>.
/// </summary>
internal sealed record SwarmUpdateOptions
{
    /// <summary>Replaces the tasks though they run this image already.</summary>
    public bool Force { get; init; }

    /// <summary>Comes back as soon as the engine has accepted the update.</summary>
    public bool NoWait { get; init; }

    /// <summary>0 is all tasks at once.</summary>
    public ulong? Parallelism { get; init; }

    public TimeSpan? Delay { get; init; }

    /// <summary>For how long after its start a task's failure counts against the update. The engine's default is 5 s.</summary>
    public TimeSpan? Monitor { get; init; }

    /// <summary>
    /// What the engine does on a failure. Null: as the service says, but where that would leave it between two versions ("pause", the
    /// engine's default), this module goes back.
    /// </summary>
    public SwarmFailureAction? FailureAction { get; init; }

    public UpdateOrder? Order { get; init; }

    /// <summary>So many tasks are replaced first, and watched, before the rest follows; null for all in one go.</summary>
    public int? Canary { get; init; }

    /// <summary>For how long the canary's tasks must run without a failure, where nobody is asked.</summary>
    public TimeSpan CanaryWatch { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Asks the operator whether the canary is good; null to go by <see cref="CanaryWatch"/>.</summary>
    public Func<CancellationToken, Task<bool>>? ApproveCanary { get; init; }

    /// <summary>Throws where somebody else works on the service by now; asked before each further step of an update.</summary>
    public Func<CancellationToken, Task> ThrowIfLockLostAsync { get; init; } = static _ => Task.CompletedTask;

    /// <summary>For how long the new tasks are watched after the update has ended well.</summary>
    public TimeSpan Watch { get; init; }

    /// <summary>
    /// For how long the new tasks must run without a failure until they count as verified, the engine's own time (<see cref="Monitor"/>)
    /// included: as long as a container without a health check.
    /// </summary>
    public TimeSpan StabilityTime { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// For how long an update, or a rollback, may make no progress (besides its own delay and monitor) before this module gives it up.
    /// Null: see <see cref="SwarmPatience"/>.
    /// </summary>
    public TimeSpan? HealthTimeout { get; init; }

    /// <summary>True for a rollback that was asked for: it goes at the pace of the service's own rollback configuration.</summary>
    public bool IsRollback { get; init; }

    /// <summary>The login for the image's registry: the swarm remembers none. Null if there is none.</summary>
    public RegistryCredential? Credential { get; init; }

    public TimeSpan PollInterval { get; init; } = TimeSpan.FromMilliseconds(250);
}
