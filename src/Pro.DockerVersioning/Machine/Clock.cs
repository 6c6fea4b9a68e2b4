namespace Pro.DockerVersioning.Machine;

/// <summary>
/// The time by which the module measures and waits: the system's. A simulation sets another one for its own calls, and all that they start.
/// What waits for other processes, or for files, is not meant: they keep the system's time.
/// </summary>
internal static class Clock
{
    private static readonly AsyncLocal<TimeProvider?> Own = new();

    /// <summary>Who tells the time.</summary>
    public static TimeProvider Current => Own.Value ?? TimeProvider.System;

    /// <summary>The time of day.</summary>
    public static DateTimeOffset Now => Current.GetUtcNow();

    /// <summary>Sets it for the caller and all that it starts from now on; null for the system's.</summary>
    public static void Use(TimeProvider? time) => Own.Value = time;

    /// <summary>Begins to measure.</summary>
    public static TimeMeter Start() => new(Current);

    /// <summary>Waits.</summary>
    public static Task Delay(TimeSpan time, CancellationToken cancellationToken = default) => Task.Delay(time, Current, cancellationToken);

    /// <summary>A source that is cancelled with a token, or after a time.</summary>
    public static CancellationTokenSource Limit(TimeSpan time, CancellationToken cancellationToken) =>
        new LimitedSource(time, cancellationToken);

    private sealed class LimitedSource : CancellationTokenSource
    {
        private readonly CancellationTokenRegistration _link;

        public LimitedSource(TimeSpan time, CancellationToken cancellationToken)
            : base(time, Current) =>
            _link = cancellationToken.UnsafeRegister(static source => ((LimitedSource)source!).Cancel(), this);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _link.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

/// <summary>Measures a time from its beginning on.</summary>
internal sealed class TimeMeter(TimeProvider time)
{
    private long _since = time.GetTimestamp();

    /// <summary>The time since the beginning.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_since);

    /// <summary>Begins anew.</summary>
    public void Restart() => _since = time.GetTimestamp();
}
