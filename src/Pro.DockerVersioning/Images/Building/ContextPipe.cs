using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using Pro.DockerVersioning.Images.Building.Output;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>
/// Turns the writing of the context round into a stream that an HTTP request reads. The writer waits while the reader is behind, so
/// that the memory stays the same whatever the size.
/// </summary>
internal sealed class ContextPipe : IAsyncDisposable
{
    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: 1 << 20,
        resumeWriterThreshold: 1 << 19,
        useSynchronizationContext: false));
    private readonly CancellationTokenSource _stop;
    private readonly Task _writing;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Begins to write.</summary>
    public ContextPipe(BuildRequest request, IProgress<BuildProgress> progress, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Reader = _pipe.Reader.AsStream(leaveOpen: true);
        _writing = Task.Run(() => WriteAsync(request, progress), CancellationToken.None);
    }

    /// <summary>What the request reads. It fails where the writing does, so that half a context never looks like a whole one.</summary>
    public Stream Reader { get; }

    /// <summary>The source's own failure: it wins over what the engine says about a request that broke off.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    /// <summary>Stops the writing and waits for its end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _pipe.Reader.CompleteAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        await Reader.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Kept, and thrown by the build's own task.")]
    private async Task WriteAsync(BuildRequest request, IProgress<BuildProgress> progress)
    {
        var stream = new ContextStream(_pipe.Writer.AsStream(leaveOpen: true), progress);
        await using (stream.ConfigureAwait(false))
        {
            try
            {
                await request.WriteContext(stream, _stop.Token).ConfigureAwait(false);
                await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                if (!stream.IsBroken && !_stop.IsCancellationRequested)
                {
                    _failure = ExceptionDispatchInfo.Capture(exception);
                }

                await _pipe.Writer.CompleteAsync(exception).ConfigureAwait(false);
            }
        }
    }
}
