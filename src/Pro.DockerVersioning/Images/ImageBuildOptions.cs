namespace Pro.DockerVersioning.Images;

/// <summary>What the user asks of a build; the same for all services of one command.</summary>
internal sealed record ImageBuildOptions
{
    /// <summary>The version: a git tag, a describe text, any commit-ish; null for HEAD.</summary>
    public string? Version { get; init; }

    /// <summary>The commit-ish to build under a version that is not a tag yet.</summary>
    public string? Ref { get; init; }

    /// <summary>Names HEAD as <c>git describe --tags --abbrev=12</c> does.</summary>
    public bool Describe { get; init; }

    /// <summary>Builds what is on disk.</summary>
    public bool WorkingTree { get; init; }

    /// <summary>The aliases wanted besides latest.</summary>
    public ProAlias Aliases { get; init; }

    /// <summary>Whether latest goes by the rule.</summary>
    public ProLatestPolicy Latest { get; init; }

    /// <summary>
    /// The tags that name what is deployed at a target of this engine, each with the target: a build leaves them alone, so that a plain
    /// <c>up</c> doesn't start what nobody has verified.
    /// </summary>
    public IReadOnlyDictionary<string, string> Deployed { get; init; } = new Dictionary<string, string>();

    /// <summary>Build arguments; they win over those of the service's definition.</summary>
    public IReadOnlyDictionary<string, string> BuildArgs { get; init; } = new Dictionary<string, string>();

    /// <summary>Labels; they win over those of the service's definition.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The stage to build; null for the definition's.</summary>
    public string? Target { get; init; }

    /// <summary>Platforms, <c>os/arch[/variant]</c>; none for the engine's own.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    /// <summary>What <c>DOCKER_DEFAULT_PLATFORM</c> tells Docker's client where no platform is named; null if it isn't set.</summary>
    public string? DefaultPlatform { get; init; }

    /// <summary>Secrets, in Docker's form.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>SSH agents and keys, in Docker's form.</summary>
    public IReadOnlyList<string> Ssh { get; init; } = [];

    /// <summary>Cache sources; they win over those of the service's definition.</summary>
    public IReadOnlyList<string> CacheFrom { get; init; } = [];

    /// <summary>Cache targets.</summary>
    public IReadOnlyList<string> CacheTo { get; init; } = [];

    /// <summary>Runs every step again.</summary>
    public bool NoCache { get; init; }

    /// <summary>Asks for newer base images.</summary>
    public bool Pull { get; init; }

    /// <summary>Publishes after the build.</summary>
    public bool Push { get; init; }

    /// <summary>Builds again what is built already, and over an image of another commit.</summary>
    public bool Force { get; init; }
}
