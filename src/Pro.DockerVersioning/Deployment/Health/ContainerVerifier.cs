using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// Verifies a started container by the first of these that it has: its HEALTHCHECK, whose command is run at once and often instead of once
/// an interval; a health URL; else that it keeps running. Its end or restart ends the wait at once, and so does the engine's own verdict.
/// An engine that stays away for longer than <see cref="VerificationOptions.EngineOutage"/> is an error.
/// </summary>
internal static class ContainerVerifier
{
    public static Task<VerificationResult> VerifyAsync(
        EngineConnection engine,
        string containerId,
        VerificationOptions options,
        IProgress<Report> progress,
        CancellationToken cancellationToken) =>
        JudgeAsync(
            engine,
            containerId,
            new ContainerStart(null, options.RestartsBefore),
            options,
            progress,
            (run, start) => run.VerifyAsync(start, cancellationToken),
            cancellationToken);

    /// <summary>
    /// Goes on watching a container that was verified: an end, a restart, the engine's verdict
    /// "unhealthy", or the health URL failing several times in a row ends it at once. The URL is asked only where
    /// it was the proof: one that never answered can't say that things got worse.
    /// </summary>
    public static Task<VerificationResult> WatchAsync(
        EngineConnection engine,
        string containerId,
        VerificationResult verified,
        TimeSpan duration,
        VerificationOptions options,
        IProgress<Report> progress,
        CancellationToken cancellationToken) =>
        JudgeAsync(
            engine,
            containerId,
            new ContainerStart(verified.StartedAt, verified.RestartCount),
            options,
            progress,
            (run, start) => run.WatchAsync(start, verified, duration, cancellationToken),
            cancellationToken);

    private static async Task<VerificationResult> JudgeAsync(
        EngineConnection engine,
        string containerId,
        ContainerStart start,
        VerificationOptions options,
        IProgress<Report> progress,
        Func<VerificationRun, ContainerStart, Task<HealthFinding>> judge,
        CancellationToken cancellationToken)
    {
        var watch = await ContainerWatch.OpenAsync(engine, containerId, options.EngineOutage, start.Restarts, cancellationToken)
            .ConfigureAwait(false);
        await using (watch.ConfigureAwait(false))
        {
            var run = new VerificationRun(engine, containerId, options, watch, progress);
            try
            {
                start = start with { StartedAt = start.StartedAt ?? watch.Latest.StartedAt };
                for (; true; start = run.StartAnew())
                {
                    var finding = await judge(run, start).ConfigureAwait(false);
                    if (!finding.IsNewStart)
                    {
                        return await run.ResultAsync(finding, cancellationToken).ConfigureAwait(false);
                    }
                }
            }
            finally
            {
                run.Done();
            }
        }
    }
}
