using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// Asks the health URL until it answers well twice in a row, each time on a new connection: one good answer can still come from
/// what held the port before, and the second costs 50 ms. A failure is not a verdict, since an address has no start period and
/// no retries; the time-out is. It tells what was answered.
/// </summary>
internal sealed class HealthUrlVerifier(Uri address, Func<CancellationToken, Task<IUrlProbe>> probe, Action<string> said) : IHealthVerifier
{
    private const int Needed = 2;

    public ProHealthProof Kind => ProHealthProof.HealthUrl;

    public string Description => $"its health URL {UrlText.Shown(address)}";

    public string? LastText { get; private set; }

    public TimeSpan BoundFor(TimeSpan knownNeed) => UrlProbes.RequestTime + knownNeed;

    public async Task<HealthFinding> RunAsync(CancellationToken cancellationToken)
    {
        var asking = await probe(cancellationToken).ConfigureAwait(false);
        var pace = new PollInterval();
        for (var well = 0; true;)
        {
            var (isWell, text) = await AskAsync(asking, cancellationToken).ConfigureAwait(false);
            well = isWell ? well + 1 : 0;
            if (well == Needed)
            {
                return new HealthFinding(ProHealth.Healthy, $"is healthy: {text}");
            }

            pace = well > 0 ? new PollInterval() : pace;
            await pace.RestAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks now and then, until so many answers in a row are bad.</summary>
    public async Task<HealthFinding> WatchAsync(TimeSpan interval, int failures, CancellationToken cancellationToken)
    {
        var asking = await probe(cancellationToken).ConfigureAwait(false);
        for (var failed = 0; true;)
        {
            var (isWell, text) = await AskAsync(asking, cancellationToken).ConfigureAwait(false);
            failed = isWell ? 0 : failed + 1;
            if (failed >= failures)
            {
                return new HealthFinding(ProHealth.Unhealthy, $"is unhealthy: {text}, {failed} times in a row");
            }

            await Clock.Delay(interval, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(bool IsWell, string Text)> AskAsync(IUrlProbe asking, CancellationToken cancellationToken)
    {
        var outcome = await asking.RunAsync(cancellationToken).ConfigureAwait(false);
        if (outcome.Text != LastText)
        {
            LastText = outcome.Text;
            said(outcome.Text);
        }

        return (outcome.Verdict == ProbeVerdict.Well, outcome.Text);
    }
}
