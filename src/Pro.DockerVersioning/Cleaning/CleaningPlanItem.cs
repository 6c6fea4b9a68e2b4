using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>What the plan does with a reference.</summary>
internal enum CleaningStep
{
    /// <summary>It stays: something needs it.</summary>
    Keep,

    /// <summary>It stays: somebody is at work on it.</summary>
    Skip,

    /// <summary>The name goes; the image has other names, or other images stand on it.</summary>
    Untag,

    /// <summary>The name goes, and the image with it.</summary>
    Remove,
}

/// <summary>One line of a plan: a reference, what is done with it, and why.</summary>
internal sealed record CleaningPlanItem
{
    /// <summary>What names the image: <c>registry/service:tag</c>; the image id of a dangling one.</summary>
    public required string Reference { get; init; }

    /// <summary>The image id at the time of planning.</summary>
    public required string ImageId { get; init; }

    /// <summary>The service, where the image is of one.</summary>
    public string? Service { get; init; }

    /// <summary>
    /// The service's repository: another project may have a service of that name. Null if an image without names doesn't tell.
    /// </summary>
    public ImageReference? Repository { get; init; }

    /// <summary>The version, where it has one.</summary>
    public ProVersion? Version { get; init; }

    /// <summary>What is done.</summary>
    public required CleaningStep Step { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>True if it would have gone but for a guard; false if the counts alone keep it.</summary>
    public bool WasCandidate { get; init; }

    /// <summary>True if the plan shows the line though it changes nothing: it was asked for by name.</summary>
    public bool IsShown { get; init; }

    /// <summary>At most so many bytes come free: layers of images that nobody asked about may be shared.</summary>
    public long Bytes { get; init; }

    /// <summary>True if the plan changes something.</summary>
    public bool Goes => Step is CleaningStep.Remove or CleaningStep.Untag;
}
