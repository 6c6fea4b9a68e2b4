namespace Pro.DockerVersioning;

/// <summary>What a container's health is judged by: the first of these that it has.</summary>
public enum ProHealthProof
{
    /// <summary>The HEALTHCHECK of the container or its image.</summary>
    HealthCheck,

    /// <summary>The <c>healthUrl</c> of pro.json.</summary>
    HealthUrl,

    /// <summary>That it keeps running.</summary>
    Stability,
}
