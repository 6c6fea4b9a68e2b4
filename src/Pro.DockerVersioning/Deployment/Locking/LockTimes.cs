namespace Pro.DockerVersioning.Deployment.Locking;

/// <param name="Renewal">How often its holder renews it.</param>
/// <param name="Stale">For how long whoever wants it must have seen no renewal, before it counts as left behind.</param>
internal sealed record LockTimes(TimeSpan Renewal, TimeSpan Stale)
{
    /// <summary>Renewed every 10 s; left behind after 40 s without a renewal.</summary>
    public static LockTimes Default { get; } = new(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(40));
}
