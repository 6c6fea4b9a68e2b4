using System.Diagnostics.CodeAnalysis;
using CliWrap;
using CliWrap.Exceptions;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images.Building.Output;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>One run of Docker's client as a child: the context on its standard input, its progress read live.</summary>
internal sealed class ClientProcess(string executable, ChildEnvironment environment)
{
    /// <summary>How long the child may take to end its build after being asked to. Then it is killed, with its own children.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(3);

    /// <summary>Runs it to its end, whatever happens: no child outlives this call.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="OperationCanceledException">The caller's token was cancelled. The child has ended.</exception>
    public async Task<int> RunAsync(
        BuildRequest request,
        IReadOnlyList<string> arguments,
        Action<string> readLine,
        IProgress<BuildProgress> progress,
        CancellationToken cancellationToken)
    {
        using var kill = new CancellationTokenSource();
        using var killLater = cancellationToken.Register(() => kill.CancelAfter(Grace));
        var context = new ContextSource(request, progress, kill);
        var command = Cli.Wrap(executable)
            .WithArguments(arguments)
            .WithWorkingDirectory(environment.WorkingDirectory)
            .WithEnvironmentVariables(environment.Overlay)
            .WithStandardInputPipe(PipeSource.Create(context.WriteAsync))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(Locked(readLine)))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(Locked(readLine)))
            .WithValidation(CommandResultValidation.None);
        try
        {
            var result = await command.ExecuteAsync(kill.Token, cancellationToken).ConfigureAwait(false);
            context.ThrowIfFailed();
            return result.ExitCode;
        }
        catch (OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            context.ThrowIfFailed();
            throw;
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or CliWrapException)
        {
            context.ThrowIfFailed();
            throw BuildErrors.ClientNotStarted(request.Subject, executable, exception);
        }
    }

    /// <summary>Both outputs are read at once, by two threads; the reader is one.</summary>
    private static Action<string> Locked(Action<string> readLine) => line =>
    {
        lock (readLine)
        {
            readLine(line);
        }
    };

    private sealed class ContextSource(BuildRequest request, IProgress<BuildProgress> progress, CancellationTokenSource kill)
    {
        private System.Runtime.ExceptionServices.ExceptionDispatchInfo? _failure;

        /// <summary>The source's own failure wins over whatever the child says about an input that ended too early.</summary>
        public void ThrowIfFailed() => _failure?.Throw();

        [SuppressMessage("Design", "CA1031", Justification = "Kept, and thrown when the child has ended.")]
        public async Task WriteAsync(Stream input, CancellationToken cancellationToken)
        {
            var stream = new ContextStream(input, progress);
            await using (stream.ConfigureAwait(false))
            {
                try
                {
                    await request.WriteContext(stream, cancellationToken).ConfigureAwait(false);
                }
                catch (Exception) when (stream.IsBroken || cancellationToken.IsCancellationRequested)
                {
                    // The child reads no more: it has its reason, and will say it.
                }
                catch (Exception exception)
                {
                    // Killed before its input is closed: half a tar may look like a whole one.
                    _failure = System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(exception);
                    await kill.CancelAsync().ConfigureAwait(false);
                }
            }
        }
    }
}
