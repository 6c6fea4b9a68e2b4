using System.Runtime.CompilerServices;

namespace Pro.DockerVersioning.History;

/// <summary>Reads a file's lines from its end, a block at a time: the newest comes at once however long the file is.</summary>
internal static class ReverseLineReader
{
    private const int BlockSize = 64 * 1024;

    /// <summary>
    /// The lines, last first, without their line feeds. What stands behind the last line feed comes as well; it may be torn. Of a line
    /// that is longer than a line may be an empty one comes.
    /// </summary>
    /// <param name="stream">The file; what is appended meanwhile is not read.</param>
    /// <param name="maxBytes">The longest line.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Stream stream, int maxBytes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var block = new byte[BlockSize];
        var pieces = new PieceStack(maxBytes);
        var isLast = true;
        for (var end = stream.Length; end > 0;)
        {
            var start = Math.Max(0, end - BlockSize);
            var wanted = block.AsMemory(0, (int)(end - start));
            stream.Position = start;

            // Less comes where a writer on a full disk has just taken back half a line.
            var length = await stream.ReadAtLeastAsync(wanted, wanted.Length, throwOnEndOfStream: false, cancellationToken)
                .ConfigureAwait(false);
            end = start;
            while (block.AsSpan(0, length).LastIndexOf((byte)'\n') is var feed and >= 0)
            {
                pieces.Add(block.AsSpan((feed + 1)..length));
                length = feed;
                var line = pieces.Take();

                // A whole file ends with a line feed, and nothing stands behind that.
                if (!isLast || line.Length > 0)
                {
                    yield return line;
                }

                isLast = false;
            }

            pieces.Add(block.AsSpan(0, length));
        }

        if (pieces.HasAny)
        {
            yield return pieces.Take();
        }
    }

    /// <summary>The pieces of one line, found from its end, block by block.</summary>
    private sealed class PieceStack(int maxBytes)
    {
        private readonly Stack<byte[]> _pieces = new();
        private int _length;
        private bool _isTooLong;

        public bool HasAny => _pieces.Count > 0 || _isTooLong;

        public void Add(ReadOnlySpan<byte> piece)
        {
            _isTooLong |= _length + piece.Length > maxBytes;
            if (_isTooLong)
            {
                _pieces.Clear();
                _length = 0;
            }
            else if (piece.Length > 0)
            {
                _pieces.Push(piece.ToArray());
                _length += piece.Length;
            }
        }

        public byte[] Take()
        {
            var line = _pieces.Count == 1 ? _pieces.Pop() : [.. _pieces.SelectMany(piece => piece)];
            _pieces.Clear();
            _length = 0;
            _isTooLong = false;
            return line;
        }
    }
}
