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

    /// <summary>0 to 100, or null where nobody can know.</summary>
    public int? PercentComplete { get; init; }

    /// <summary>True once: the bar goes away.</summary>
    public bool Completed { get; init; }
}
