using System.Collections.Concurrent;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>
/// What this process holds right now. A lock of ours that isn't here was left behind, by an operation whose connection broke at the wrong
/// moment: a PowerShell session lives on after that, and must not be locked out by itself.
/// </summary>
internal static class HeldNonces
{
    private static readonly ConcurrentDictionary<string, byte> Held = new(StringComparer.Ordinal);

    public static void Add(string nonce) => Held[nonce] = 0;

    public static void Remove(string nonce) => Held.TryRemove(nonce, out _);

    public static bool Contains(string nonce) => Held.ContainsKey(nonce);
}
