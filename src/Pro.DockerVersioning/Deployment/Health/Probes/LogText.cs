using System.Globalization;
using System.Text;
using System.Text.Json;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>
/// The last lines of what a container or a check writes, made safe to show: both streams in the order in which they come,
/// bounded in lines and in bytes, without control characters.
/// </summary>
internal sealed class LogText(int maxLines)
{
    internal const int MaxLineLength = 1000;

    private readonly Queue<string> _lines = new();
    private readonly Dictionary<MultiplexedStream.TargetStream, Unfinished> _unfinished = [];

    /// <summary>The lines so far, oldest first.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            var rest = _unfinished.Values.Where(part => part.Text.Length > 0).Select(part => Clean(part.Text.ToString()));
            string[] all = [.. _lines, .. rest.Where(line => line.Length > 0)];
            return all.Length > maxLines ? all[^maxLines..] : all;
        }
    }

    public async Task ReadAsync(MultiplexedStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var read = await stream.ReadOutputAsync(buffer, 0, buffer.Length, cancellationToken).ConfigureAwait(false);
            if (read.EOF)
            {
                return;
            }

            Add(read.Target, buffer.AsSpan(0, read.Count));
        }
    }

    /// <summary>Adds bytes of one of the streams; a character or line that they cut goes on with the next.</summary>
    internal void Add(MultiplexedStream.TargetStream target, ReadOnlySpan<byte> bytes)
    {
        if (!_unfinished.TryGetValue(target, out var part))
        {
            _unfinished[target] = part = new Unfinished();
        }

        var characters = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        var count = part.Decoder.GetChars(bytes, characters, flush: false);
        foreach (var character in characters.AsSpan(0, count))
        {
            if (character == '\n')
            {
                Finish(part);
            }
            else
            {
                part.Add(character);
            }
        }
    }

    /// <summary>One line as it may stand on a terminal: no escape sequences, no other control characters, no change of direction.</summary>
    internal static string Clean(string line)
    {
        var text = PlainText.Line(line);
        return text.Length > MaxLineLength ? string.Concat(text.AsSpan(0, MaxLineLength), "…") : text;
    }

    private void Finish(Unfinished part)
    {
        var line = Clean(part.Text.ToString());
        part.Clear();
        if (line.Length == 0)
        {
            return;
        }

        _lines.Enqueue(line);
        if (_lines.Count > maxLines)
        {
            _ = _lines.Dequeue();
        }
    }

    /// <summary>A line whose end has not come yet. Of an endless one the first characters are kept.</summary>
    private sealed class Unfinished
    {
        // Escape sequences count, too, but go before the line is cut for showing.
        private const int Room = 8 * MaxLineLength;
        private bool _returned;

        public Decoder Decoder { get; } = Encoding.UTF8.GetDecoder();

        public StringBuilder Text { get; } = new();

        public void Add(char character)
        {
            if (character == '\r')
            {
                _returned = true;
                return;
            }

            if (_returned)
            {
                // A progress bar is written over itself; only its last state was to be seen.
                Clear();
            }

            if (Text.Length < Room)
            {
                _ = Text.Append(character);
            }
        }

        public void Clear()
        {
            _ = Text.Clear();
            _returned = false;
        }
    }
}

internal static class ContainerLogs
{
    // A log driver that never answers must not hold up a rollback.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The last lines, oldest first. Empty if the log can't be read: no such container, a driver that keeps none
    /// (<c>none</c>, syslog before 20.10), a journal that is not to be read. Only cancelling throws.
    /// </summary>
    public static async Task<IReadOnlyList<string>> TailAsync(
        EngineConnection engine, string id, int lines, CancellationToken cancellationToken)
    {
        if (lines <= 0)
        {
            return [];
        }

        var text = new LogText(lines);
        using var limit = Clock.Limit(Patience, cancellationToken);
        try
        {
            var parameters = new ContainerLogsParameters
            {
                ShowStdout = true,
                ShowStderr = true,
                Tail = lines.ToString(CultureInfo.InvariantCulture),
            };
            using var stream = await engine.CallAsync(client => client.Containers.GetContainerLogsAsync(id, parameters, limit.Token))
                .ConfigureAwait(false);
            await text.ReadAsync(stream, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsUnreadable(exception) && !cancellationToken.IsCancellationRequested)
        {
            // What came before the fault is better than nothing.
        }

        return text.Lines;
    }

    private static bool IsUnreadable(Exception exception) =>
        exception is ProException or DockerApiException or IOException or HttpRequestException or OperationCanceledException
            or InvalidOperationException or JsonException or TimeoutException;
}
