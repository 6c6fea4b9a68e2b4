using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// Verifies a started container by the first of these that it has: its HEALTHCHECK, whose command is run at once and often instead of once
/// an interval; a health URL; else that it keeps running. Its end or restart ends the wait at once, and so does the engine's own verdict.
/// How long it may take: <see cref="HealthTimeLimit"/>.
/// </summary>
internal static class ContainerVerifier
{
    /// <summary>Waits for the verdict.</summary>
    /// <exception cref="ProException">The engine stayed away for longer than <see cref="VerificationOptions.EngineOutage"/>.</exception>
    public static async Task<VerificationResult> VerifyAsync(
        EngineConnection engine,
        string containerId,
        VerificationOptions options,
        IProgress<Report> progress,
        CancellationToken cancellationToken)
    {
        var watch = await ContainerWatch.OpenAsync(engine, containerId, options.EngineOutage, options.RestartsBefore, cancellationToken)
            .ConfigureAwait(false);
        await using (watch.ConfigureAwait(false))
        {
            var run = new VerificationRun(engine, containerId, options, watch, progress);
            try
            {
                return await VerifyAsync(run, watch, options, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                run.Done();
            }
        }
    }

    /// <summary>
    /// Goes on watching a container that was verified: an end, a restart, the engine's verdict
    /// "unhealthy", or the health URL failing several times in a row ends it at once. The URL is asked only where
    /// it was the proof: one that never answered can't say that things got worse.
    /// </summary>
    /// <exception cref="ProException">The engine stayed away for longer than <see cref="VerificationOptions.EngineOutage"/>.</exception>
    public static async Task<VerificationResult> WatchAsync(
        EngineConnection engine,
        string containerId,
        VerificationResult verified,
        TimeSpan duration,
        VerificationOptions options,
        IProgress<Report> progress,
        CancellationToken cancellationToken)
    {
        var watch = await ContainerWatch.OpenAsync(engine, containerId, options.EngineOutage, verified.RestartCount, cancellationToken)
            .ConfigureAwait(false);
        await using (watch.ConfigureAwait(false))
        {
            var run = new VerificationRun(engine, containerId, options, watch, progress);
            try
            {
                return await WatchAsync(run, verified, duration, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                run.Done();
            }
        }
    }

    private static async Task<VerificationResult> VerifyAsync(
        VerificationRun run, ContainerWatch watch, VerificationOptions options, CancellationToken cancellationToken)
    {
        var baseline = new ContainerStart(watch.Latest.StartedAt, options.RestartsBefore);
        while (true)
        {
            var proof = run.ChooseProof();
            var finding = await run.VerifyAsync(baseline, proof, HealthTimeLimit.For(proof, options), cancellationToken).ConfigureAwait(false);
            if (!finding.IsNewStart)
            {
                return await run.ResultAsync(finding, proof.Kind, cancellationToken).ConfigureAwait(false);
            }

            baseline = run.StartAnew();
        }
    }

    private static async Task<VerificationResult> WatchAsync(
        VerificationRun run, VerificationResult verified, TimeSpan duration, CancellationToken cancellationToken)
    {
        var baseline = new ContainerStart(verified.StartedAt, verified.RestartCount);
        while (true)
        {
            var finding = await run.WatchAsync(baseline, verified, duration - run.Elapsed, cancellationToken).ConfigureAwait(false);
            if (!finding.IsNewStart)
            {
                return await run.ResultAsync(finding, verified.Proof, cancellationToken).ConfigureAwait(false);
            }

            baseline = run.StartAnew();
        }
    }
}
