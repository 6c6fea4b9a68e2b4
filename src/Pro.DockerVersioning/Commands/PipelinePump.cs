using System.Collections.Concurrent;

namespace Pro.DockerVersioning.Commands;

/// <summary>
/// Runs the continuations of an async cmdlet body on the pipeline thread, the only one that may call WriteObject,
/// ShouldProcess and their like.
/// </summary>
internal sealed class PipelinePump : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        try
        {
            _queue.Add((d, state));
        }
        catch (InvalidOperationException)
        {
            // A straggler (a late progress report) after the body has ended: nobody is left to show it to.
        }
    }

    /// <inheritdoc/>
    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("A background thread must not wait for the pipeline thread: it may be stopping.");

    /// <summary>
    /// Runs what is posted until <paramref name="body"/> has ended and all that it posted has run. An exception of a posted
    /// callback goes to <paramref name="onFault"/>; the pump goes on, since the body still has to come to its end.
    /// </summary>
    public void RunUntilEnd(Task body, Action<Exception> onFault)
    {
        _ = body.ContinueWith(
            (_, queue) => ((BlockingCollection<(SendOrPostCallback, object?)>)queue!).CompleteAdding(),
            _queue,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        foreach (var (callback, state) in _queue.GetConsumingEnumerable())
        {
            try
            {
                callback(state);
            }
#pragma warning disable CA1031 // Whatever it is: the body must come to its end first, then the exception is thrown on.
            catch (Exception fault)
#pragma warning restore CA1031
            {
                onFault(fault);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _queue.Dispose();
}
