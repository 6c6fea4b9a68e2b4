using System.IO.Pipelines;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Tests.Containers;

/// <summary>What a container writes from now on, as it is written.</summary>
/// <remarks>Attached, not by its log: that was seen to fall silent once (Engine 20.10).</remarks>
internal sealed class FollowedContainer : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    private FollowedContainer()
    {
    }

    /// <summary>The lines of its standard output.</summary>
    public FollowedLines Lines { get; } = new();

    /// <summary>Begins.</summary>
    public static async Task<FollowedContainer> StartAsync(EngineConnection engine, string container, CancellationToken cancellationToken)
    {
        var followed = new FollowedContainer();
        var stream = await engine.CallAsync(client => client.Containers.AttachContainerAsync(
            container, new ContainerAttachParameters { Stream = true, Stdout = true }, cancellationToken));
        var pipe = new Pipe();
        _ = Task.Run(
            async () =>
            {
                using (stream)
                {
                    await stream.CopyOutputToAsync(Stream.Null, pipe.Writer.AsStream(), Stream.Null, followed._stop.Token);
                }

                await pipe.Writer.CompleteAsync();
            },
            CancellationToken.None);
        _ = followed.Lines.ReadAsync(new StreamReader(pipe.Reader.AsStream()), followed._stop.Token);
        return followed;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }
}
