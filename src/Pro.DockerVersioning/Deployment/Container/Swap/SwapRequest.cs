using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>Labels for a follower that is re-created, by the containers that have a successor (from id to id).</summary>
internal delegate Task<IReadOnlyDictionary<string, string?>> FollowerLabels(
    ContainerView follower, IReadOnlyDictionary<string, string> successors, CancellationToken cancellationToken);

internal record SwapRequest
{
    /// <summary>The target's id, for the operation record.</summary>
    public required string Target { get; init; }

    /// <summary>The containers' names: the replicas of a service.</summary>
    public required IReadOnlyList<string> Containers { get; init; }

    /// <summary>The image to run, on the engine already.</summary>
    public required string Image { get; init; }

    /// <summary>Its id; null for whatever the name means.</summary>
    public string? ImageId { get; init; }

    /// <summary>The order that the service allows; null: stop-first.</summary>
    public UpdateOrder? Order { get; init; }

    /// <summary>The order that somebody typed: it is kept, or nothing is done. Null if a file says it, or nobody.</summary>
    public UpdateOrder? TypedOrder { get; init; }

    /// <summary>What the plan chose for them; null if there was no plan.</summary>
    public SwapChoice? Planned { get; init; }

    /// <summary>Labels for the successor of a container with those labels; a null value takes the label away.</summary>
    public Func<IDictionary<string, string>, IReadOnlyDictionary<string, string?>> Labels { get; init; } =
        static _ => new Dictionary<string, string?>();

    public FollowerLabels FollowerLabels { get; init; } =
        static (_, _, _) => Task.FromResult<IReadOnlyDictionary<string, string?>>(new Dictionary<string, string?>());

    /// <summary>
    /// Paths in the containers that somebody copied into their layer after their creation, as compose does with inline configs and
    /// secrets: they go along to the new containers, and to old ones that have to be re-created.
    /// </summary>
    public IReadOnlyList<string> InjectedFiles { get; init; } = [];

    /// <summary>True if nobody can tell those paths: what looks as if it was copied goes along.</summary>
    public bool TakesFoundFiles { get; init; }

    /// <summary>Compose's labels that say whose the containers are.</summary>
    public IReadOnlyDictionary<string, string> Owner { get; init; } = new Dictionary<string, string>();

    /// <summary>For the history: see <see cref="Strategies.OperationNote"/>.</summary>
    public string? Note { get; init; }
}

/// <summary>What a candidate has when it is verified.</summary>
internal enum CandidateStage
{
    /// <summary>It runs beside the old container on the same networks, without aliases; no ports are published.</summary>
    BesideOld,

    /// <summary>It runs beside the old container, which has the ports: a health URL would be answered by that.</summary>
    BeforePorts,

    /// <summary>It was verified before, and has everything now: its final addresses and ports.</summary>
    AfterHandover,

    /// <summary>It has everything from its start on.</summary>
    InPlace,

    /// <summary>It was verified in place, and so was all that shares its network: its published ports must answer.</summary>
    OnItsPorts,

    /// <summary>It was verified before, and the old container, which might have answered its check, has stopped.</summary>
    Alone,
}

/// <summary>Who verifies what a swap has made, and lets it go on.</summary>
internal interface ISwapChecks
{
    /// <summary>Looks at the old container: what answers there must answer again.</summary>
    /// <returns>Why the candidate could not be checked in that flow, as the end of a sentence; null if it can be.</returns>
    Task<string?> PrepareAsync(SwapState state, SwapFlow flow, CancellationToken cancellationToken);

    /// <summary>True if the old container may have answered what the candidate was verified by.</summary>
    bool MayOldHaveAnswered(SwapState state);

    /// <summary>Returns when the candidate is verified; throws if it isn't.</summary>
    Task VerifyAsync(SwapState state, SwapFlow flow, CandidateStage stage, CancellationToken cancellationToken);

    /// <summary>Called when the record is written, for each container of the service, before anything is touched.</summary>
    void Begin(SwapState state, UpdateOrder order);

    /// <summary>Called when all are verified and have everything, while the old ones still run; throws to restore them.</summary>
    Task WatchAsync(CancellationToken cancellationToken);

    /// <summary>Called right before the commit; throws to restore the old ones.</summary>
    Task BeforeCommitAsync(CancellationToken cancellationToken);

    /// <summary>Called when something failed, before the old containers are restored: the candidates are still there.</summary>
    /// <param name="failed">Whose turn it was when it failed.</param>
    Task BeforeRestoreAsync(SwapState failed);

    /// <summary>Called before an old container is removed, or stopped if it removes itself: for its last log lines.</summary>
    Task BeforeRemovalAsync(SwapState state);
}

/// <param name="ContainerId">The new container.</param>
/// <param name="Order">Which of the two went first.</param>
/// <param name="Gap">
/// Stop-first: from the old one's stop signal until the new one had started, or a check had called it healthy. Warm: for how long the ports
/// were nobody's. Null if nothing was cut.
/// </param>
internal sealed record SwapResult(string ContainerId, UpdateOrder Order, TimeSpan? Gap);
