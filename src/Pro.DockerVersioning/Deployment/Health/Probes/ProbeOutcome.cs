namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>How one check ended.</summary>
internal enum ProbeVerdict
{
    /// <summary>The container is well.</summary>
    Well,

    /// <summary>It is not, or not yet.</summary>
    NotWell,

    /// <summary>The check could not be made; it says nothing.</summary>
    CannotRun,
}

/// <summary>One check's verdict and what it said.</summary>
internal sealed record ProbeOutcome(ProbeVerdict Verdict, string Text);
