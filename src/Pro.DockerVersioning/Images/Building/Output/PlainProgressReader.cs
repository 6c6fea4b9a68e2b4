using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Images.Building.Output;

/// <summary>
/// Reads what <c>--progress=plain</c> prints, line by line, as clients from 18.09 to today's buildx do. See
/// https://github.com/moby/buildkit/blob/master/util/progress/progressui/printer.go.
/// </summary>
internal sealed partial class PlainProgressReader(BuildLog log)
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private bool _summary;
    private string? _location;
    private string? _lastMessage;
    private string? _error;

    /// <summary>
    /// When the client fails, its error: what follows ERROR (several lines, where it gives advice), or for clients before 23 the last line
    /// that belongs to no step.
    /// </summary>
    public string? Error => _error ?? _lastMessage;

    /// <summary>Takes one line, without its line end.</summary>
    public void Read(string line)
    {
        var match = Prefix().Match(line);
        if (match.Success && !_summary)
        {
            ReadVertex(match.Groups["id"].Value, line[match.Length..]);
        }
        else
        {
            ReadMessage(line);
        }
    }

    private void ReadVertex(string id, string text)
    {
        // #0 is not a step: 'building with "default" instance using docker driver'.
        if (id == "0" || text is "...")
        {
            return;
        }

        if (!_names.TryGetValue(id, out var name))
        {
            _names.Add(id, text);
            log.Start(id, BuildStep.FromBuildKit(text));
            return;
        }

        // Clients before 22 print the vertex's digest below its name, and all print the name again on coming back to a step.
        if (text == name || VertexDigest().IsMatch(text))
        {
            return;
        }

        if (text.StartsWith("ERROR: ", StringComparison.Ordinal))
        {
            log.Complete(id, StepOutcome.Failed, text["ERROR: ".Length..]);
        }
        else if (End().Match(text) is { Success: true } end)
        {
            log.Complete(id, OutcomeOf(end.Groups["word"].Value));
        }
        else
        {
            log.Line(id, Time().Replace(text, string.Empty, 1));
        }
    }

    private static StepOutcome OutcomeOf(string word) => word switch
    {
        "CACHED" => StepOutcome.Cached,
        "CANCELED" => StepOutcome.Canceled,
        _ => StepOutcome.Done,
    };

    /// <summary>After the steps come a repetition of the failed one between dashes, an excerpt of the Dockerfile, and the error.</summary>
    private void ReadMessage(string line)
    {
        if (line.Length == 0)
        {
            return;
        }

        if (line is "------")
        {
            _summary = true;
        }
        else if (line.StartsWith("-----", StringComparison.Ordinal) && _location is not null)
        {
            log.DockerfileLine ??= int.TryParse(_location, out var number) ? number : null;
        }
        else
        {
            _location = Location().Match(line) is { Success: true } match ? match.Groups["line"].Value : null;
            _lastMessage = line;
            _error = _error is not null ? $"{_error} {line}" : line.StartsWith("ERROR: ", StringComparison.OrdinalIgnoreCase) ? line : null;
            if (!_summary)
            {
                log.Line(null, line);
            }

            return;
        }

        _location = null;
    }

    [GeneratedRegex(@"\A#(?<id>[0-9]+) ", RegexOptions.ExplicitCapture)]
    private static partial Regex Prefix();

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z", RegexOptions.ExplicitCapture)]
    private static partial Regex VertexDigest();

    [GeneratedRegex(@"\A(?<word>DONE|CACHED|CANCELED)(?: [0-9.]+s)?\z", RegexOptions.ExplicitCapture)]
    private static partial Regex End();

    [GeneratedRegex(@"\A[0-9]+\.[0-9]+ ", RegexOptions.ExplicitCapture)]
    private static partial Regex Time();

    [GeneratedRegex(@"\A.+:(?<line>[0-9]+)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Location();
}
