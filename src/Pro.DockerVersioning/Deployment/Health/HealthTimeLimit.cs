namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// How long a new version has to get healthy. What -HealthTimeout or <c>pro.json</c> says comes first. Stop-first goes by what the service
/// is known to need (<see cref="VerificationOptions.KnownNeed"/>). Else the image's own allowance holds. A swarm goes by progress.
/// </summary>
internal static class HealthTimeLimit
{
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(1);

    /// <summary>The limit for one check; infinite for a version without a check, which is watched for a time of its own.</summary>
    public static TimeSpan For(IHealthVerifier proof, VerificationOptions options) =>
        proof.Kind == ProHealthProof.Stability ? Timeout.InfiniteTimeSpan
            : options.HealthTimeout
                ?? (options.KnownNeed is { } need ? proof.BoundFor(need) : proof.Allowance > Least ? proof.Allowance : Least);
}
