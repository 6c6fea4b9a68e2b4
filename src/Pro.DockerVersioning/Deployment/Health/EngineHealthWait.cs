using System.Globalization;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// Waits until the engine itself says that a container is healthy. Our own run of its HEALTHCHECK succeeds up to an interval earlier, and
/// until then a proxy that routes to healthy containers only doesn't know the new one: the old container is kept for so long.
/// </summary>
internal static class EngineHealthWait
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Waits. Returns at once for a container without a HEALTHCHECK; after <see cref="BoundOf"/> it goes on with a warning.
    /// </summary>
    /// <exception cref="ProException">The container ended, was restarted, or the engine says that it is unhealthy.</exception>
    public static async Task RunAsync(
        EngineConnection engine,
        string containerId,
        string subject,
        IProgress<Report> reports,
        CancellationToken cancellationToken)
    {
        var options = new VerificationOptions { Subject = subject };
        var watch = await ContainerWatch.OpenAsync(engine, containerId, options.EngineOutage, restartsBefore: 0, cancellationToken)
            .ConfigureAwait(false);
        await using (watch.ConfigureAwait(false))
        {
            if (watch.First.Container is not { } container || HealthCheck.Of(container) is not { } check)
            {
                return;
            }

            var start = new ContainerStart(watch.First.StartedAt, container.RestartCount);
            var bound = BoundOf(check);
            using var limit = Clock.Limit(bound, cancellationToken);
            try
            {
                await foreach (var now in watch.ReadAsync(limit.Token).ConfigureAwait(false))
                {
                    var bad = start.EndIn(now) ?? (now.EngineHealth == false ? HealthCheckVerifier.Unhealthy : null);
                    if (bad is not null)
                    {
                        var run = new VerificationRun(engine, containerId, options, watch, reports);
                        throw (await run.ResultAsync(bad, cancellationToken).ConfigureAwait(false)).ToError(subject, isKept: false);
                    }

                    if (now.EngineHealth == true)
                    {
                        return;
                    }
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                reports.Report(new WarningReport(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The HEALTHCHECK of {subject} succeeds, but the engine has not said healthy within {bound.TotalSeconds:0.#} s. "
                    + $"A proxy that routes to healthy containers only may find none for a moment.")));
            }
        }
    }

    /// <summary>How long it is waited for: two of the engine's own checks and one time-out, at most two minutes.</summary>
    internal static TimeSpan BoundOf(HealthCheck check)
    {
        var bound = (2 * check.Interval) + check.Timeout;
        return bound < LongestWait ? bound : LongestWait;
    }
}
