using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>What a clean-up is asked to go for.</summary>
internal enum CleaningMode
{
    /// <summary>Versions beyond the counts.</summary>
    ByCount,

    /// <summary>The versions that were named, by the pipeline for one; no count applies.</summary>
    Named,

    /// <summary>Images that no name points at.</summary>
    Dangling,

    /// <summary>All versions that no container uses, and what is dangling.</summary>
    Unused,
}

/// <summary>What a clean-up may remove. Pure data; a command's parameters and pro.json say it.</summary>
internal sealed record CleaningPolicy
{
    /// <summary>What it goes for.</summary>
    public CleaningMode Mode { get; init; }

    /// <summary>How many versions stay; only by count.</summary>
    public required RetentionPolicy Retention { get; init; }

    /// <summary>The references that were named; only by name.</summary>
    public IReadOnlySet<ImageReference> Named { get; init; } = new HashSet<ImageReference>();

    /// <summary>Versions that stay whatever else holds.</summary>
    public IReadOnlyList<VersionPattern> Protect { get; init; } = [];

    /// <summary>Only what was built, tagged and used before that long; null: whatever its age.</summary>
    public TimeSpan? OlderThan { get; init; }

    /// <summary>What was built or tagged since that long stays: its build, push or deployment may still be under way.</summary>
    public TimeSpan GracePeriod { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The service and version that each named reference came with.</summary>
    public IReadOnlyDictionary<ImageReference, (string Service, ProVersion Version)> NamedAs { get; init; } =
        new Dictionary<ImageReference, (string, ProVersion)>();

    /// <summary>Versions that were named and have no tag to remove.</summary>
    public IReadOnlyList<ProImageVersion> WithoutTag { get; init; } = [];

    /// <summary>With Unused: all images of the engine, of whatever repository.</summary>
    public bool AnyRepository { get; init; }

    /// <summary>Only until all versions of the services take no more than so many bytes; null: all that may go.</summary>
    public long? MaxSize { get; init; }

    /// <summary>Longest unused first, whatever the service: what stops midway has removed what is missed least.</summary>
    public bool ByLastUse { get; init; }

    /// <summary>Dangling images of these services only, as their labels or digests say; null: all of this engine.</summary>
    public IReadOnlySet<string>? DanglingOf { get; init; }
}
