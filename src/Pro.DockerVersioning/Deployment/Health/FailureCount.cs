using Pro.DockerVersioning.Deployment.Health.Probes;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// Turns failures of our own quick checks into the verdict "unhealthy", never sooner than the engine's rules would. We check many
/// times in an interval, to see the first success at once. Counting every failure would call a service unhealthy within a
/// second that needs five to start and has 90 by its retries and interval. So a failure counts once an interval, not in
/// the first interval (the engine waits before its first check, too), and not in the start period.
/// </summary>
internal sealed class FailureCount(HealthCheck check)
{
    private TimeSpan _due = check.Interval;

    /// <summary>Failures that counted, so far.</summary>
    public long Counted { get; private set; }

    /// <summary>Notes a failure of a check that began so long after the start; true when it is one too many.</summary>
    public bool Add(TimeSpan begun)
    {
        if (begun >= _due)
        {
            _due = begun + check.Interval;
            Counted += begun >= check.StartPeriod ? 1 : 0;
        }

        return Counted >= check.Retries;
    }
}
