using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Configuration;

/// <summary>The content of <c>pro.json</c>. Every key is optional; what isn't there is null or empty.</summary>
internal sealed record ProConfiguration
{
    /// <summary>The file's name; it lies at the repository's root.</summary>
    public const string FileName = "pro.json";

    /// <summary>A configuration without any key: what a repository without the file has.</summary>
    public static ProConfiguration Empty { get; } = new();

    /// <summary>True if there is a file.</summary>
    public bool Exists { get; init; }

    /// <summary>Where images go: host, perhaps a port, perhaps a path ("registry.example.com/pro").</summary>
    public string? Registry { get; init; }

    /// <summary>The services in the order of the file, by name.</summary>
    public IReadOnlyList<ServiceConfiguration> Services { get; init; } = [];

    /// <summary>The aliases that releases move besides latest; null if the key is absent.</summary>
    public ProAlias? Aliases { get; init; }

    /// <summary>Patterns of versions that cleaning never removes.</summary>
    public IReadOnlyList<string> Protect { get; init; } = [];

    /// <summary>How many releases each environment keeps.</summary>
    public IReadOnlyDictionary<string, int> Retention { get; init; } = new Dictionary<string, int>();

    /// <summary>For how long targets protect their versions that are gone; null if the key is absent.</summary>
    public TimeSpan? GoneTargets { get; init; }

    /// <summary>The places to deploy to, by name.</summary>
    public IReadOnlyDictionary<string, EnvironmentConfiguration> Environments { get; init; } =
        new Dictionary<string, EnvironmentConfiguration>();

    /// <summary>The folder of the history; null: the user's state folder.</summary>
    public string? History { get; init; }
}

/// <summary>One service of <c>pro.json</c>. Paths are relative to the repository's root and normalised.</summary>
internal sealed record ServiceConfiguration
{
    /// <summary>The key under <c>services</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is in the file.</summary>
    public required FilePosition At { get; init; }

    /// <summary>The folder that the builder gets; "" is the root.</summary>
    public string? Context { get; init; }

    /// <summary>The Dockerfile, relative to the repository's root (not to the context).</summary>
    public string? Dockerfile { get; init; }

    /// <summary>The stage to build.</summary>
    public string? Target { get; init; }

    /// <summary>Build arguments in the order of the file; a null value is taken from the environment.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> BuildArgs { get; init; } = [];

    /// <summary>Whether two versions may run at once; null if nothing is said.</summary>
    public UpdateOrder? Order { get; init; }

    /// <summary>A URL that answers 2xx when the service is well.</summary>
    public string? HealthUrl { get; init; }

    /// <summary>How long a new version has to get healthy; null if nothing is said.</summary>
    public TimeSpan? HealthTimeout { get; init; }

    /// <summary>The repository's name below the registry, where it isn't the service's name.</summary>
    public string? Image { get; init; }
}

/// <summary>One environment of <c>pro.json</c>.</summary>
internal sealed record EnvironmentConfiguration
{
    /// <summary>Its compose files, relative to the repository's root, later ones over earlier ones.</summary>
    public IReadOnlyList<string> ComposeFiles { get; init; } = [];

    /// <summary>A docker context or an engine's address.</summary>
    public string? Engine { get; init; }

    /// <summary>The tag that names what is deployed there, on its engine and at the registry; null if none does.</summary>
    public string? Alias { get; init; }
}
