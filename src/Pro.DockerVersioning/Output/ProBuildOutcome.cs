namespace Pro.DockerVersioning;

/// <summary>How a build ended.</summary>
public enum ProBuildOutcome
{
    /// <summary>The image was built.</summary>
    Built,

    /// <summary>The same tree with the same inputs was built before: the image is there.</summary>
    AlreadyBuilt,
}
