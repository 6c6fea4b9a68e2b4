using System.Text;

namespace Pro.DockerVersioning.Tests.Simulation.Engines;

/// <summary>The events as one listener gets them. Whoever waits for the next one goes on at once when it comes.</summary>
internal sealed class EventStream : Stream
{
    private readonly Lock _gate = new();
    private readonly MemoryStream _sent = new();
    private int _read;
    private bool _hasEnded;
    private TaskCompletionSource? _waiting;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>One more line.</summary>
    public void Send(string line)
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _sent.Write(Encoding.UTF8.GetBytes(line + "\n"));
            (waiting, _waiting) = (_waiting, null);
        }

        _ = waiting?.TrySetResult();
    }

    /// <summary>Nothing comes any more.</summary>
    public void End()
    {
        TaskCompletionSource? waiting;
        lock (_gate)
        {
            _hasEnded = true;
            (waiting, _waiting) = (_waiting, null);
        }

        _ = waiting?.TrySetResult();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task coming;
            lock (_gate)
            {
                var left = (int)_sent.Length - _read;
                if (left > 0)
                {
                    var count = Math.Min(left, buffer.Length);
                    _sent.GetBuffer().AsSpan(_read, count).CopyTo(buffer.Span);
                    _read += count;
                    return count;
                }

                if (_hasEnded)
                {
                    return 0;
                }

                _waiting ??= new TaskCompletionSource();
                coming = _waiting.Task;
            }

            await coming.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
