using System.IO.Pipelines;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>What a container writes from now on, as it is written.</summary>
/// <remarks>Attached, not by its log: that was seen to fall silent once (Engine 20.10).</remarks>
internal sealed class FollowedContainer : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;

    private FollowedContainer(MultiplexedStream stream) => _reading = ReadAsync(stream);

    /// <summary>The lines of its standard output.</summary>
    public FollowedLines Lines { get; } = new();

    /// <summary>Begins.</summary>
    public static async Task<FollowedContainer> StartAsync(
        EngineConnection engine, string container, CancellationToken cancellationToken) =>
        new(await engine.CallAsync(client => client.Containers.AttachContainerAsync(
            container, new ContainerAttachParameters { Stream = true, Stdout = true }, cancellationToken)));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
    }

    private async Task ReadAsync(MultiplexedStream stream)
    {
        var pipe = new Pipe();
        await Task.WhenAll(CopyAsync(stream, pipe.Writer), Lines.ReadAsync(new StreamReader(pipe.Reader.AsStream())));
    }

    private async Task CopyAsync(MultiplexedStream stream, PipeWriter writer)
    {
        Exception? end = null;
        try
        {
            using (stream)
            {
                await stream.CopyOutputToAsync(Stream.Null, writer.AsStream(leaveOpen: true), Stream.Null, _stop.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            end = exception;
        }

        await writer.CompleteAsync(end);
    }
}
