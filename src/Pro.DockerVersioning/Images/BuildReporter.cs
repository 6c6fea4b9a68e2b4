using Pro.DockerVersioning.Images.Building.Output;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Images;

/// <summary>One bar a service, with the step and its number; the log goes to the verbose stream.</summary>
internal sealed class BuildReporter : IProgress<BuildProgress>, IDisposable
{
    private readonly IProgress<Report> _reporter;
    private readonly string _subject;
    private BuildStep? _last;

    public BuildReporter(ImageBuildPlan plan, IProgress<Report> reporter)
    {
        _reporter = reporter;
        _subject = plan.Request.Subject;
        Show($"sending {plan.Context.Entries.Count} entries", null);
    }

    /// <inheritdoc/>
    public void Report(BuildProgress value)
    {
        switch (value)
        {
            case StepStarted { Step: { IsInternal: false } step }:
                _last = step;
                Show(step.ToString(), Percent(step));
                _reporter.Report(new VerboseReport($"{_subject}: {step}"));
                break;
            case StepCompleted { Outcome: StepOutcome.Cached, Step: { IsInternal: false } step }:
                _reporter.Report(new VerboseReport($"{_subject}: {step} (cached)"));
                break;
            case BuildLogLine { Text: { } text }:
                _reporter.Report(new VerboseReport($"{_subject}: {text}"));
                break;
            case BasePulling { Status: { } status } pulling:
                Show($"pulling {pulling.Image}: {status}", null);
                break;
            case ContextSent { Bytes: var bytes } when _last is null:
                Show($"sent {bytes / 1_000_000.0:0.0} MB", null);
                break;
            default:
                break;
        }
    }

    /// <summary>Takes the bar away.</summary>
    public void Dispose() => _reporter.Report(new ProgressReport(_subject, Activity, "") { Completed = true });

    private string Activity => $"Building {_subject}";

    private static int? Percent(BuildStep step) =>
        step is { Number: { } number, Total: > 0 and var total } ? 100 * (number - 1) / total : null;

    private void Show(string status, int? percent) =>
        _reporter.Report(new ProgressReport(_subject, Activity, status) { PercentComplete = percent });
}
