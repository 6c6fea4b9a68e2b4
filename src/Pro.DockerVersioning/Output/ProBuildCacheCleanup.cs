using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>What became of an engine's build cache.</summary>
public sealed class ProBuildCacheCleanup
{
    internal ProBuildCacheCleanup()
    {
    }

    /// <summary>The engine's address.</summary>
    public required string Engine { get; init; }

    /// <summary>How many records were removed.</summary>
    public required int Removed { get; init; }

    /// <summary>How many bytes came free.</summary>
    public required long BytesFreed { get; init; }

    /// <summary>The sum in a sentence.</summary>
    /// <returns>For example "12 records removed, 1.2GB freed".</returns>
    public override string ToString() => $"{Removed} records removed, {ByteSize.Text(BytesFreed)} freed";
}
