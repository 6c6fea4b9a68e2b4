namespace Pro.DockerVersioning.Errors;

/// <summary>What is known of a container that did not prove well.</summary>
internal sealed record VerificationEvidence
{
    /// <summary>What the user calls it.</summary>
    public required string Subject { get; init; }

    /// <summary>What became of it: "exited (exit code 3)".</summary>
    public required string Reason { get; init; }

    /// <summary>What it was judged by: "Its HEALTHCHECK".</summary>
    public required string Proof { get; init; }

    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    /// <summary>The image's name.</summary>
    public required string Image { get; init; }

    /// <summary>From the check's begin to the verdict.</summary>
    public required TimeSpan After { get; init; }

    /// <summary>True if the container stays, so that it can be looked at.</summary>
    public required bool IsKept { get; init; }

    /// <summary>True if the kernel killed it for its memory.</summary>
    public bool IsOutOfMemory { get; init; }

    /// <summary>What the check said last.</summary>
    public IReadOnlyList<string> HealthLog { get; init; } = [];

    /// <summary>The container's last lines.</summary>
    public IReadOnlyList<string> LogTail { get; init; } = [];
}
