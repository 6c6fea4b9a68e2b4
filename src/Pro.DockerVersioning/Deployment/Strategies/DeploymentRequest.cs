using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>What is asked for.</summary>
internal sealed record DeploymentRequest
{
    public required ProHistoryKind Kind { get; init; }

    public required ServiceDefinition Service { get; init; }

    public required ImageReference Repository { get; init; }

    public TargetFilter Filter { get; init; } = new();

    /// <summary>
    /// The compose files for a first start, absolute; empty if none are known. They are read only if somebody asks for them.
    /// </summary>
    public Lazy<IReadOnlyList<string>> ComposeFiles { get; init; } = new([]);

    /// <summary>True if the compose files were named for this very command, and not by a variable of the session.</summary>
    public bool ComposeFilesAreMeant { get; init; }

    /// <summary>The tag that the chosen environment declares for what is deployed there; null if it declares none.</summary>
    public string? DeclaredAlias { get; init; }

    /// <summary>The session's folder and what a child needs to reach the engine.</summary>
    public required ChildEnvironment Child { get; init; }

    /// <summary>Re-creates what runs already, and takes an image that isn't the one that was verified.</summary>
    public bool Force { get; init; }

    /// <summary>The order that was asked for; null: what the service says.</summary>
    public UpdateOrder? Order { get; init; }

    /// <summary>True if the order was typed for this very command: then it is kept, or nothing is done.</summary>
    public bool OrderIsTyped => Order is not null;

    /// <summary>Variables that may become blank although they have a value in the container that runs.</summary>
    public IReadOnlyList<string> AllowBlank { get; init; } = [];

    /// <summary>How long the new version has to get healthy, as the operator or pro.json say it; null if they do not.</summary>
    public TimeSpan? HealthTimeout { get; init; }

    /// <summary>How long the service is known to need to start: bounds the time for which stop-first leaves it down.</summary>
    public TimeSpan KnownNeed { get; init; } = Health.KnownNeed.Of([]);

    /// <summary>How long it is watched after that.</summary>
    public TimeSpan Watch { get; init; }

    public int LogLines { get; init; } = 10;

    public string? Reason { get; init; }

    public bool BreakLock { get; init; }

    public SwarmUpdateOptions Swarm { get; init; } = new();

    /// <summary>The order that holds where compose says nothing more.</summary>
    public UpdateOrder? WantedOrder => Order ?? Service.Order;

    /// <summary>How long to wait for whoever holds the lock; zero fails at once.</summary>
    public TimeSpan LockTimeout { get; init; }

    public DeploymentRequest WaitingFor(TimeSpan left) => this with { LockTimeout = left > TimeSpan.Zero ? left : TimeSpan.Zero };

    public LockTimes LockTimes { get; init; } = LockTimes.Default;

    /// <summary>The health URL, where the declaration has a good one.</summary>
    public Uri? HealthUrl => Uri.TryCreate(Service.HealthUrl, UriKind.Absolute, out var url) ? url : null;
}
