using Pro.DockerVersioning.Services.Containers;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>
/// A swap that stands still at two points until it may go on: when the new container is proven, and when the old one is marked as done. So
/// of several replicas none is without its way back before all are proven, and no mark goes away before all have it.
/// </summary>
internal sealed class HeldSwap
{
    private readonly TaskCompletionSource _proven = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayCommit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _committed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _mayRemove = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Begins it.</summary>
    /// <param name="request">What is to take whose place; its own calls at the two points come first and last.</param>
    /// <param name="run">Runs a swap.</param>
    public HeldSwap(SwapRequest request, Func<SwapRequest, Task<SwapResult>> run) => End = run(request with
    {
        BeforeCommit = async (id, stop) =>
        {
            await request.BeforeCommit(id, stop).ConfigureAwait(false);
            _ = _proven.TrySetResult();
            await _mayCommit.Task.ConfigureAwait(false);
        },
        BeforeRemoval = async (id, stop) =>
        {
            if (_proven.Task.IsCompleted)
            {
                _ = _committed.TrySetResult();
                await _mayRemove.Task.ConfigureAwait(false);
            }

            await request.BeforeRemoval(id, stop).ConfigureAwait(false);
        },
    });

    /// <summary>How it ends.</summary>
    public Task<SwapResult> End { get; }

    /// <summary>Comes back when the new container is proven; throws where the swap has failed, and the old one is back.</summary>
    public Task UntilProvenAsync() => UntilAsync(_proven.Task);

    /// <summary>Marks the old one as done: there is no way back from here.</summary>
    public Task CommitAsync()
    {
        _ = _mayCommit.TrySetResult();
        return UntilAsync(_committed.Task);
    }

    /// <summary>Lets the old one go.</summary>
    public Task<SwapResult> FinishAsync()
    {
        _ = _mayRemove.TrySetResult();
        return End;
    }

    /// <summary>Ends it with a failure, its own or another's: it goes back, unless it is committed.</summary>
    /// <returns>Why it could not; null where it could.</returns>
    public async Task<Exception?> BackAsync(Exception failure)
    {
        _ = _mayCommit.TrySetException(failure);
        _ = _mayRemove.TrySetException(failure);
        await ((Task)End).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var own = End.IsFaulted ? End.Exception.InnerException : null;
        return ReferenceEquals(own, failure) ? null : own;
    }

    // One that has removed itself has no second point, and one that has failed has none at all.
    private async Task UntilAsync(Task point)
    {
        if (await Task.WhenAny(point, End).ConfigureAwait(false) == End)
        {
            _ = await End.ConfigureAwait(false);
        }
    }
}
