using System.Diagnostics;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>One attempt to get a lock.</summary>
internal sealed class LockAcquisition(EngineConnection engine, LockRequest request, IProgress<Report> reports)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ILockStore _store = LockStores.For(engine, request.Target);
    private readonly string _name = LockNames.Lock(request.Target);

    /// <summary>Gets the lock, also from one who has left it behind; else says who holds it.</summary>
    /// <exception cref="ProException">The engine refuses; the lock isn't held then.</exception>
    public async Task<(TargetLock? Taken, LockInfo Holder)> RunAsync(CancellationToken cancellationToken)
    {
        var mine = LockInfo.Ours(request, DateTimeOffset.UtcNow);
        OwnLocks.Add(mine.Nonce);
        LockInfo holder;
        try
        {
            (mine, holder) = await CompeteAsync(mine, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            // The answer may be lost, and the object made: this process doesn't hold it, and so it counts as left behind.
            OwnLocks.Remove(mine.Nonce);
            await GiveBackAsync(mine).ConfigureAwait(false);
            throw;
        }

        if (holder.Nonce == mine.Nonce)
        {
            return (new TargetLock(_store, _name, mine, request.Times, reports), mine);
        }

        OwnLocks.Remove(mine.Nonce);
        return (null, holder);
    }

    private async Task<(LockInfo Mine, LockInfo Holder)> CompeteAsync(LockInfo mine, CancellationToken cancellationToken)
    {
        var removal = new LockRemoval(_store, request.Times.Stale);
        var clock = Stopwatch.StartNew();
        string? breakable = null;
        while (true)
        {
            var holder = await _store.CreateAsync(_name, mine, LockRole.Lock, of: null, cancellationToken).ConfigureAwait(false);
            if (holder.Nonce == mine.Nonce)
            {
                return (mine, holder);
            }

            // Only the one that was found first is broken: not that of another who has broken it as well, and was faster.
            breakable ??= holder.Nonce;
            var breaks = request.Breaks && breakable == holder.Nonce;
            var why = await removal.WhyStaleAsync(holder, cancellationToken).ConfigureAwait(false) ?? (breaks ? "-BreakLock" : null);
            if (why is null || clock.Elapsed > Patience)
            {
                return (mine, holder);
            }

            var outcome = await removal.RunAsync(
                _name,
                holder,
                async (current, stop) => breaks || await removal.WhyStaleAsync(current, stop).ConfigureAwait(false) is not null,
                cancellationToken).ConfigureAwait(false);
            if (outcome == LockRemovalOutcome.Removed)
            {
                mine = mine with { CutOff = holder.Note ?? holder.CutOff };
                reports.Report(new WarningReport($"The lock of {request.Target} was taken over ({why}). It was held for: {holder}."));
            }
            else if (outcome == LockRemovalOutcome.Busy)
            {
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task GiveBackAsync(LockInfo mine)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            if (await _store.FindAsync(_name, patience.Token).ConfigureAwait(false) is { } left && left.Nonce == mine.Nonce)
            {
                _ = await new LockRemoval(_store, request.Times.Stale).RemoveStaleAsync(_name, left, patience.Token).ConfigureAwait(false);
            }
        }
        catch (Exception fault) when (fault is ProException or OperationCanceledException)
        {
            reports.Report(new VerboseReport($"It is not known whether a lock of {request.Target} was left behind: {fault.Message}"));
        }
    }
}
