using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>
/// What a strategy would do, what is cut and for how long, as a sentence's part; what the operator should know before; and how containers
/// are swapped, null if they aren't.
/// </summary>
internal sealed record StrategyPlan(string Line, IReadOnlyList<string> Warnings, SwapFlow? Flow = null)
{
    /// <summary>More of what is done or changes, a sentence's part each.</summary>
    public IReadOnlyList<string> Details { get; init; } = [];
}

internal sealed record StrategyResult
{
    public required ProDeploymentOutcome Outcome { get; init; }

    /// <summary>The verification of the new version, also if it failed; null if it did not come to one, and for a swarm.</summary>
    public VerificationResult? Verification { get; init; }

    /// <summary>The health of what was restored; null if nothing was, or if it did not run before either.</summary>
    public ProHealth? PreviousHealth { get; init; }

    /// <summary>How long the new version took from its start until a check called it healthy; null if nothing checked it.</summary>
    public TimeSpan? HealthyAfter { get; init; }

    public string? Order { get; init; }

    /// <summary>How long nobody answered at most.</summary>
    public TimeSpan? Downtime { get; init; }

    /// <summary>True unless what ran before was never interrupted: what depends on it knows of no other.</summary>
    public bool TouchedTheService => Outcome == ProDeploymentOutcome.Succeeded || Downtime is not null;

    public string? Digest { get; init; }

    /// <summary>The last lines of the new one, or of the one that failed.</summary>
    public IReadOnlyList<string> LogTail { get; init; } = [];

    /// <summary>Whose last lines they are, if it failed without a verification.</summary>
    public string? LogContainer { get; init; }

    /// <summary>The last lines of the old one, which is gone.</summary>
    public IReadOnlyList<string> OldLog { get; init; } = [];

    /// <summary>What failed; null if nothing did. The old one runs again.</summary>
    public ProException? Failure { get; init; }

    public bool WasStopped { get; init; }
}

/// <summary>Brings a target to another image, or leaves it as it was.</summary>
internal interface IDeploymentStrategy
{
    ProStrategy Kind { get; }

    /// <summary>Whether the image must be on this engine first. A swarm's nodes pull it themselves.</summary>
    bool NeedsLocalImage => true;

    /// <summary>Whether what was planned for is still what is there.</summary>
    bool IsUnchanged(ServiceTarget planned, ServiceTarget? now) => planned.HasSameContainersAs(now);

    /// <summary>Whether what runs now is well, as far as the engine says.</summary>
    Task<bool> IsHealthyAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Whether a version that was restored counts as verified again. A swarm says so itself; a container was looked at.
    /// </summary>
    bool IsVerifiedAgain(StrategyResult restored) => restored.PreviousHealth is ProHealth.Healthy or ProHealth.Running;

    /// <summary>Whether a failure says itself what runs again.</summary>
    bool FailureTellsRestore => false;

    /// <summary>The last log lines of the new version's container, as far as it came to that.</summary>
    IReadOnlyList<string> LastLog => [];

    /// <summary>What would be done; null if that version runs already. Looks only.</summary>
    Task<StrategyPlan?> PlanAsync(SuppliedImage image, CancellationToken cancellationToken);

    /// <summary>Does it, under the target's lock, with the image on the engine.</summary>
    /// <exception cref="ProException">Nothing was touched, or the old one could not be restored.</exception>
    Task<StrategyResult> RunAsync(SuppliedImage image, LockedOperation operation, CancellationToken cancellationToken);
}

/// <summary>
/// An operation that has its target's lock. The note says what it is about: it goes along with what is made, for whoever must finish it.
/// The check throws if the lock is another's by now. It is asked right before nothing can be restored any more: what two at once have made,
/// nobody can vouch for.
/// </summary>
internal sealed record LockedOperation(OperationNote Note, Func<CancellationToken, Task> ThrowIfLockLostAsync);

/// <summary>The steps of a deployment: each is a bar's status, a verbose line, and a line of the result.</summary>
internal sealed class DeploymentSteps(string subject, IProgress<Report> reports)
{
    private const string Bar = "deployment";
    private readonly object _lock = new();
    private string? _name;
    private long _began;

    /// <summary>A new list with each step: whoever reads it meanwhile has the one before.</summary>
    public IReadOnlyList<ProDeploymentStep> Done { get; private set; } = [];

    public void Begin(string name)
    {
        lock (_lock)
        {
            Close();
            _name = name;
            _began = Clock.Current.GetTimestamp();
        }

        reports.Report(new VerboseReport($"{subject}: {name}."));
        reports.Report(new ProgressReport(Bar, subject, name));
    }

    public void End()
    {
        lock (_lock)
        {
            Close();
        }

        reports.Report(new ProgressReport(Bar, subject, "") { Completed = true });
    }

    private void Close()
    {
        if (_name is { } name)
        {
            Done = [.. Done, new ProDeploymentStep(name, Clock.Current.GetElapsedTime(_began))];
            _name = null;
        }
    }
}
