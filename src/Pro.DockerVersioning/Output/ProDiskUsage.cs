using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>What takes the space.</summary>
public enum ProDiskUsageKind
{
    /// <summary>Layers that only images of one service have.</summary>
    Service,

    /// <summary>Layers that several images have, each counted once.</summary>
    SharedLayers,

    /// <summary>Layers of single images that are of no service.</summary>
    OtherImages,

    /// <summary>What containers have written beside their images.</summary>
    Containers,

    /// <summary>Networks, but for the engine's own three; they take no space worth counting.</summary>
    Networks,

    /// <summary>Volumes.</summary>
    Volumes,

    /// <summary>The build cache of the engine's own BuildKit.</summary>
    BuildCache,

    /// <summary>The disk on which the engine keeps all this; only where the engine is on this machine.</summary>
    Disk,
}

/// <summary>One line of what an engine keeps on its disk. The lines but for the disk's add up.</summary>
public sealed class ProDiskUsage
{
    internal ProDiskUsage()
    {
    }

    /// <summary>What takes the space.</summary>
    public required ProDiskUsageKind Kind { get; init; }

    /// <summary>The service's name, or what it is; of the disk, the engine's folder.</summary>
    public required string Name { get; init; }

    /// <summary>How many there are.</summary>
    public int Count { get; init; }

    /// <summary>How many of them are in use: images of containers, running containers, mounted volumes.</summary>
    public int Active { get; init; }

    /// <summary>Bytes in use; of the disk, by whomever.</summary>
    public required long Size { get; init; }

    /// <summary>How many of the bytes nothing in use needs. Not all of them may go: see Remove-ProOldImage -WhatIf.</summary>
    public long Reclaimable { get; init; }

    /// <summary>The part of the whole, 0 to 1: of all that the engine keeps, and of the disk the part that is full.</summary>
    public double Share { get; internal set; }

    /// <summary>How many bytes of the disk are free; null on the other lines.</summary>
    public long? Free { get; init; }

    /// <summary>What frees it: a command of this module, or Docker's own; null if there is none.</summary>
    public string? Command { get; init; }

    /// <summary>What Docker's own command destroys; null for the module's commands, which show their plan.</summary>
    public string? Destroys { get; init; }

    /// <summary>The line in short.</summary>
    /// <returns>For example "api: 1.2GB".</returns>
    public override string ToString() => $"{Name}: {ByteSize.Text(Size)}";
}
