using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

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
    private static readonly string[] Prefixes = [LockNames.LockPrefix];

    /// <summary>Where the lock of a target is. Any manager of a swarm may change its services, so their locks are the swarm's.</summary>
    public static LockStore For(EngineConnection engine, string target) =>
        new(LockNames.IsOfSwarm(target) ? new SwarmConfigs(engine) : new VolumeLabels(engine));

    /// <summary>All stores of an engine.</summary>
    public static IReadOnlyList<LockStore> All(EngineConnection engine) => [new(new VolumeLabels(engine)), new(new SwarmConfigs(engine))];

    /// <summary>The claims among objects. Pure.</summary>
    public static IReadOnlyList<LockClaim> Read(IEnumerable<LabelledObject> all) =>
        [.. from one in all
            let info = LockLabels.Read(one.Labels)
            where info is not null
            select new LockClaim(one.Name, info, one.Made)];

    /// <summary>The last claim of each lock. What is left of a chain without its first claim is not a lock. Pure.</summary>
    public static IReadOnlyList<LockClaim> Last(IReadOnlyCollection<LockClaim> claims) =>
        [.. claims
            .GroupBy(claim => claim.Info.Chain, StringComparer.Ordinal)
            .Where(chain => chain.Any(claim => claim.Info.Renewal == 0))
            .Select(chain => chain.MaxBy(claim => claim.Info.Renewal)!)
            .OrderBy(claim => claim.Info.Target, StringComparer.Ordinal)];

    /// <summary>All claims.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task<IReadOnlyList<LockClaim>> ListAsync(CancellationToken cancellationToken) =>
        Read(await objects.ListAsync(Prefixes, cancellationToken).ConfigureAwait(false));

    /// <summary>The last claim of a chain; null if the lock was given back, or a prune took it.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task<LockClaim?> LastAsync(string chain, CancellationToken cancellationToken) =>
        Last(await ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(claim => claim.Info.Chain == chain);

    /// <summary>Makes a claim, unless there is one under its name; says which is there.</summary>
    /// <exception cref="ProException">The engine refuses, or the object is not one of ours.</exception>
    public async Task<LockInfo> CreateAsync(LockInfo claim, CancellationToken cancellationToken)
    {
        var name = LockNames.Of(claim);
        var made = await objects.CreateAsync(name, LockLabels.Write(claim), cancellationToken).ConfigureAwait(false);
        return LockLabels.Read(made.Labels) ?? throw LockErrors.NotOurs(objects.Kind, name);
    }

    /// <summary>Makes a later claim. False if another one was faster, or the lock was given back.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task<bool> FollowAsync(LockInfo claim, CancellationToken cancellationToken)
    {
        if ((await CreateAsync(claim, cancellationToken).ConfigureAwait(false)).Nonce != claim.Nonce)
        {
            return false;
        }

        var chain = await ChainAsync(claim.Chain, cancellationToken).ConfigureAwait(false);
        if (Last(chain) is not [var last] || last.Info.Nonce != claim.Nonce)
        {
            await objects.RemoveAsync(LockNames.Of(claim), cancellationToken).ConfigureAwait(false);
            return false;
        }

        // The one before stays: whoever lists claims in this moment must find one of the two.
        await RemoveAsync(chain.Where(one => one.Info.Renewal > 0 && one.Info.Renewal < claim.Renewal - 1), cancellationToken)
            .ConfigureAwait(false);
        return true;
    }

    /// <summary>Gives a lock back, if it still has this holder: makes the last claim of all, and then removes the chain.</summary>
    /// <exception cref="ProException">The engine refuses. What is left counts as left behind.</exception>
    public async Task EndAsync(LockInfo mine, CancellationToken cancellationToken)
    {
        var chain = await ChainAsync(mine.Chain, cancellationToken).ConfigureAwait(false);
        if (Last(chain) is not [var last] || last.Info.Nonce != mine.Nonce)
        {
            return;
        }

        // It ended as it should: whoever takes over what is left of it has nothing to repair.
        var end = last.Info with { Renewal = last.Info.Renewal + 1, Ends = true, Note = null, CutOff = null };
        if ((await CreateAsync(end, cancellationToken).ConfigureAwait(false)).Nonce == mine.Nonce)
        {
            await RemoveAsync(chain.OrderBy(claim => claim.Info.Renewal), cancellationToken).ConfigureAwait(false);
            await objects.RemoveAsync(LockNames.Of(end), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Removes what is left of chains whose first claim is gone; says how many objects.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var all = await ListAsync(cancellationToken).ConfigureAwait(false);
        var held = Last(all).Select(claim => claim.Info.Chain).ToHashSet(StringComparer.Ordinal);
        var left = all.Where(claim => !held.Contains(claim.Info.Chain)).ToList();
        await RemoveAsync(left, cancellationToken).ConfigureAwait(false);
        return left.Count;
    }

    private async Task<IReadOnlyList<LockClaim>> ChainAsync(string chain, CancellationToken cancellationToken) =>
        [.. (await ListAsync(cancellationToken).ConfigureAwait(false)).Where(claim => claim.Info.Chain == chain)];

    private async Task RemoveAsync(IEnumerable<LockClaim> claims, CancellationToken cancellationToken)
    {
        foreach (var claim in claims)
        {
            await objects.RemoveAsync(claim.Name, cancellationToken).ConfigureAwait(false);
        }
    }
}

/// <summary>A claim as it stands on an engine or in its swarm.</summary>
/// <param name="Name">The object's name.</param>
/// <param name="Info">Whose it is.</param>
/// <param name="Made">When it was made, by the engine's clock; null if the engine does not say.</param>
internal sealed record LockClaim(string Name, LockInfo Info, DateTimeOffset? Made);
