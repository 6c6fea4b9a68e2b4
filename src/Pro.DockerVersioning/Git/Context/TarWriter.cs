using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Git.Context;

/// <summary>
/// Writes a tar whose bytes depend on nothing but its entries: no process id, no user, no clock, no runtime (the framework's own
/// writer puts its process id into PAX headers, and differs between versions). One buffer, whatever the sizes.
/// </summary>
internal sealed class TarWriter : IDisposable
{
    private const int BufferSize = 256 * 1024;

    [SuppressMessage("Usage", "CA2213", Justification = "The stream is the caller's: a child's standard input, a file.")]
    private readonly Stream destination;
    private readonly long mtime;
    private readonly IProgress<long>? progress;
    private readonly byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
    private int used;
    private long written;

    /// <summary>Begins a tar.</summary>
    /// <param name="destination">Where to; it stays open.</param>
    /// <param name="mtime">The time of all entries.</param>
    /// <param name="progress">Told the bytes written so far.</param>
    public TarWriter(Stream destination, DateTimeOffset mtime, IProgress<long>? progress)
    {
        this.destination = destination;
        this.mtime = mtime.ToUnixTimeSeconds();
        this.progress = progress;
    }

    /// <summary>Writes a folder.</summary>
    public ValueTask WriteDirectoryAsync(string name, CancellationToken cancellationToken) =>
        WriteHeaderAsync(TarHeader.Directory(name, mtime), cancellationToken);

    /// <summary>Writes a symbolic link.</summary>
    public ValueTask WriteLinkAsync(string name, string target, CancellationToken cancellationToken) =>
        WriteHeaderAsync(TarHeader.Link(name, target, mtime), cancellationToken);

    /// <summary>Writes a file.</summary>
    /// <exception cref="ProException">The content ended before its length.</exception>
    public async ValueTask WriteFileAsync(string name, bool executable, SourceContent content, CancellationToken cancellationToken)
    {
        await WriteHeaderAsync(TarHeader.File(name, executable, content.Length, mtime), cancellationToken).ConfigureAwait(false);
        for (var left = content.Length; left > 0;)
        {
            if (used == BufferSize)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            var space = (int)Math.Min(left, BufferSize - used);
            var read = await content.Stream.ReadAsync(buffer.AsMemory(used, space), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw GitErrors.FileUnreadable(name, "it was cut while it was read", null);
            }

            used += read;
            left -= read;
        }

        await PadAsync(content.Length, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes the two empty blocks that end a tar, and hands over what is still in the buffer.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        await WriteAsync(new byte[2 * TarHeader.BlockSize], cancellationToken).ConfigureAwait(false);
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        await destination.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    private async ValueTask WriteHeaderAsync(TarHeader header, CancellationToken cancellationToken)
    {
        if (header.PaxRecords() is { Length: > 0 } records)
        {
            await WriteAsync(header.PaxHeader(records.Length).ToBlock(), cancellationToken).ConfigureAwait(false);
            await WriteAsync(records, cancellationToken).ConfigureAwait(false);
            await PadAsync(records.Length, cancellationToken).ConfigureAwait(false);
        }

        await WriteAsync(header.ToBlock(), cancellationToken).ConfigureAwait(false);
    }

    private ValueTask PadAsync(long length, CancellationToken cancellationToken) =>
        length % TarHeader.BlockSize is var rest && rest == 0
            ? ValueTask.CompletedTask
            : WriteAsync(new byte[TarHeader.BlockSize - rest], cancellationToken);

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (bytes.Length > 0)
        {
            if (used == BufferSize)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            var count = Math.Min(bytes.Length, BufferSize - used);
            bytes[..count].CopyTo(buffer.AsMemory(used));
            bytes = bytes[count..];
            used += count;
        }
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await destination.WriteAsync(buffer.AsMemory(0, used), cancellationToken).ConfigureAwait(false);
        written += used;
        used = 0;
        progress?.Report(written);
    }
}
