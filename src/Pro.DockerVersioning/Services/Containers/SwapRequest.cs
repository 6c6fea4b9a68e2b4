using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>What is to take whose place.</summary>
internal sealed record SwapRequest
{
    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    /// <summary>The image to run, on the engine already.</summary>
    public required string Image { get; init; }

    /// <summary>Returns when the container with that id is proven; throws where it isn't.</summary>
    public required Func<string, CancellationToken, Task> Verify { get; init; }

    /// <summary>
    /// As <see cref="Verify"/>, for a container whose ports are still another one's: its health URL would be answered by that. Null: the same.
    /// </summary>
    public Func<string, CancellationToken, Task>? VerifyBeforePorts { get; init; }

    /// <summary>
    /// Called with the new container's id when it is proven and has everything, right before there is no way back; throws to go back.
    /// </summary>
    public Func<string, CancellationToken, Task> BeforeCommit { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>
    /// Called when the old one is back after a failure: which of the two had gone first, and how long nobody answered; null where the old
    /// one did all the time.
    /// </summary>
    public Action<UpdateOrder, TimeSpan?> Restored { get; init; } = static (_, _) => { };

    /// <summary>
    /// Called with the old container's id before it is removed, or stopped where it removes itself: for its last log lines.
    /// </summary>
    public Func<string, CancellationToken, Task> BeforeRemoval { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>Labels to set on the new one; a null value takes the label away.</summary>
    public IReadOnlyDictionary<string, string?> Labels { get; init; } = new Dictionary<string, string?>();

    /// <summary>Labels for a follower (its inspection) that is re-created, by the containers that have a successor (from id to id).</summary>
    public Func<JsonObject, IReadOnlyDictionary<string, string>, CancellationToken, Task<IReadOnlyDictionary<string, string?>>> FollowerLabels { get; init; } =
        static (_, _, _) => Task.FromResult<IReadOnlyDictionary<string, string?>>(new Dictionary<string, string?>());

    /// <summary>True for a service that gives up at once where it finds no network when it starts: 0.3 s more without an answer.</summary>
    public bool NeedsNetworkAtStart { get; init; }
}

/// <summary>How a swap went.</summary>
/// <param name="ContainerId">The new container.</param>
/// <param name="PreviousId">The old one, gone now.</param>
/// <param name="Order">Which of the two went first.</param>
/// <param name="Gap">
/// Stopped first: from the old one's stop signal until the new one had its network and ports. Warm: for how long the ports were nobody's.
/// Null where nothing was cut.
/// </param>
internal sealed record SwapResult(string ContainerId, string PreviousId, UpdateOrder Order, TimeSpan? Gap);
