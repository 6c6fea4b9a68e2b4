using System.Globalization;

namespace Pro.DockerVersioning.Tests.Containers;

/// <summary>Lines that arrive one after another, and who waits until they say enough.</summary>
internal sealed class FollowedLines
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly object _gate = new();
    private readonly List<string> _lines = [];
    private Exception? _end;
    private TaskCompletionSource _more = New();

    /// <summary>What has come so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_gate)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>Reads to the end, as what follows a container's output does it.</summary>
    public async Task ReadAsync(TextReader reader, CancellationToken cancellationToken)
    {
        try
        {
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                lock (_gate)
                {
                    _lines.Add(line);
                    More();
                }
            }

            End(new EndOfStreamException("The output has ended."));
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            End(exception);
        }
    }

    /// <summary>Waits for what the lines must say; gives them.</summary>
    /// <exception cref="TimeoutException">It did not come.</exception>
    public async Task<IReadOnlyList<string>> UntilAsync(Func<IReadOnlyList<string>, bool> condition, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        while (true)
        {
            Task more;
            lock (_gate)
            {
                if (condition(_lines))
                {
                    return [.. _lines];
                }

                more = _more.Task;
            }

            try
            {
                await more.WaitAsync(patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                var lines = Lines;
                throw new TimeoutException(string.Create(
                    CultureInfo.InvariantCulture, $"{lines.Count} lines, the last: {(lines.Count > 0 ? lines[^1] : "none")}"));
            }
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void More()
    {
        var waiting = _more;
        _more = _end is null ? New() : Task(_end);
        _ = _end is null ? waiting.TrySetResult() : waiting.TrySetException(_end);
    }

    private void End(Exception exception)
    {
        lock (_gate)
        {
            _end = exception;
            More();
        }
    }

    private static TaskCompletionSource Task(Exception end)
    {
        var ended = New();
        ended.SetException(end);
        _ = ended.Task.Exception;
        return ended;
    }
}
