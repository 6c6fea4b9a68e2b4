using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// Runs the health command at once and often, until it succeeds or has failed as often as the engine would allow. If the operator has said
/// how long it may take, failures are no verdict. It tells what the command says.
/// </summary>
internal sealed class HealthCheckVerifier(
    EngineConnection engine, string id, HealthCheck check, Func<bool> isWellByEngine, Action<string> said, bool countsFailures)
    : IHealthVerifier
{
    // Something passing, a 500 of the engine's, may be in the way; a missing shell stays missing.
    private const int MaxUnable = 5;

    /// <summary>The engine's verdict, or ours.</summary>
    internal static readonly HealthFinding Healthy = new(ProHealth.Healthy, "is healthy by its HEALTHCHECK");

    /// <inheritdoc cref="Healthy"/>
    internal static readonly HealthFinding Unhealthy = new(ProHealth.Unhealthy, "is unhealthy by its HEALTHCHECK");

    public ProHealthProof Kind => ProHealthProof.HealthCheck;

    public string Description => string.Create(
        CultureInfo.InvariantCulture, $"its HEALTHCHECK, run at once (its interval is {check.Interval.TotalSeconds:0.###} s)");

    public TimeSpan Allowance => check.Allowance;

    public TimeSpan LeastWait { get; private set; }

    public string? LastText { get; private set; }

    public TimeSpan BoundFor(TimeSpan knownNeed) => check.BoundFor(knownNeed);

    public async Task<HealthFinding> RunAsync(CancellationToken cancellationToken)
    {
        var probe = new HealthProbe(engine, id, check);
        var pace = new PollInterval();
        var failures = new FailureCount(check);
        var clock = Clock.Start();
        for (var unable = 0; unable < MaxUnable;)
        {
            // The container was started before the clock: a failure counts rather later than at the engine.
            var begun = clock.Elapsed;
            var outcome = await probe.RunAsync(cancellationToken).ConfigureAwait(false);
            if (outcome.Text != LastText)
            {
                LastText = outcome.Text;
                said($"its health command: {outcome.Text}");
            }

            if (outcome.Verdict == ProbeVerdict.Well)
            {
                return Healthy;
            }

            unable = outcome.Verdict == ProbeVerdict.CannotRun ? unable + 1 : 0;
            if (unable == 0 && failures.Add(begun) && countsFailures)
            {
                return Unhealthy;
            }

            await pace.RestAsync(cancellationToken).ConfigureAwait(false);
        }

        LeastWait = check.Interval + check.Timeout;
        said($"its health command can't be run by exec ({LastText}); the engine's own check decides");
        if (isWellByEngine())
        {
            // Its last word, though it may be from before a second look: its next check can be an hour away.
            return Healthy;
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        throw new UnreachableException();
    }
}

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
