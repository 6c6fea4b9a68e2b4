namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>How compose would build a service. Paths are relative to the repository's root.</summary>
internal sealed record ComposeBuild
{
    /// <summary>The context's folder, "" for the root; as written where <see cref="Refusals"/> refuse it.</summary>
    public required string Context { get; init; }

    /// <summary>The Dockerfile where <c>dockerfile</c> names one; null: the one in the context.</summary>
    public string? Dockerfile { get; init; }

    /// <summary>The stage to build.</summary>
    public string? Target { get; init; }

    /// <summary>Arguments in the order of the file; null: named without a value, and set nowhere.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Args { get; init; } = [];

    /// <summary>Labels of the image.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>Images whose layers may be reused.</summary>
    public IReadOnlyList<string> CacheFrom { get; init; } = [];

    /// <summary>Build without the cache.</summary>
    public bool NoCache { get; init; }

    /// <summary>Ask the registries for newer bases.</summary>
    public bool Pull { get; init; }

    /// <summary>What makes the image another one and isn't supported.</summary>
    public IReadOnlyList<ServiceRefusal> Refusals { get; init; } = [];
}
