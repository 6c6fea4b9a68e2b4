namespace Pro.DockerVersioning;

/// <summary>What a build came to. Pipes into Publish-ProImage.</summary>
public sealed class ProImageBuild
{
    internal ProImageBuild()
    {
    }

    /// <summary>The service.</summary>
    public required string Service { get; init; }

    /// <summary>The version.</summary>
    public required ProVersion Version { get; init; }

    /// <summary>The image's name with the version's tag.</summary>
    public required string Reference { get; init; }

    /// <summary>Built, or there already.</summary>
    public required ProBuildOutcome Outcome { get; init; }

    /// <summary>The aliases that point at the image now: latest, v1.2, v1.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Why each alias moved or stayed, a sentence each.</summary>
    public IReadOnlyList<string> AliasReasons { get; init; } = [];

    /// <summary>The image id on the engine; null for an image of several platforms, which only its registry has.</summary>
    public string? ImageId { get; init; }

    /// <summary>The digest under which the registry knows it; null if it was not pushed.</summary>
    public string? Digest { get; init; }

    /// <summary>The full hash of the commit.</summary>
    public required string Commit { get; init; }

    /// <summary>The identity of the build context: equal contexts have equal hashes on every machine.</summary>
    public required string ContextHash { get; init; }

    /// <summary>What did the work: "buildx", "docker build", "Engine API"; empty if nothing had to be built.</summary>
    public string Builder { get; init; } = "";

    /// <summary>How long it took, publishing included.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>True if -Push has published it.</summary>
    public bool IsPublished { get; init; }

    /// <summary>What the user should hear of it: aliases that stayed.</summary>
    internal IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The same build after its publication.</summary>
    internal ProImageBuild Published(ProImagePublication publication, TimeSpan duration) => new()
    {
        Service = Service,
        Version = Version,
        Reference = Reference,
        Outcome = Outcome,
        Aliases = Aliases,
        AliasReasons = [.. AliasReasons, .. publication.AliasReasons.Select(reason => $"at the registry, {reason}")],
        ImageId = ImageId,
        Digest = publication.Digest,
        Commit = Commit,
        ContextHash = ContextHash,
        Builder = Builder,
        Duration = duration,
        IsPublished = true,
        Warnings = [.. Warnings, .. publication.WarningsWith(publication.HeldBack)],
    };

    /// <summary>The reference.</summary>
    /// <returns>The image's name with the version's tag.</returns>
    public override string ToString() => Reference;
}
