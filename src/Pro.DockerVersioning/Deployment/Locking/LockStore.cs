using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>
/// Locks as chains of numbered claims. The first claim has the target's name. Each later one is named after the first one's nonce and its
/// number: a renewal, a takeover, or the end of the lock. Whoever makes an object first has it, so of all who want the next claim one
/// gets it. The last claim says who holds the lock.
/// </summary>
/// <remarks>
/// The engine removes volumes by name, whoever holds them by then. The names of later claims are never given again, so removing one takes
/// nobody else's. The first claim is removed by the one who made the chain's last claim only. What remains is a process of another machine
/// that stands still between its last claim and that removal, until it counts as left behind: the engine has no call for "remove if it is
/// still the same".
/// </remarks>
internal sealed class LockStore(ILabelStore objects)
{
    /// <summary>For how long a call may take: shorter than the time after which a silent holder counts as gone.</summary>
    public static readonly TimeSpan CallTime = TimeSpan.FromSeconds(30);

    private static readonly string[] Prefixes = [LockNames.LockPrefix];

    /// <summary>Where the lock of a target is. Any manager of a swarm may change its services, so their locks are the swarm's.</summary>
    public static LockStore For(EngineConnection engine, string target) =>
        new(LockNames.IsOfSwarm(target) ? new SwarmConfigs(engine) : new VolumeLabels(engine));

    public static IReadOnlyList<LockStore> All(EngineConnection engine) => [new(new VolumeLabels(engine)), new(new SwarmConfigs(engine))];

    public static IReadOnlyList<LockInfo> Read(IEnumerable<LabelledObject> all) =>
        [.. all.Select(one => LockInfo.Read(one.Labels)).OfType<LockInfo>()];

    /// <summary>The last claim of each lock. What is left of a chain without its first claim is not a lock. Pure.</summary>
    public static IReadOnlyList<LockInfo> Last(IReadOnlyCollection<LockInfo> claims) =>
        [.. claims
            .GroupBy(claim => claim.Chain, StringComparer.Ordinal)
            .Where(chain => chain.Any(claim => claim.Renewal == 0))
            .Select(chain => chain.MaxBy(claim => claim.Renewal)!)
            .OrderBy(claim => claim.Target, StringComparer.Ordinal)];

    public async Task<IReadOnlyList<LockInfo>> ListAsync(CancellationToken cancellationToken) =>
        Read(await objects.ListAsync(Prefixes, cancellationToken).ConfigureAwait(false));

    /// <summary>The last claim of a chain; null if the lock was given back, or a prune took it.</summary>
    public async Task<LockInfo?> LastAsync(string chain, CancellationToken cancellationToken) =>
        Last(await ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(claim => claim.Chain == chain);

    /// <summary>Makes a claim, unless there is one under its name; says which is there.</summary>
    /// <exception cref="ProException">The engine refuses, or the object is not one of ours.</exception>
    public async Task<LockInfo> CreateAsync(LockInfo claim, CancellationToken cancellationToken)
    {
        var name = LockNames.Of(claim);
        var made = await objects.CreateAsync(name, claim.ToLabels(), cancellationToken).ConfigureAwait(false);
        return LockInfo.Read(made.Labels) ?? throw LockErrors.NotOurs(objects.Kind, name);
    }

    /// <summary>Makes a later claim. False if another one was faster, or the lock was given back.</summary>
    public async Task<bool> FollowAsync(LockInfo claim, CancellationToken cancellationToken)
    {
        if ((await CreateAsync(claim, cancellationToken).ConfigureAwait(false)).Nonce != claim.Nonce)
        {
            return false;
        }

        var chain = await ChainAsync(claim.Chain, cancellationToken).ConfigureAwait(false);
        if (Last(chain) is not [var last] || last.Nonce != claim.Nonce)
        {
            await objects.RemoveAsync(LockNames.Of(claim), cancellationToken).ConfigureAwait(false);
            return false;
        }

        // The one before stays: whoever lists claims in this moment must find one of the two.
        await RemoveAsync(chain.Where(one => one.Renewal > 0 && one.Renewal < claim.Renewal - 1), cancellationToken)
            .ConfigureAwait(false);
        return true;
    }

    /// <summary>Gives a lock back, if it still has this holder: makes the last claim of all, and then removes the chain.</summary>
    /// <returns>What went wrong; null if nothing did. What is left counts as left behind.</returns>
    public async Task<Exception?> TryEndAsync(LockInfo mine)
    {
        using var patience = Clock.Limit(CallTime, CancellationToken.None);
        try
        {
            var chain = await ChainAsync(mine.Chain, patience.Token).ConfigureAwait(false);
            if (Last(chain) is [var last] && last.Nonce == mine.Nonce)
            {
                // It ended as it should: whoever takes over what is left of it has nothing to repair.
                var end = last with { Renewal = last.Renewal + 1, Ends = true, Note = null, Interrupted = null };
                if ((await CreateAsync(end, patience.Token).ConfigureAwait(false)).Nonce == mine.Nonce)
                {
                    await RemoveAsync([.. chain.OrderBy(claim => claim.Renewal), end], patience.Token).ConfigureAwait(false);
                }
            }

            return null;
        }
        catch (Exception fault) when (fault is ProException or OperationCanceledException)
        {
            return fault;
        }
    }

    /// <summary>Removes what is left of chains whose first claim is gone.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var all = await ListAsync(cancellationToken).ConfigureAwait(false);
        var held = Last(all).Select(claim => claim.Chain).ToHashSet(StringComparer.Ordinal);
        await RemoveAsync(all.Where(claim => !held.Contains(claim.Chain)), cancellationToken).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<LockInfo>> ChainAsync(string chain, CancellationToken cancellationToken) =>
        [.. (await ListAsync(cancellationToken).ConfigureAwait(false)).Where(claim => claim.Chain == chain)];

    private async Task RemoveAsync(IEnumerable<LockInfo> claims, CancellationToken cancellationToken)
    {
        foreach (var claim in claims)
        {
            await objects.RemoveAsync(LockNames.Of(claim), cancellationToken).ConfigureAwait(false);
        }
    }
}
