namespace Pro.DockerVersioning.Images.Building.Output;

/// <summary>What a builder tells while it works.</summary>
internal abstract record BuildProgress;

/// <summary>So much of the context has been sent.</summary>
internal sealed record ContextSent(long Bytes) : BuildProgress;

/// <summary>A base image is pulled before the build.</summary>
/// <param name="Image">Its reference.</param>
/// <param name="Status">What the engine says; null once it is there.</param>
internal sealed record BasePulling(string Image, string? Status) : BuildProgress;

/// <summary>A step began.</summary>
internal sealed record StepStarted(BuildStep Step) : BuildProgress;

/// <summary>A step ended.</summary>
internal sealed record StepCompleted(BuildStep Step, StepOutcome Outcome) : BuildProgress;

/// <summary>A line of output, without its line end.</summary>
/// <param name="Step">The step that wrote it, or null for the builder itself.</param>
/// <param name="Text">The line.</param>
internal sealed record BuildLogLine(BuildStep? Step, string Text) : BuildProgress;

/// <summary>How a step ended.</summary>
internal enum StepOutcome
{
    /// <summary>It ran.</summary>
    Done,

    /// <summary>It was taken from the cache.</summary>
    Cached,

    /// <summary>It failed.</summary>
    Failed,

    /// <summary>It was given up because another step failed or the user stopped the build.</summary>
    Canceled,
}
