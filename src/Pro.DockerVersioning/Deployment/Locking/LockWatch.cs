using System.Collections.Concurrent;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>What this process knows of locks: which ones it holds, and when it has first seen each renewal of others.</summary>
/// <remarks>
/// Renewals are timed by its own monotonic clock. No clock of another machine is asked. A lock of this process that it does not hold was
/// left by an operation whose connection broke. The PowerShell session lives on after that, and must not lock itself out.
/// </remarks>
internal sealed class LockWatch(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (long Renewal, long Since)> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _held = new(StringComparer.Ordinal);

    /// <summary>The one of this process.</summary>
    public static LockWatch Shared { get; } = new(TimeProvider.System);

    /// <summary>This process holds the lock with that nonce, or is about to.</summary>
    public void Hold(string nonce) => _held[nonce] = 0;

    /// <summary>This process doesn't hold it any more.</summary>
    public void Release(string nonce) => _held.TryRemove(nonce, out _);

    /// <summary>For how long the lock has not been renewed, as far as this process has seen.</summary>
    public TimeSpan Look(LockInfo info)
    {
        var now = time.GetTimestamp();
        var seen = _seen.AddOrUpdate(
            info.Nonce, (info.Renewal, now), (_, before) => before.Renewal == info.Renewal ? before : (info.Renewal, now));
        return time.GetElapsedTime(seen.Since, now);
    }

    /// <summary>Why a lock counts as left behind; null if it is held, or not known to be left behind yet.</summary>
    public string? WhyStale(LockInfo holder, TimeSpan stale) =>
        holder.WhyStale(LockProcess.Current, LockProcess.StartOf, _held.ContainsKey, Look(holder), stale);
}
