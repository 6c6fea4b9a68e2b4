using System.Globalization;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>Lets the time pass; whoever follows the container meanwhile sees its end or its restart.</summary>
internal sealed class StabilityVerifier(TimeSpan time) : IHealthVerifier
{
    public ProHealthProof Kind => ProHealthProof.Stability;

    public string Description =>
        string.Create(CultureInfo.InvariantCulture, $"running for {time.TotalSeconds:0.###} s (it has no HEALTHCHECK)");

    public TimeSpan Allowance => Timeout.InfiniteTimeSpan;

    public TimeSpan LeastWait => TimeSpan.Zero;

    public TimeSpan BoundFor(TimeSpan knownNeed) => Allowance;

    public string? LastText => null;

    public async Task<HealthFinding> RunAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(time, cancellationToken).ConfigureAwait(false);
        return new HealthFinding(
            ProHealth.Running,
            string.Create(CultureInfo.InvariantCulture, $"ran for {time.TotalSeconds:0.###} s without an exit or a restart"));
    }
}
