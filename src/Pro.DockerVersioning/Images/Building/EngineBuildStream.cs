using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>
/// Reads the answer of <c>POST /build</c>: JSON objects one after another. Docker.DotNet's own type has no place for an <c>aux</c> that is
/// a text, which is what BuildKit sends.
/// </summary>
internal static class EngineBuildStream
{
    /// <summary>The objects in their order.</summary>
    /// <exception cref="JsonException">The answer isn't JSON, or breaks off in the middle of an object.</exception>
    public static async IAsyncEnumerable<JsonElement> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            while (TryRead(ref buffer, result.IsCompleted, out var element))
            {
                yield return element;
            }

            if (result.IsCompleted)
            {
                break;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }

        await reader.CompleteAsync().ConfigureAwait(false);
    }

    private static bool TryRead(ref ReadOnlySequence<byte> buffer, bool isLast, out JsonElement element)
    {
        element = default;
        buffer = SkipBlanks(buffer);
        if (buffer.IsEmpty)
        {
            return false;
        }

        var reader = new Utf8JsonReader(buffer, isLast, default);
        if (!JsonElement.TryParseValue(ref reader, out var parsed))
        {
            return false;
        }

        element = parsed.Value;
        buffer = buffer.Slice(reader.Position);
        return true;
    }

    private static ReadOnlySequence<byte> SkipBlanks(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        reader.AdvancePastAny((byte)' ', (byte)'\r', (byte)'\n', (byte)'\t');
        return buffer.Slice(reader.Position);
    }
}
