using System.Text;
using System.Text.RegularExpressions;

namespace Pro.DockerVersioning.Images.Building.Dockerfile;

/// <summary>
/// Cuts a Dockerfile into directives and instructions: comments, continued lines, the escape directive and heredocs, by the rules of
/// https://docs.docker.com/reference/dockerfile/. Lenient: what is wrong in it is the builder's to say.
/// </summary>
internal sealed partial class DockerfileLines
{
    private readonly Dictionary<string, string> _directives = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<DockerfileInstruction> _instructions = [];
    private readonly Queue<string> _lines;

    private DockerfileLines(string text) =>
        _lines = new Queue<string>(text.TrimStart('\uFEFF').Split('\n').Select(line => line.TrimEnd('\r')));

    /// <summary>The parser directives: <c># syntax=</c>, <c># escape=</c>.</summary>
    public IReadOnlyDictionary<string, string> Directives => _directives;

    /// <summary>The instructions in their order, each on one line.</summary>
    public IReadOnlyList<DockerfileInstruction> Instructions => _instructions;

    /// <summary>Reads a Dockerfile.</summary>
    public static DockerfileLines Parse(string text)
    {
        var lines = new DockerfileLines(text);
        lines.ReadDirectives();
        lines.ReadInstructions();
        return lines;
    }

    private void ReadDirectives()
    {
        if (_lines.TryPeek(out var first) && first.StartsWith("#!", StringComparison.Ordinal))
        {
            _lines.Dequeue();
        }

        // The first line that is not a directive ends them, be it a comment or empty.
        while (_lines.TryPeek(out var line) && Directive().Match(line) is { Success: true } match)
        {
            _directives.TryAdd(match.Groups["key"].Value, match.Groups["value"].Value);
            _lines.Dequeue();
        }
    }

    private void ReadInstructions()
    {
        var continued = _directives.GetValueOrDefault("escape") == "`" ? ContinuedByBacktick() : ContinuedByBackslash();
        while (_lines.Count > 0)
        {
            var text = ReadLogicalLine(continued);
            if (text.Length == 0)
            {
                continue;
            }

            var instruction = DockerfileInstruction.Parse(text);
            _instructions.Add(instruction);
            foreach (var (name, stripsTabs) in instruction.Heredocs)
            {
                SkipHeredoc(name, stripsTabs);
            }
        }
    }

    private string ReadLogicalLine(Regex continued)
    {
        var logical = new StringBuilder();
        while (_lines.TryDequeue(out var line))
        {
            // Comments and empty lines in the middle of a continued line are left out, and don't end it.
            if (line.AsSpan().TrimStart() is [] or ['#', ..])
            {
                if (logical.Length == 0)
                {
                    return string.Empty;
                }

                continue;
            }

            var match = continued.Match(line);
            if (!match.Success)
            {
                return logical.Append(line).ToString().Trim();
            }

            logical.Append(line, 0, match.Index);
        }

        return logical.ToString().Trim();
    }

    private void SkipHeredoc(string name, bool stripsTabs)
    {
        while (_lines.TryDequeue(out var line))
        {
            if ((stripsTabs ? line.TrimStart('\t') : line) == name)
            {
                return;
            }
        }
    }

    [GeneratedRegex(@"\A#\s*(?<key>[A-Za-z][A-Za-z0-9]*)\s*=\s*(?<value>.+?)\s*\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Directive();

    [GeneratedRegex(@"(?<!\\)\\[ \t]*\z")]
    private static partial Regex ContinuedByBackslash();

    [GeneratedRegex(@"(?<!`)`[ \t]*\z")]
    private static partial Regex ContinuedByBacktick();
}
