using System.Buffers.Binary;
using System.Text;
using Pro.DockerVersioning.Deployment.Health.Probes;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>
/// Reads a log as the engine sends it: frames of an eight byte header and a text, or the text alone if there is a terminal.
/// </summary>
internal static class SwarmLog
{
    private const int Header = 8;

    public static IReadOnlyList<string> Lines(ReadOnlySpan<byte> log)
    {
        var text = new StringBuilder();

        // https://docs.docker.com/reference/api/engine: the stream's number, three zeros, the length.
        while (log.Length >= Header && log[0] <= 2 && log[1..4].SequenceEqual("\0\0\0"u8))
        {
            var length = (int)Math.Min(BinaryPrimitives.ReadUInt32BigEndian(log[4..]), (uint)(log.Length - Header));
            _ = text.Append(Encoding.UTF8.GetString(log.Slice(Header, length)));
            log = log[(Header + length)..];
        }

        _ = text.Append(Encoding.UTF8.GetString(log));
        return [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(LogText.Clean).Where(line => line.Length > 0)];
    }
}
