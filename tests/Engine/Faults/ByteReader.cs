using System.Globalization;
using System.Text;

namespace Pro.DockerVersioning.Tests.Engine.Faults;

/// <summary>Reads what may have come with the bytes before.</summary>
internal sealed class ByteReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _position;
    private int _length;

    /// <summary>A request's head with the empty line behind it; empty at the end.</summary>
    public async Task<string> HeadAsync(CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        while (await LineAsync(cancellationToken) is { Length: > 0 } line)
        {
            _ = head.Append(line);
            if (line == "\r\n")
            {
                return head.ToString();
            }
        }

        return "";
    }

    public async Task CopyAsync(Stream target, int count, CancellationToken cancellationToken)
    {
        while (count > 0 && await FillAsync(cancellationToken))
        {
            var part = Math.Min(count, _length - _position);
            await target.WriteAsync(_buffer.AsMemory(_position, part), cancellationToken);
            _position += part;
            count -= part;
        }
    }

    public async Task CopyChunksAsync(Stream target, CancellationToken cancellationToken)
    {
        while (await LineAsync(cancellationToken) is { Length: > 0 } line)
        {
            await target.WriteAsync(Encoding.Latin1.GetBytes(line), cancellationToken);
            var size = int.Parse(line.Split(';')[0].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            await CopyAsync(target, size + 2, cancellationToken);
            if (size == 0)
            {
                return;
            }
        }
    }

    public async Task CopyRestAsync(Stream target, CancellationToken cancellationToken)
    {
        while (await FillAsync(cancellationToken))
        {
            await CopyAsync(target, _length - _position, cancellationToken);
        }
    }

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (await FillAsync(cancellationToken))
        {
            var character = (char)_buffer[_position++];
            _ = line.Append(character);
            if (character == '\n')
            {
                break;
            }
        }

        return line.ToString();
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_position == _length)
        {
            (_position, _length) = (0, await stream.ReadAsync(_buffer, cancellationToken));
        }

        return _length > 0;
    }
}
