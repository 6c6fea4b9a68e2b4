using System.Diagnostics;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>The error of a container that did not prove well.</summary>
internal static class VerificationFailure
{
    /// <summary>Makes it.</summary>
    public static ProException ToError(this VerificationResult result, string subject, bool isKept)
    {
        var evidence = new VerificationEvidence
        {
            Subject = subject,
            Reason = result.Reason,
            Proof = result.Proof == ProHealthProof.HealthUrl ? "Its health URL" : "Its HEALTHCHECK",
            Container = result.Container,
            Image = result.Image,
            After = result.Duration,
            IsKept = isKept,
            IsOutOfMemory = result.OutOfMemory,
            HealthLog = result.HealthLog,
            LogTail = result.LogTail,
        };
        return result.Health switch
        {
            ProHealth.Exited => VerificationErrors.Exited(evidence),
            ProHealth.Restarting => VerificationErrors.Restarting(evidence),
            ProHealth.Unhealthy => VerificationErrors.Unhealthy(evidence),
            ProHealth.TimedOut => VerificationErrors.TimedOut(evidence),
            _ => throw new UnreachableException($"{result.Health} is not a failure."),
        };
    }
}
