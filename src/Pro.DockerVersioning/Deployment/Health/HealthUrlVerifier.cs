using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Health.Probes;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>
/// Asks the health URL until it answers well twice in a row, each time on a new connection: one good answer can still come from
/// what held the port before, and the second costs 50 ms. A failure is not a verdict, since an address has no start period and
/// no retries; the time-out is.
/// </summary>
internal sealed class HealthUrlVerifier(
    Uri address, Func<CancellationToken, Task<IUrlProbe>> probe, TimeSpan requestTimeout, Action<string> said) : IHealthVerifier
{
    private const int Needed = 2;

    public ProHealthProof Kind => ProHealthProof.HealthUrl;

    public string Description => $"its health URL {UrlText.Shown(address)}";

    public TimeSpan Allowance => TimeSpan.Zero;

    public TimeSpan LeastWait => TimeSpan.Zero;

    public TimeSpan BoundFor(TimeSpan knownNeed) => requestTimeout + knownNeed;

    public string? LastText { get; private set; }

    public async Task<HealthFinding> RunAsync(CancellationToken cancellationToken)
    {
        using var asking = await probe(cancellationToken).ConfigureAwait(false);
        var pace = new PollInterval();
        for (var well = 0; true;)
        {
            var outcome = await asking.RunAsync(cancellationToken).ConfigureAwait(false);
            Note(outcome.Text);
            well = outcome.Verdict == ProbeVerdict.Well ? well + 1 : 0;
            if (well == Needed)
            {
                return new HealthFinding(ProHealth.Healthy, $"is healthy: {outcome.Text}");
            }

            pace = well > 0 ? new PollInterval() : pace;
            await pace.RestAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks now and then, until so many answers in a row are bad.</summary>
    public async Task<HealthFinding> WatchAsync(TimeSpan interval, int failures, CancellationToken cancellationToken)
    {
        using var asking = await probe(cancellationToken).ConfigureAwait(false);
        for (var failed = 0; true;)
        {
            var outcome = await asking.RunAsync(cancellationToken).ConfigureAwait(false);
            Note(outcome.Text);
            failed = outcome.Verdict == ProbeVerdict.Well ? 0 : failed + 1;
            if (failed >= failures)
            {
                return new HealthFinding(ProHealth.Unhealthy, $"is unhealthy: {outcome.Text}, {failed} times in a row");
            }

            await Task.Delay(interval, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Note(string text)
    {
        if (text != LastText)
        {
            LastText = text;
            said(text);
        }
    }
}
