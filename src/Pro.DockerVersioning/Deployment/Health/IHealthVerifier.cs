namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>One way to prove that a container is well.</summary>
internal interface IHealthVerifier
{
    /// <summary>Which.</summary>
    ProHealthProof Kind { get; }

    /// <summary>For reports: "its HEALTHCHECK, run at once (its interval is 30 s)".</summary>
    string Description { get; }

    /// <summary>How long it may take where the operator says nothing.</summary>
    TimeSpan Allowance { get; }

    /// <summary>The latest moment of a verdict while nobody is answered.</summary>
    TimeSpan BoundFor(TimeSpan knownNeed);

    /// <summary>
    /// The least time until a time-out is a verdict: until the engine's own first check if only that can tell, else none.
    /// </summary>
    TimeSpan LeastWait { get; }

    /// <summary>What the last check said; null before the first, and if there is nothing to say.</summary>
    string? LastText { get; }

    /// <summary>Checks until there is a verdict.</summary>
    Task<HealthFinding> RunAsync(CancellationToken cancellationToken);
}
