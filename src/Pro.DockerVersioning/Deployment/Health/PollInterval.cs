namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>The rests between two checks: 50 ms at first, growing to half a second.</summary>
internal sealed class PollInterval
{
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(500);
    private TimeSpan _next = TimeSpan.FromMilliseconds(50);

    /// <summary>Rests.</summary>
    public async Task RestAsync(CancellationToken cancellationToken)
    {
        var rest = _next;
        _next = rest * 1.2 < Longest ? rest * 1.2 : Longest;
        await Task.Delay(rest, cancellationToken).ConfigureAwait(false);
    }
}
