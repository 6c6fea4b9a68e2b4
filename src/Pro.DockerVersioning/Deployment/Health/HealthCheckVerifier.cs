using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>Runs the health command at once and often, until it succeeds or has failed as often as the engine would allow.</summary>
internal sealed class HealthCheckVerifier(
    EngineConnection engine, string id, HealthCheck check, Func<bool> isWellByEngine, Action<string> said, bool countsFailures) : IHealthVerifier
{
    // Something passing, a 500 of the engine's, may be in the way; a missing shell stays missing.
    private const int MaxUnable = 5;

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
        var clock = Stopwatch.StartNew();
        for (var unable = 0; unable < MaxUnable;)
        {
            // The container was started before the clock: a failure counts rather later than at the engine.
            var begun = clock.Elapsed;
            var outcome = await probe.RunAsync(cancellationToken).ConfigureAwait(false);
            Note(outcome.Text);
            if (outcome.Verdict == ProbeVerdict.Well)
            {
                return Healthy();
            }

            unable = outcome.Verdict == ProbeVerdict.CannotRun ? unable + 1 : 0;
            if (unable == 0 && failures.Add(begun) && countsFailures)
            {
                return Unhealthy();
            }

            await pace.RestAsync(cancellationToken).ConfigureAwait(false);
        }

        LeastWait = check.Interval + check.Timeout;
        said($"its health command can't be run by exec ({LastText}); the engine's own check decides");
        if (isWellByEngine())
        {
            // Its last word, though it may be from before a second look: its next check can be an hour away.
            return Healthy();
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        throw new UnreachableException();
    }

    /// <summary>The engine's verdict, or ours.</summary>
    internal static HealthFinding Healthy() => new(ProHealth.Healthy, "is healthy by its HEALTHCHECK");

    /// <summary>The engine's verdict, or ours.</summary>
    internal static HealthFinding Unhealthy() => new(ProHealth.Unhealthy, "is unhealthy by its HEALTHCHECK");

    private void Note(string text)
    {
        if (text != LastText)
        {
            LastText = text;
            said($"its health command: {text}");
        }
    }
}
