using System.Text;
using CliWrap;
using CliWrap.Exceptions;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Compose.Program;

/// <summary>
/// What a run of compose came to. An exit code of 0 says nothing about whether the service lives. The last lines are of both its outputs,
/// for errors. It was silent if it had said nothing for too long, and was ended.
/// </summary>
internal sealed record ComposeAnswer(
    int ExitCode, string Output, IReadOnlyList<string> LastLines, IReadOnlyList<string> Warnings, bool WasSilent);

/// <summary>Runs compose as a child. Neither it nor what it starts outlives a call.</summary>
internal sealed class ComposeProcess(ComposeProgram program, ChildEnvironment environment)
{
    /// <summary>How long compose may take to stop in order after being asked to. Then it is killed, with its own children.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private const int MostLines = 20;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>A rendered project is some kilobytes.</summary>
    private const int MostCharacters = 16 * 1024 * 1024;

    /// <summary>Runs it to its end, whatever happens. Who cancels waits for that: no child is left.</summary>
    /// <exception cref="ProException">It can't be started.</exception>
    public async Task<ComposeAnswer> RunAsync(
        IReadOnlyList<string> arguments,
        Action<string>? heard,
        CancellationToken cancellationToken,
        TimeSpan? silence = null,
        string? input = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        void Wait() => end.CancelAfter(silence ?? Timeout.InfiniteTimeSpan);
        Wait();

        // Both outputs are read at once, by two threads.
        var (text, last, warnings) = (new StringBuilder(), new Queue<string>(), new List<string>());
        void Hear(string line, bool isOutput)
        {
            lock (last)
            {
                if (isOutput && text.Length < MostCharacters)
                {
                    text.Append(line).Append('\n');
                }
                else if (!isOutput && ComposeWarning.Parse(line) is { } warning)
                {
                    warnings.Add(warning);
                }

                if (line.AsSpan().Trim().IsEmpty)
                {
                    return;
                }

                Wait();
                heard?.Invoke(line);
                last.Enqueue(line.TrimEnd());
                if (last.Count > MostLines)
                {
                    last.Dequeue();
                }
            }
        }

        ComposeAnswer Answer(int exitCode, bool wasSilent)
        {
            lock (last)
            {
                return new ComposeAnswer(exitCode, text.ToString(), [.. last], [.. warnings.Distinct(StringComparer.Ordinal)], wasSilent);
            }
        }

        var tree = new ProcessTree();
        using var kill = new CancellationTokenSource();
        using var interrupt = new CancellationTokenSource();
        var command = Cli.Wrap(program.Path)
            .WithArguments([.. program.Prefix, .. arguments])
            .WithWorkingDirectory(environment.WorkingDirectory)
            .WithEnvironmentVariables(environment.Overlay)
            .WithStandardInputPipe(input is null ? PipeSource.Null : PipeSource.FromString(input, Utf8))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(line => Hear(line, isOutput: true)))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(line => Hear(line, isOutput: false)))
            .WithValidation(CommandResultValidation.None);
        try
        {
            var running = command.ExecuteAsync(kill.Token, interrupt.Token);

            // The children are noted before the parent is told: once it is gone, nobody knows whose they were.
            using var ended = end.Token.Register(() =>
            {
                tree.Note(running.ProcessId);
                kill.CancelAfter(Grace);
                interrupt.Cancel();
            });
            var result = await running.ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            return Answer(result.ExitCode, result.ExitCode != 0 && end.IsCancellationRequested);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return Answer(-1, wasSilent: true);
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or CliWrapException)
        {
            throw ComposeErrors.NotStarted(program.Path, exception);
        }
        finally
        {
            await tree.EndAsync(Grace).ConfigureAwait(false);
        }
    }
}
