using System.Globalization;
using System.Threading.Channels;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>Lines that arrive one after another, for one who waits until they say enough.</summary>
internal sealed class FollowedLines
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly Channel<string> _coming = Channel.CreateUnbounded<string>();
    private readonly List<string> _lines = [];

    /// <summary>What has come so far.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            while (_coming.Reader.TryRead(out var line))
            {
                _lines.Add(line);
            }

            return [.. _lines];
        }
    }

    /// <summary>Reads to the end, as what follows a container's output does it.</summary>
    public async Task ReadAsync(TextReader reader)
    {
        try
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                _ = _coming.Writer.TryWrite(line);
            }

            _coming.Writer.Complete();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            _coming.Writer.Complete(exception);
        }
    }

    /// <summary>Waits for what the lines must say; gives them.</summary>
    /// <exception cref="TimeoutException">It did not come.</exception>
    /// <exception cref="EndOfStreamException">The output has ended before.</exception>
    public async Task<IReadOnlyList<string>> UntilAsync(Func<IReadOnlyList<string>, bool> condition, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        while (true)
        {
            var lines = Lines;
            if (condition(lines))
            {
                return lines;
            }

            var so = string.Create(
                CultureInfo.InvariantCulture, $"{lines.Count} lines, the last: {(lines.Count > 0 ? lines[^1] : "none")}");
            try
            {
                if (!await _coming.Reader.WaitToReadAsync(patience.Token))
                {
                    throw new EndOfStreamException("The output has ended: " + so);
                }
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                throw new TimeoutException(so);
            }
        }
    }
}
