using System.Globalization;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>Takes locks, waits for their holders, and finds out whether they live.</summary>
internal sealed class LockWait(EngineConnection engine, LockTimes times, IProgress<Report> reports)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    // A lock that is given back, or that somebody else takes over, is in neither state for longer.
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MomentPause = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// Why a lock counts as left behind; null if it is held. A holder on this machine is looked at. One elsewhere is watched until its next
    /// renewal, or until it has not come for the whole time.
    /// </summary>
    public async Task<string?> WhyStaleAsync(LockInfo info, CancellationToken cancellationToken)
    {
        var (why, isKnown) = LockWatch.Shared.WhyStale(info, times.Stale);
        if (isKnown)
        {
            return why;
        }

        var clock = Clock.Start();
        reports.Report(new VerboseReport(string.Create(
            CultureInfo.InvariantCulture,
            $"Watching the lock of {info.Target} for up to {times.Stale.TotalSeconds:0} s, to see whether its holder lives: {info}.")));
        try
        {
            var store = LockStore.For(engine, info.Target);
            while (!isKnown)
            {
                await PauseAsync(info.Target, "watching whether its holder lives", clock, cancellationToken).ConfigureAwait(false);
                if (await store.LastAsync(info.Chain, cancellationToken).ConfigureAwait(false) is not { } now || now.Nonce != info.Nonce)
                {
                    // It was given back, or taken over by one who knew more.
                    return null;
                }

                (why, isKnown) = LockWatch.Shared.WhyStale(now, times.Stale);
            }

            return why;
        }
        finally
        {
            End(info.Target);
        }
    }

    /// <summary>Waits until nobody holds any of the locks that are meant, or the time is over.</summary>
    public async Task UntilFreeAsync(Func<LockInfo, bool> isMeant, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var clock = Clock.Start();
        string? target = null;
        try
        {
            while (clock.Elapsed < timeout && await HolderAsync(isMeant, cancellationToken).ConfigureAwait(false) is { } holder)
            {
                target = holder.Target;
                await PauseAsync(target, holder.ToString(), clock, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            End(target);
        }
    }

    /// <summary>Gets the lock, also from one who has left it behind. Waits for its holder as long as the request says.</summary>
    /// <returns>The lock, or who holds it.</returns>
    /// <exception cref="ProException">The engine refuses; the lock isn't held then.</exception>
    public async Task<(TargetLock? Taken, LockInfo Holder)> TakeAsync(LockRequest request, CancellationToken cancellationToken)
    {
        var store = LockStore.For(engine, request.Target);
        var mine = LockInfo.Ours(request, Clock.Now);
        LockWatch.Shared.Hold(mine.Nonce);
        LockInfo? last = null;
        try
        {
            last = await CompeteAsync(store, request, mine, cancellationToken).ConfigureAwait(false);
            return (last.Nonce == mine.Nonce ? new TargetLock(store, last, times, reports) : null, last);
        }
        finally
        {
            End(request.Wait > TimeSpan.Zero ? request.Target : null);

            // The answer may be lost, and the claim made. A first claim is removed. A takeover stays, with what it knows of the interrupted
            // operation: this process doesn't hold it, and so it counts as left behind.
            if (last is null && await store.TryEndAsync(mine).ConfigureAwait(false) is { } fault)
            {
                reports.Report(new VerboseReport($"It is not known whether a lock of {request.Target} was left behind: {fault.Message}"));
            }

            if (last?.Nonce != mine.Nonce)
            {
                LockWatch.Shared.Release(mine.Nonce);
            }
        }
    }

    /// <summary>Who has the lock in the end.</summary>
    private async Task<LockInfo> CompeteAsync(LockStore store, LockRequest request, LockInfo mine, CancellationToken cancellationToken)
    {
        var clock = Clock.Start();
        string? breakable = null;
        while (true)
        {
            mine = mine with { Since = Clock.Now };
            var first = await store.CreateAsync(mine, cancellationToken).ConfigureAwait(false);
            if (first.Nonce == mine.Nonce)
            {
                return first;
            }

            // Null: it was given back in this moment.
            var last = await store.LastAsync(first.Chain, cancellationToken).ConfigureAwait(false);
            var isMoment = last is not { Ends: false } && clock.Elapsed < Moment;
            var holder = last ?? first;

            // Only the one that was found first is broken: not that of another who has broken it as well, and was faster.
            breakable ??= holder.Nonce;
            var breaks = request.Breaks && breakable == holder.Nonce && last is { Ends: false };
            var why = LockWatch.Shared.WhyStale(holder, times.Stale).Why
                ?? (breaks ? "-BreakLock" : isMoment ? null : await WhyStaleAsync(holder, cancellationToken).ConfigureAwait(false));
            var next = mine with { Chain = holder.Chain, Renewal = holder.Renewal + 1, Interrupted = holder.Note ?? holder.Interrupted };
            if (why is not null && await store.FollowAsync(next, cancellationToken).ConfigureAwait(false))
            {
                reports.Report(new WarningReport($"The lock of {request.Target} was taken over ({why}). It was held for: {holder}."));
                return next;
            }

            if (why is not null || isMoment)
            {
                await Clock.Delay(MomentPause, cancellationToken).ConfigureAwait(false);
            }
            else if (clock.Elapsed < request.Wait)
            {
                await PauseAsync(request.Target, holder.ToString(), clock, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                return holder;
            }
        }
    }

    private async Task<LockInfo?> HolderAsync(Func<LockInfo, bool> isMeant, CancellationToken cancellationToken)
    {
        foreach (var held in (await TargetLock.ListAsync(engine, cancellationToken).ConfigureAwait(false)).Where(isMeant))
        {
            if (await WhyStaleAsync(held, cancellationToken).ConfigureAwait(false) is null)
            {
                return held;
            }
        }

        return null;
    }

    private Task PauseAsync(string target, string status, TimeMeter clock, CancellationToken cancellationToken)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{status} ({clock.Elapsed.TotalSeconds:0} s)");
        reports.Report(new ProgressReport("lock/" + target, $"Waiting for the lock of {target}", text));
        return Clock.Delay(Pause, cancellationToken);
    }

    private void End(string? target)
    {
        if (target is not null)
        {
            reports.Report(new ProgressReport("lock/" + target, target, "") { Completed = true });
        }
    }
}
