using System.Text;
using CliWrap;
using CliWrap.Exceptions;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Compose.Program;

/// <summary>Runs compose as a child. Neither it nor what it starts outlives a call.</summary>
internal sealed class ComposeProcess(ComposeProgram program, ChildEnvironment environment)
{
    /// <summary>How long compose may take to stop in order after being asked to. Then it is killed, with its own children.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private const int MostLines = 20;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>A rendered project is some kilobytes.</summary>
    private const int MostCharacters = 16 * 1024 * 1024;

    /// <summary>Runs it to its end, whatever happens.</summary>
    /// <param name="arguments">Without the program's prefix.</param>
    /// <param name="heard">Hears each line as it comes, of both outputs; or null.</param>
    /// <param name="cancellationToken">Ends compose and waits for that.</param>
    /// <param name="silence">How long it may say nothing; null: as long as it likes.</param>
    /// <param name="input">What it reads from its standard input; null for nothing.</param>
    /// <exception cref="ProException">It can't be started.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; no child is left.</exception>
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
        var hearing = new Hearing(line =>
        {
            Wait();
            heard?.Invoke(line);
        });
        var tree = new ProcessTree();
        using var kill = new CancellationTokenSource();
        using var interrupt = new CancellationTokenSource();
        var command = Cli.Wrap(program.Path)
            .WithArguments([.. program.Prefix, .. arguments])
            .WithWorkingDirectory(environment.WorkingDirectory)
            .WithEnvironmentVariables(environment.Overlay)
            .WithStandardInputPipe(input is null ? PipeSource.Null : PipeSource.FromString(input, Utf8))
            .WithStandardOutputPipe(PipeTarget.ToDelegate(hearing.Output))
            .WithStandardErrorPipe(PipeTarget.ToDelegate(hearing.Error))
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
            return new ComposeAnswer(result.ExitCode, hearing.Text, hearing.LastLines)
            {
                Warnings = hearing.Warnings,
                WasSilent = result.ExitCode != 0 && end.IsCancellationRequested,
            };
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new ComposeAnswer(-1, hearing.Text, hearing.LastLines) { WasSilent = true };
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

    /// <summary>Both outputs are read at once, by two threads.</summary>
    private sealed class Hearing(Action<string> heard)
    {
        private readonly object _lock = new();
        private readonly StringBuilder _text = new();
        private readonly Queue<string> _last = new();
        private readonly List<string> _warnings = [];

        public string Text
        {
            get
            {
                lock (_lock)
                {
                    return _text.ToString();
                }
            }
        }

        public IReadOnlyList<string> LastLines
        {
            get
            {
                lock (_lock)
                {
                    return [.. _last];
                }
            }
        }

        public IReadOnlyList<string> Warnings
        {
            get
            {
                lock (_lock)
                {
                    return [.. _warnings.Distinct(StringComparer.Ordinal)];
                }
            }
        }

        public void Output(string line)
        {
            lock (_lock)
            {
                if (_text.Length < MostCharacters)
                {
                    _text.Append(line).Append('\n');
                }

                Keep(line);
            }
        }

        public void Error(string line)
        {
            lock (_lock)
            {
                if (ComposeWarning.Parse(line) is { } warning)
                {
                    _warnings.Add(warning);
                }

                Keep(line);
            }
        }

        private void Keep(string line)
        {
            if (line.AsSpan().Trim().IsEmpty)
            {
                return;
            }

            heard(line);
            _last.Enqueue(line.TrimEnd());
            if (_last.Count > MostLines)
            {
                _last.Dequeue();
            }
        }
    }
}
