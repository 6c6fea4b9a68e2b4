using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>What became of one name in a clean-up.</summary>
public enum ProCleanupAction
{
    /// <summary>The name is gone, and the image with it.</summary>
    Removed,

    /// <summary>The name is gone; the image stays, by other names or as the base of others, so no space came free.</summary>
    Untagged,

    /// <summary>It stays: something needs it.</summary>
    Kept,

    /// <summary>It was left alone: somebody is at work on it, it was gone already, or enough had come free.</summary>
    Skipped,

    /// <summary>The engine didn't do it.</summary>
    Failed,
}

/// <summary>One line of a clean-up: a name, what became of it, and why.</summary>
public sealed class ProCleanupResult
{
    internal ProCleanupResult()
    {
    }

    /// <summary>The service; null for an image that says none.</summary>
    public string? Service { get; init; }

    /// <summary>The version; null for an image that says none.</summary>
    public ProVersion? Version { get; init; }

    /// <summary>What named the image: <c>registry/service:tag</c>; the image id of a dangling one.</summary>
    public required string Reference { get; init; }

    /// <summary>What became of it.</summary>
    public required ProCleanupAction Action { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>How many bytes came free: the layers that the engine says it removed. 0 where the image only lost a name.</summary>
    public long BytesFreed { get; init; }

    /// <summary>The image id.</summary>
    public required string ImageId { get; init; }

    /// <summary>What went wrong; null if nothing did.</summary>
    internal ProException? Error { get; init; }

    /// <summary>The line.</summary>
    /// <returns>For example "Removed registry/api:v1.0.0 (1.2MB): the newest 5 releases are kept".</returns>
    public override string ToString() =>
        $"{Action} {Reference}{(BytesFreed > 0 ? $" ({ByteSize.Text(BytesFreed)})" : "")}: {Reason}";
}
