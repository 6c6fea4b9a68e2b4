using System.Diagnostics;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>One attempt to get a lock.</summary>
internal sealed class LockAcquisition(EngineConnection engine, LockRequest request, IProgress<Report> reports)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly LockStore _store = LockStore.For(engine, request.Target);

    /// <summary>Gets the lock, also from one who has left it behind; else says who holds it.</summary>
    /// <exception cref="ProException">The engine refuses; the lock isn't held then.</exception>
    public async Task<(TargetLock? Taken, LockInfo Holder)> RunAsync(CancellationToken cancellationToken)
    {
        var mine = LockInfo.Ours(request, DateTimeOffset.UtcNow);
        LockWatch.Shared.Hold(mine.Nonce);
        LockInfo? last = null;
        try
        {
            last = await CompeteAsync(mine, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (last is null)
            {
                await GiveBackAsync(mine).ConfigureAwait(false);
            }

            if (last?.Nonce != mine.Nonce)
            {
                LockWatch.Shared.Release(mine.Nonce);
            }
        }

        return (last.Nonce == mine.Nonce ? new TargetLock(_store, last, request.Times, reports) : null, last);
    }

    private async Task<LockInfo> CompeteAsync(LockInfo mine, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string? breakable = null;
        while (true)
        {
            var first = await _store.CreateAsync(mine, cancellationToken).ConfigureAwait(false);
            if (first.Nonce == mine.Nonce || clock.Elapsed > Patience)
            {
                return first;
            }

            // Null: it was given back in this moment.
            if (await _store.LastAsync(first.Chain, cancellationToken).ConfigureAwait(false) is { Info: var holder })
            {
                // Only the one that was found first is broken: not that of another who has broken it as well, and was faster.
                breakable ??= holder.Nonce;
                var breaks = request.Breaks && breakable == holder.Nonce && !holder.Ends;
                var why = LockWatch.Shared.WhyStale(holder, request.Times.Stale) ?? (breaks ? "-BreakLock" : null);
                if (why is null && !holder.Ends)
                {
                    return holder;
                }

                var next = mine with { Chain = first.Chain, Renewal = holder.Renewal + 1, CutOff = holder.Note ?? holder.CutOff };
                if (why is not null && await _store.FollowAsync(next, cancellationToken).ConfigureAwait(false))
                {
                    reports.Report(new WarningReport($"The lock of {request.Target} was taken over ({why}). It was held for: {holder}."));
                    return next;
                }
            }

            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The answer may be lost, and the claim made. A first claim is removed. A takeover stays, with what it knows of the interrupted
    /// operation: this process doesn't hold it, and so it counts as left behind.
    /// </summary>
    private async Task GiveBackAsync(LockInfo mine)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _store.EndAsync(mine, patience.Token).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ProException or OperationCanceledException)
        {
            reports.Report(new VerboseReport($"It is not known whether a lock of {request.Target} was left behind: {fault.Message}"));
        }
    }
}
