namespace Pro.DockerVersioning;

/// <summary>A service of the repository, and what of it runs.</summary>
public sealed class ProService
{
    internal ProService()
    {
    }

    /// <summary>The service's name.</summary>
    public required string Service { get; init; }

    /// <summary>The folder that the builder gets, relative to the repository's root; "." for the root itself.</summary>
    public required string Context { get; init; }

    /// <summary>The Dockerfile, relative to the repository's root.</summary>
    public required string Dockerfile { get; init; }

    /// <summary>The repository of its images, <c>registry/service</c>; the service's name alone where no registry is set.</summary>
    public required string Image { get; init; }

    /// <summary>The version that runs now; empty if none does, several while versions change.</summary>
    public IReadOnlyList<ProVersion> CurrentVersion { get; init; } = [];

    /// <summary>What declares it: pro.json, the compose file, or the folder.</summary>
    public required string DeclaredIn { get; init; }

    /// <summary>The name.</summary>
    /// <returns>The service's name.</returns>
    public override string ToString() => Service;
}
