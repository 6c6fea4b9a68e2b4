namespace Pro.DockerVersioning;

/// <summary>What a version's text names.</summary>
public enum ProVersionKind
{
    /// <summary>A git tag <c>v{SemVer 2.0.0}</c>, a pre-release among them.</summary>
    Release,

    /// <summary>A commit after a release, as <c>git describe</c> prints it: <c>v1.2.3-4-gabcdef012345</c>.</summary>
    Describe,

    /// <summary>A commit by its hash.</summary>
    Commit,
}
