using System.Text;

namespace Pro.DockerVersioning.Images.Building.Output;

/// <summary>
/// Reads BuildKit's progress as the Engine API sends it: <c>moby.buildkit.trace</c>, a <c>StatusResponse</c> in base64. See
/// https://github.com/moby/buildkit/blob/master/api/services/control/control.proto.
/// </summary>
internal sealed class BuildKitTraceReader(BuildLog log)
{
    private readonly Dictionary<(string Vertex, ulong Stream), StringBuilder> _partial = [];

    /// <summary>Takes one <c>aux</c> value.</summary>
    /// <exception cref="FormatException">It isn't what the format says.</exception>
    public void Read(string base64)
    {
        var reader = new ProtobufReader(Convert.FromBase64String(base64));
        var ended = new List<Vertex>();
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    var vertex = ReadVertex(reader.Bytes);
                    if (vertex.Started || vertex.Completed)
                    {
                        log.Start(vertex.Digest, BuildStep.FromBuildKit(vertex.Name));
                    }

                    if (vertex.Completed)
                    {
                        ended.Add(vertex);
                    }

                    break;
                case 3:
                    ReadLog(reader.Bytes);
                    break;
                default:
                    break;
            }
        }

        // A vertex and its last output may come in one message, the output second.
        foreach (var vertex in ended)
        {
            Flush(vertex.Digest);
            log.Complete(vertex.Digest, vertex.Outcome, vertex.Error);
        }
    }

    private static Vertex ReadVertex(ReadOnlySpan<byte> message)
    {
        var vertex = default(Vertex);
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            vertex = reader.Field switch
            {
                1 => vertex with { Digest = reader.Text },
                3 => vertex with { Name = reader.Text },
                4 => vertex with { Cached = reader.Number != 0 },
                5 => vertex with { Started = true },
                6 => vertex with { Completed = true },
                7 => vertex with { Error = reader.Text },
                _ => vertex,
            };
        }

        return vertex with { Digest = vertex.Digest ?? string.Empty, Name = vertex.Name ?? string.Empty };
    }

    private void ReadLog(ReadOnlySpan<byte> message)
    {
        var reader = new ProtobufReader(message);
        var vertex = string.Empty;
        var text = string.Empty;
        ulong stream = 0;
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    vertex = reader.Text;
                    break;
                case 3:
                    stream = reader.Number;
                    break;
                case 4:
                    text = reader.Text;
                    break;
                default:
                    break;
            }
        }

        Append(vertex, stream, text);
    }

    private void Append(string vertex, ulong stream, string text)
    {
        if (!_partial.TryGetValue((vertex, stream), out var partial))
        {
            _partial.Add((vertex, stream), partial = new StringBuilder());
        }

        var start = 0;
        for (var end = text.IndexOf('\n', StringComparison.Ordinal); end >= 0; end = text.IndexOf('\n', start))
        {
            log.Line(vertex, partial.Append(text, start, end - start).ToString().TrimEnd('\r'));
            partial.Clear();
            start = end + 1;
        }

        // A program that never ends its line must not fill the memory.
        partial.Append(text, start, text.Length - start);
        if (partial.Length > 65536)
        {
            log.Line(vertex, partial.ToString());
            partial.Clear();
        }
    }

    private void Flush(string vertex)
    {
        for (ulong stream = 0; stream <= 2; stream++)
        {
            if (_partial.Remove((vertex, stream), out var partial) && partial.Length > 0)
            {
                log.Line(vertex, partial.ToString());
            }
        }
    }

    private readonly record struct Vertex(string Digest, string Name, bool Cached, bool Started, bool Completed, string? Error)
    {
        public StepOutcome Outcome => this switch
        {
            { Error: { Length: > 0 } error } when error.EndsWith("context canceled", StringComparison.Ordinal) => StepOutcome.Canceled,
            { Error.Length: > 0 } => StepOutcome.Failed,
            { Cached: true } => StepOutcome.Cached,
            _ => StepOutcome.Done,
        };
    }
}
