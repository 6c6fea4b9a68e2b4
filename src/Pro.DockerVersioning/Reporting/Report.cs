using System.Globalization;

namespace Pro.DockerVersioning.Reporting;

/// <summary>
/// What a service tells while it works, through <see cref="IProgress{T}"/>. The commands turn it into PowerShell's streams.
/// </summary>
internal abstract record Report;

/// <summary>A line for the verbose stream.</summary>
internal sealed record VerboseReport(string Message) : Report;

/// <summary>A line for the warning stream.</summary>
internal sealed record WarningReport(string Message) : Report;

/// <summary>A bar: new, moved on or completed.</summary>
/// <param name="Key">Names the bar for as long as it lives ("api", "api/sha256:12…").</param>
/// <param name="Activity">The bar's heading.</param>
/// <param name="Status">What is done right now.</param>
internal sealed record ProgressReport(string Key, string Activity, string Status) : Report
{
    /// <summary>The bar under which this one stands, or null.</summary>
    public string? ParentKey { get; init; }

    /// <summary>0 to 100, or null if nobody can know.</summary>
    public int? PercentComplete { get; init; }

    /// <summary>True once: the bar goes away.</summary>
    public bool Completed { get; init; }
}

/// <summary>
/// What a command still has to do once it is stopped: the answer to a further Ctrl+C. The latest one holds.
/// </summary>
/// <param name="Work">What goes on, after the word "Still": <c>restoring api to v1.2.0</c>.</param>
/// <param name="AtMost">How long it takes at most, from the stop on, or from now if it was stopped before; null if nobody knows.</param>
internal sealed record LastWorkReport(string Work, TimeSpan? AtMost) : Report
{
    /// <summary>The answer.</summary>
    /// <param name="since">The time since <see cref="AtMost"/> began.</param>
    public string Describe(TimeSpan since)
    {
        var time = AtMost is not { } limit ? ""
            : limit > since
                ? string.Create(CultureInfo.InvariantCulture, $" (at most {Math.Ceiling((limit - since).TotalSeconds):0} s more)")
                : ", which takes longer than expected";
        return $"Still {Work}{time}. Nothing is left half done.";
    }
}
