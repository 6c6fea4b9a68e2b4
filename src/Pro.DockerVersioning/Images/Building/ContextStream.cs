using Pro.DockerVersioning.Images.Building.Output;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>
/// The way of the context to the builder: passes writes on, counts them, and remembers whether it was the builder's end that broke. Only
/// so can a failure of the source be told from a builder that has gone.
/// </summary>
internal sealed class ContextStream(Stream inner, IProgress<BuildProgress> progress) : Stream
{
    private const long ReportEvery = 1 << 20;
    private long _written;
    private long _reported;

    /// <summary>True when the builder no longer reads.</summary>
    public bool IsBroken { get; private set; }

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => _written; set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            if (_written == 0 && TarSniffGuard.NeedsRoot(buffer.Span))
            {
                await inner.WriteAsync(TarSniffGuard.Root, cancellationToken).ConfigureAwait(false);
            }

            await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            IsBroken = true;
            throw;
        }

        Count(buffer.Length);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        try
        {
            if (_written == 0 && TarSniffGuard.NeedsRoot(buffer))
            {
                inner.Write(TarSniffGuard.Root.Span);
            }

            inner.Write(buffer);
        }
        catch
        {
            IsBroken = true;
            throw;
        }

        Count(buffer.Length);
    }

    /// <inheritdoc/>
    public override void Flush() => Guard(inner.Flush);

    /// <inheritdoc/>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            await inner.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            IsBroken = true;
            throw;
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch
        {
            IsBroken = true;
            throw;
        }
    }

    private void Count(int bytes)
    {
        _written += bytes;
        if (_written - _reported >= ReportEvery)
        {
            _reported = _written;
            progress.Report(new ContextSent(_written));
        }
    }
}
