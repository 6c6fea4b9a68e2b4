using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>Where locks are: objects with labels, of which the first one made under a name counts.</summary>
internal interface ILockStore
{
    /// <summary>Makes an object, unless there is one; says whose it is.</summary>
    /// <exception cref="ProException">The engine refuses, or the object is not one of ours.</exception>
    Task<LockInfo> CreateAsync(string name, LockInfo info, LockRole role, string? of, CancellationToken cancellationToken);

    /// <summary>Whose an object is, without its later renewals; null if there is none.</summary>
    /// <exception cref="ProException">The engine refuses, or the object is not one of ours.</exception>
    Task<LockInfo?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Removes an object; one that is gone already is fine.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    Task RemoveAsync(string name, CancellationToken cancellationToken);

    /// <summary>All objects of ours, or those about one lock.</summary>
    /// <param name="of">The lock's nonce; null for all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ProException">The engine refuses.</exception>
    Task<IReadOnlyList<LockObject>> ListAsync(string? of, CancellationToken cancellationToken);
}

/// <summary>An object of ours.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">What it is.</param>
/// <param name="Of">The nonce of the lock that it is about; null for a lock.</param>
/// <param name="Info">Whose it is.</param>
/// <param name="Made">When it was made, by the engine's clock; null if the engine doesn't say.</param>
internal sealed record LockObject(string Name, LockRole Role, string? Of, LockInfo Info, DateTimeOffset? Made)
{
    /// <summary>No labels at all.</summary>
    public static IReadOnlyDictionary<string, string> NoLabels { get; } = new Dictionary<string, string>();

    /// <summary>Reads an object's labels; null if they are not ours. Pure.</summary>
    public static LockObject? Read(string name, IDictionary<string, string>? labels, DateTimeOffset? made)
    {
        var all = labels?.AsReadOnly() ?? NoLabels;
        return LockLabels.TryReadRole(all, out var role) && LockLabels.TryRead(all, out var info)
            ? new LockObject(name, role, all.GetValueOrDefault(LockLabels.Of), info, made)
            : null;
    }

    /// <summary>The locks among objects, with their latest renewals. Pure.</summary>
    public static IReadOnlyList<LockInfo> Locks(IReadOnlyCollection<LockObject> objects) =>
        [.. objects
            .Where(one => one.Role == LockRole.Lock)
            .Select(one => Latest(one.Info, objects))
            .OrderBy(info => info.Target, StringComparer.Ordinal)];

    /// <summary>A lock with the latest of its renewals. Pure.</summary>
    public static LockInfo Latest(LockInfo info, IEnumerable<LockObject> objects) => info with
    {
        Renewal = objects
            .Where(one => one.Role == LockRole.Renewal && one.Of == info.Nonce)
            .Select(one => one.Info.Renewal)
            .Append(info.Renewal)
            .Max(),
    };
}

/// <summary>The stores of an engine.</summary>
internal static class LockStores
{
    /// <summary>Where the lock of a target is. A service of a swarm may be changed by any of its managers, so its lock is the swarm's.</summary>
    public static ILockStore For(EngineConnection engine, string target) =>
        target.StartsWith(LockNames.SwarmTarget, StringComparison.Ordinal) ? new SwarmLocks(engine) : new LockVolumes(engine);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ILockStore> All(EngineConnection engine) => [new LockVolumes(engine), new SwarmLocks(engine)];

    /// <summary>A lock with the latest of its renewals.</summary>
    public static async Task<LockInfo> WithRenewalsAsync(this ILockStore store, LockInfo info, CancellationToken cancellationToken) =>
        LockObject.Latest(info, await store.ListAsync(info.Nonce, cancellationToken).ConfigureAwait(false));
}
