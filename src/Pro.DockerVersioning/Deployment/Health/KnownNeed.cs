namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>How long a service is known to need from its start until it is healthy.</summary>
internal static class KnownNeed
{
    private const int Starts = 5;
    private const int Reserve = 3;
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Unknown = TimeSpan.FromMinutes(1);

    /// <summary>Three times the slowest of its last five verified starts, at least 15 s; a minute if none is known.</summary>
    public static TimeSpan Of(IEnumerable<TimeSpan> starts)
    {
        var slowest = starts.Take(Starts).DefaultIfEmpty(TimeSpan.Zero).Max();
        return slowest <= TimeSpan.Zero ? Unknown
            : Reserve * slowest > Least ? Reserve * slowest : Least;
    }
}
