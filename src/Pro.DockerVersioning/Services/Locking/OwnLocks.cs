using System.Collections.Concurrent;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>
/// The locks that this process holds. A lock of this process that isn't listed here was left by an operation whose connection broke. The
/// PowerShell session lives on after that, and must not lock itself out.
/// </summary>
internal static class OwnLocks
{
    private static readonly ConcurrentDictionary<string, byte> Held = new(StringComparer.Ordinal);

    public static void Add(string nonce) => Held[nonce] = 0;

    public static void Remove(string nonce) => Held.TryRemove(nonce, out _);

    public static bool Contains(string nonce) => Held.ContainsKey(nonce);
}
