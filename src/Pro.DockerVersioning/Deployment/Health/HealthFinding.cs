namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>A verdict, and the sentence about it that begins with the container's name.</summary>
internal sealed record HealthFinding(ProHealth Health, string Reason)
{
    /// <summary>True if the engine's own restart has started the container again: the proof begins anew.</summary>
    public bool IsNewStart { get; init; }
}
