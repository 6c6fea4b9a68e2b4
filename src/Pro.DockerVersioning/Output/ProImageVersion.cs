namespace Pro.DockerVersioning;

/// <summary>One version of a service on an engine.</summary>
public sealed class ProImageVersion
{
    private ProVersion _version = null!;

    internal ProImageVersion()
    {
    }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The version; sorts by SemVer precedence, a commit right after its release.</summary>
    public required ProVersion Version
    {
        get => _version;
        init => _version = value;
    }

    /// <summary>The image tag, or null for an image that has lost its tag and is still in use.</summary>
    public string? Tag { get; init; }

    /// <summary>What names the image: <c>registry/service:tag</c>; its id where it has no tag.</summary>
    public required string Reference { get; init; }

    /// <summary>The aliases that point at the same image: latest, v1.2, v1.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The image id, <c>sha256:</c> and 64 hexadecimal digits.</summary>
    public required string ImageId { get; init; }

    /// <summary>The digest under which the registry knows it; null if it was never pushed or pulled.</summary>
    public string? Digest { get; init; }

    /// <summary>The full hash of the commit it was built from; null if no label says so.</summary>
    public string? Commit { get; init; }

    /// <summary>The commit's time where a label says it, else the time at which the image was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The size of all its layers, in bytes; layers that it shares with other images count in each.</summary>
    public long Size { get; init; }

    /// <summary>The containers that use the image, running or not, by whatever name they were started.</summary>
    public IReadOnlyList<ProContainer> Containers { get; init; } = [];

    /// <summary>True if any container uses the image, also a stopped one.</summary>
    public bool IsInUse => Containers.Count > 0;

    /// <summary>True if a running container of the service runs this version.</summary>
    public bool IsCurrent { get; init; }

    /// <summary>True for a pre-release by SemVer (v1.2.0-rc.1).</summary>
    public bool IsPrerelease => Version.IsPrerelease;

    /// <summary>True if this module built it; false for images of other tools, which list as well.</summary>
    public bool IsBuiltByPro { get; init; }

    /// <summary>The same image, its version with a place among the others.</summary>
    internal ProImageVersion At(ProVersion version)
    {
        var copy = (ProImageVersion)MemberwiseClone();
        copy._version = version;
        return copy;
    }

    /// <summary>The reference.</summary>
    /// <returns>What names the image.</returns>
    public override string ToString() => Reference;
}
