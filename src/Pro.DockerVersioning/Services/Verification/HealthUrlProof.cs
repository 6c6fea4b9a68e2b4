namespace Pro.DockerVersioning.Services.Verification;

/// <summary>
/// Asks the health URL until it answers well twice in a row, each time on a new connection: one good answer can still come from
/// what held the port before, and the second costs 50 ms. A failure is no verdict, since an address has no start period and
/// no retries; the time-out is.
/// </summary>
internal sealed class HealthUrlProof(Uri address, TimeSpan requestTimeout, Action<string> said) : IProof
{
    private const int Needed = 2;

    /// <inheritdoc/>
    public ProHealthProof Kind => ProHealthProof.HealthUrl;

    /// <inheritdoc/>
    public string Description => $"its health URL {address}";

    /// <inheritdoc/>
    public TimeSpan Allowance => TimeSpan.Zero;

    /// <inheritdoc/>
    public TimeSpan LeastWait => TimeSpan.Zero;

    /// <inheritdoc/>
    public TimeSpan BoundFor(TimeSpan knownNeed) => requestTimeout + knownNeed;

    /// <inheritdoc/>
    public string? LastText { get; private set; }

    /// <inheritdoc/>
    public async Task<Finding> RunAsync(CancellationToken cancellationToken)
    {
        using var probe = new UrlProbe(address, requestTimeout);
        var pace = new Pace();
        for (var well = 0; true;)
        {
            var outcome = await probe.RunAsync(cancellationToken).ConfigureAwait(false);
            Note(outcome.Text);
            well = outcome.Verdict == ProbeVerdict.Well ? well + 1 : 0;
            if (well == Needed)
            {
                return new Finding(ProHealth.Healthy, $"is healthy: {outcome.Text}");
            }

            pace = well > 0 ? new Pace() : pace;
            await pace.RestAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Asks now and then, until so many answers in a row are bad.</summary>
    public async Task<Finding> WatchAsync(TimeSpan interval, int failures, CancellationToken cancellationToken)
    {
        using var probe = new UrlProbe(address, requestTimeout);
        for (var failed = 0; true;)
        {
            var outcome = await probe.RunAsync(cancellationToken).ConfigureAwait(false);
            Note(outcome.Text);
            failed = outcome.Verdict == ProbeVerdict.Well ? 0 : failed + 1;
            if (failed >= failures)
            {
                return new Finding(ProHealth.Unhealthy, $"is unhealthy: {outcome.Text}, {failed} times in a row");
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
