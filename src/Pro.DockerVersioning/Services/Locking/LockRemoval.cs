using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>What became of the wish to remove a lock.</summary>
internal enum LockRemovalOutcome
{
    /// <summary>It is gone, and this one has removed it.</summary>
    Removed,

    /// <summary>It was gone already, or has another holder, or there is no reason any more.</summary>
    Changed,

    /// <summary>Somebody else is removing it right now.</summary>
    Busy,
}

/// <summary>
/// Removes a lock so that nobody else's goes with it. The engine removes objects by name, whoever holds them by then. So whoever removes the
/// lock with a nonce, its own holder too, must first have made the object that is named after that nonce: it can be had once, no later
/// lock has the nonce again, and while it is held only its holder removes that lock.
/// </summary>
/// <remarks>
/// One who dies in between leaves that object behind; it is a lock like any other, and is removed in the same way. What remains is a
/// process of another machine that stands still between its look and its removal until its guard counts as left behind: the engine has no
/// call for "remove if it is still the same".
/// </remarks>
internal sealed class LockRemoval(ILockStore store, TimeSpan stale)
{
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(30);

    /// <summary>Removes it.</summary>
    /// <param name="name">The lock's object.</param>
    /// <param name="victim">Whose lock it was when it was looked at.</param>
    /// <param name="isStillRight">Looked at again once nobody else can remove it.</param>
    /// <param name="cancellationToken">Ends it before it has begun.</param>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task<LockRemovalOutcome> RunAsync(
        string name, LockInfo victim, Func<LockInfo, CancellationToken, Task<bool>> isStillRight, CancellationToken cancellationToken)
    {
        var guardName = LockNames.Takeover(victim.Nonce);
        var guard = LockInfo.Ours(new LockRequest(victim.Target, $"remove the lock of {victim.Target}"), DateTimeOffset.UtcNow);
        OwnLocks.Add(guard.Nonce);
        try
        {
            var holder = await store.CreateAsync(guardName, guard, LockRole.Takeover, victim.Nonce, cancellationToken)
                .ConfigureAwait(false);
            if (holder.Nonce != guard.Nonce)
            {
                await RemoveStaleAsync(guardName, holder, cancellationToken).ConfigureAwait(false);
                return LockRemovalOutcome.Busy;
            }

            // From here on to the end, whoever cancels: it is a matter of milliseconds.
            using var patience = new CancellationTokenSource(CallTime);
            return await RemoveGuardedAsync(name, guardName, victim, isStillRight, patience.Token).ConfigureAwait(false);
        }
        finally
        {
            // Where it failed, the guard may be left: it counts as left behind from here on.
            OwnLocks.Remove(guard.Nonce);
        }
    }

    /// <summary>Removes what was left behind; nothing else.</summary>
    public async Task<bool> RemoveStaleAsync(string name, LockInfo holder, CancellationToken cancellationToken) =>
        await WhyStaleAsync(holder, cancellationToken).ConfigureAwait(false) is not null
        && await RunAsync(name, holder, IsStaleAsync, cancellationToken).ConfigureAwait(false) == LockRemovalOutcome.Removed;

    /// <summary>Why a lock counts as left behind; null if it is held, or not known to be left behind yet.</summary>
    public async Task<string?> WhyStaleAsync(LockInfo holder, CancellationToken cancellationToken)
    {
        if (holder.Process.IsOf(LockProcess.Current))
        {
            return Judge(holder, TimeSpan.Zero);
        }

        var latest = await store.WithRenewalsAsync(holder, cancellationToken).ConfigureAwait(false);
        return Judge(latest, LockWatch.Shared.Look(latest));
    }

    private async Task<LockRemovalOutcome> RemoveGuardedAsync(
        string name,
        string guardName,
        LockInfo victim,
        Func<LockInfo, CancellationToken, Task<bool>> isStillRight,
        CancellationToken cancellationToken)
    {
        var outcome = LockRemovalOutcome.Changed;
        var current = await store.FindAsync(name, cancellationToken).ConfigureAwait(false);
        if (current?.Nonce == victim.Nonce && await isStillRight(current, cancellationToken).ConfigureAwait(false))
        {
            await store.RemoveAsync(name, cancellationToken).ConfigureAwait(false);
            outcome = LockRemovalOutcome.Removed;
            foreach (var one in await store.ListAsync(victim.Nonce, cancellationToken).ConfigureAwait(false))
            {
                if (one.Role == LockRole.Renewal)
                {
                    await store.RemoveAsync(one.Name, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        await store.RemoveAsync(guardName, cancellationToken).ConfigureAwait(false);
        return outcome;
    }

    private async Task<bool> IsStaleAsync(LockInfo holder, CancellationToken cancellationToken) =>
        await WhyStaleAsync(holder, cancellationToken).ConfigureAwait(false) is not null;

    private string? Judge(LockInfo holder, TimeSpan unchanged) =>
        holder.WhyStale(LockProcess.Current, LockProcess.StartOf, OwnLocks.Contains, unchanged, stale);
}
