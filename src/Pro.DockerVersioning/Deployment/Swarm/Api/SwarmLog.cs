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

    /// <summary>The log's lines, made safe to show.</summary>
    public static IReadOnlyList<string> Lines(ReadOnlySpan<byte> log)
    {
        var text = new StringBuilder();
        while (!log.IsEmpty)
        {
            if (!IsFrame(log, out var length))
            {
                _ = text.Append(Encoding.UTF8.GetString(log));
                break;
            }

            _ = text.Append(Encoding.UTF8.GetString(log.Slice(Header, length)));
            log = log[(Header + length)..];
        }

        return [.. text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(LogText.Clean).Where(line => line.Length > 0)];
    }

    // https://docs.docker.com/reference/api/engine: the stream's number, three zeros, the length.
    private static bool IsFrame(ReadOnlySpan<byte> log, out int length)
    {
        length = 0;
        if (log.Length < Header || log[0] > 2 || log[1] != 0 || log[2] != 0 || log[3] != 0)
        {
            return false;
        }

        var announced = BinaryPrimitives.ReadUInt32BigEndian(log[4..]);
        length = (int)Math.Min(announced, (uint)(log.Length - Header));
        return true;
    }
}
