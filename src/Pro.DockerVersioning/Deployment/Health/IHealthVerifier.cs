using Pro.DockerVersioning.Machine;
using System.Globalization;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>A verdict, and the sentence about it that begins with the container's name.</summary>
internal sealed record HealthFinding(ProHealth Health, string Reason)
{
    /// <summary>True if the engine's own restart has started the container again: the proof begins anew.</summary>
    public bool IsNewStart { get; init; }
}

/// <summary>One way to prove that a container is well.</summary>
internal interface IHealthVerifier
{
    ProHealthProof Kind { get; }

    /// <summary>For reports: "its HEALTHCHECK, run at once (its interval is 30 s)".</summary>
    string Description { get; }

    /// <summary>How long it may take where the operator says nothing.</summary>
    TimeSpan Allowance => TimeSpan.Zero;

    /// <summary>The latest moment of a verdict while nobody is answered, by the time that the service is known to need to start.</summary>
    TimeSpan BoundFor(TimeSpan knownNeed);

    /// <summary>
    /// The least time until a time-out is a verdict: until the engine's own first check if only that can tell, else none.
    /// </summary>
    TimeSpan LeastWait => TimeSpan.Zero;

    /// <summary>What the last check said; null before the first, and if there is nothing to say.</summary>
    string? LastText => null;

    /// <summary>Checks until there is a verdict.</summary>
    Task<HealthFinding> RunAsync(CancellationToken cancellationToken);
}

/// <summary>Lets the time pass; whoever follows the container meanwhile sees its end or its restart.</summary>
internal sealed class StabilityVerifier(TimeSpan time) : IHealthVerifier
{
    public ProHealthProof Kind => ProHealthProof.Stability;

    public string Description =>
        string.Create(CultureInfo.InvariantCulture, $"running for {time.TotalSeconds:0.###} s (it has no HEALTHCHECK)");

    public TimeSpan BoundFor(TimeSpan knownNeed) => Timeout.InfiniteTimeSpan;

    public async Task<HealthFinding> RunAsync(CancellationToken cancellationToken)
    {
        await Clock.Delay(time, cancellationToken).ConfigureAwait(false);
        return new HealthFinding(
            ProHealth.Running,
            string.Create(CultureInfo.InvariantCulture, $"ran for {time.TotalSeconds:0.###} s without an exit or a restart"));
    }
}

/// <summary>The rests between two checks: 50 ms at first, growing to half a second.</summary>
internal sealed class PollInterval
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);
    private TimeSpan _next = TimeSpan.FromMilliseconds(50);

    public async Task RestAsync(CancellationToken cancellationToken)
    {
        var rest = _next;
        _next = rest * 1.2 < Longest ? rest * 1.2 : Longest;
        await Clock.Delay(rest, cancellationToken).ConfigureAwait(false);
    }
}
