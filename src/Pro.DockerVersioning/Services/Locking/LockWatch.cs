using System.Collections.Concurrent;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>
/// Remembers when this process has first seen each renewal of other locks, by its own monotonic clock. No clock of another machine is asked.
/// </summary>
internal sealed class LockWatch(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (long Renewal, long Since)> _seen = new(StringComparer.Ordinal);

    /// <summary>The one of this process.</summary>
    public static LockWatch Shared { get; } = new(TimeProvider.System);

    /// <summary>For how long the lock has not been renewed, as far as this process has seen.</summary>
    public TimeSpan Look(LockInfo info)
    {
        var now = time.GetTimestamp();
        var seen = _seen.AddOrUpdate(
            info.Nonce, (info.Renewal, now), (_, before) => before.Renewal == info.Renewal ? before : (info.Renewal, now));
        return time.GetElapsedTime(seen.Since, now);
    }
}
