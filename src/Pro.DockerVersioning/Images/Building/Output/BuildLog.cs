using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Images.Building.Output;

/// <summary>
/// What is known of a build under way: its steps and their last lines. The readers of the builders' three output formats feed it; it
/// passes everything on as progress, and has what the error needs when the build fails. Memory is bounded whatever a step prints.
/// </summary>
internal sealed class BuildLog(IProgress<BuildProgress> progress)
{
    /// <summary>How many lines an error shows.</summary>
    public const int TailLength = 20;

    private readonly Dictionary<string, OpenStep> _open = new(StringComparer.Ordinal);
    private readonly HashSet<string> _closed = new(StringComparer.Ordinal);
    private readonly Queue<string> _tail = new();

    /// <summary>The step that failed first, or null.</summary>
    public BuildStep? FailedStep { get; private set; }

    /// <summary>The failed step's own error, or null.</summary>
    public string? FailedStepError { get; private set; }

    /// <summary>The line of the Dockerfile that failed, where the builder tells it.</summary>
    public int? DockerfileLine { get; set; }

    /// <summary>The last lines of the failed step; where no step failed, or it said nothing, those of the build.</summary>
    public IReadOnlyList<string> LastLines => _failedTail is { Length: > 0 } tail ? tail : [.. _tail];

    private string[]? _failedTail;

    /// <summary>The step that began last and hasn't ended.</summary>
    public BuildStep? CurrentStep { get; private set; }

    /// <summary>A step began. Saying so again changes nothing.</summary>
    public void Start(string id, BuildStep step)
    {
        if (_closed.Contains(id) || !_open.TryAdd(id, new OpenStep(step)))
        {
            return;
        }

        CurrentStep = step;
        progress.Report(new StepStarted(step));
    }

    /// <summary>A line of a step, or of the builder itself where the id is null or unknown.</summary>
    public void Line(string? id, string text)
    {
        text = PlainText.Line(text);
        var open = id is null ? null : _open.GetValueOrDefault(id);
        Keep(_tail, text);
        if (open is not null)
        {
            Keep(open.Tail, text);
        }

        progress.Report(new BuildLogLine(open?.Step, text));
    }

    /// <summary>A step ended. Saying so again changes nothing.</summary>
    public void Complete(string id, StepOutcome outcome, string? error = null)
    {
        if (!_open.Remove(id, out var open))
        {
            return;
        }

        _closed.Add(id);
        if (outcome == StepOutcome.Failed && FailedStep is null)
        {
            FailedStep = open.Step;
            FailedStepError = error is null ? null : PlainText.Of(error);
            _failedTail = [.. open.Tail];
        }

        CurrentStep = _open.Count == 0 ? null : _open.Values.Last().Step;
        progress.Report(new StepCompleted(open.Step, outcome));
    }

    /// <summary>The build failed: so did the step under way, where no step said so itself (the classic builder).</summary>
    public void FailCurrent(string error)
    {
        var id = FailedStep is null ? _open.Keys.LastOrDefault() : null;
        if (id is not null)
        {
            Complete(id, StepOutcome.Failed, error);
        }
    }

    private static void Keep(Queue<string> lines, string text)
    {
        if (lines.Count == TailLength)
        {
            lines.Dequeue();
        }

        lines.Enqueue(text.Length <= 4096 ? text : text[..4096] + "…");
    }

    private sealed record OpenStep(BuildStep Step)
    {
        public Queue<string> Tail { get; } = new();
    }
}
