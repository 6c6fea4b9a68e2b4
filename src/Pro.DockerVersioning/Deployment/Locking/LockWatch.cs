using System.Collections.Concurrent;
using System.Globalization;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>What this process knows of locks: which ones it holds, and when it has first seen each renewal of others.</summary>
/// <remarks>
/// Renewals are timed by its own monotonic clock. No clock of another machine is asked, the engine's neither. A lock of this process that
/// it does not hold was left by an operation whose connection broke. The PowerShell session lives on after that, and must not lock itself
/// out.
/// </remarks>
internal sealed class LockWatch(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, (long Renewal, long Since, bool Lives)> _seen = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _held = new(StringComparer.Ordinal);

    private static readonly ConcurrentDictionary<ProcessIdentity, LockWatch> All = new();

    /// <summary>The one of this process.</summary>
    public static LockWatch Shared => All.GetOrAdd(ProcessIdentity.Current, static _ => new LockWatch(Clock.Current));

    /// <summary>This process holds the lock with that nonce, or is about to.</summary>
    public void Hold(string nonce) => _held[nonce] = 0;

    public void Release(string nonce) => _held.TryRemove(nonce, out _);

    /// <summary>For how long this process has seen no renewal of the lock; and whether it has seen one at all.</summary>
    public (TimeSpan Unchanged, bool Lives) Look(LockInfo info)
    {
        var now = time.GetTimestamp();
        var seen = _seen.AddOrUpdate(
            info.Nonce, (info.Renewal, now, false), (_, before) => info.Renewal > before.Renewal ? (info.Renewal, now, true) : before);
        return (time.GetElapsedTime(seen.Since, now), seen.Lives);
    }

    /// <summary>
    /// Why a lock counts as left behind; null if it is held. A process of this machine that lives holds its lock, however long it is not
    /// renewed. Any other is judged by its renewals alone. It is known to live if one was seen lately, else its next renewal says so.
    /// </summary>
    public (string? Why, bool IsKnown) WhyStale(LockInfo info, TimeSpan stale, ProcessIdentity here, Func<int, string?> startOf)
    {
        if (info.Process == here)
        {
            return (_held.ContainsKey(info.Nonce) ? null : "this process has left it behind", true);
        }

        var process = string.Create(CultureInfo.InvariantCulture, $"process {info.Process.Id} on {info.Host}");
        if (info.Process.IsOf(here))
        {
            return (info.Process.IsGone(startOf) ? $"its {process} is gone" : null, true);
        }

        var (unchanged, lives) = Look(info);
        return unchanged < stale ? (null, lives && unchanged < stale / 2)
            : (string.Create(CultureInfo.InvariantCulture, $"{process} has not renewed it for {unchanged.TotalSeconds:0} s"), true);
    }

    /// <summary>The same, as this process sees it.</summary>
    public (string? Why, bool IsKnown) WhyStale(LockInfo info, TimeSpan stale) =>
        WhyStale(info, stale, ProcessIdentity.Current, ProcessIdentity.StartOf);
}
