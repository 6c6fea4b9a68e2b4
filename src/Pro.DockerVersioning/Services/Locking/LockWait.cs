using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>Waits for the holders of locks, and finds out whether they live.</summary>
internal sealed class LockWait(EngineConnection engine, LockTimes times, IProgress<Report> reports)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Why a lock counts as left behind; null if it is held. A holder on this machine is looked at. One elsewhere is watched for as long as
    /// that takes, but only if the engine's clock says that its renewals have stopped. That clock decides nothing.
    /// </summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task<string?> WhyStaleAsync(LockInfo info, CancellationToken cancellationToken)
    {
        var store = LockStores.For(engine, info.Target);
        var removal = new LockRemoval(store, times.Stale);
        var why = await removal.WhyStaleAsync(info, cancellationToken).ConfigureAwait(false);
        if (why is not null
            || info.Process.IsOf(LockProcess.Current)
            || !await SeemsLeftBehindAsync(store, info, cancellationToken).ConfigureAwait(false))
        {
            return why;
        }

        var first = await store.WithRenewalsAsync(info, cancellationToken).ConfigureAwait(false);
        var clock = Stopwatch.StartNew();
        reports.Report(new VerboseReport(string.Create(
            CultureInfo.InvariantCulture,
            $"Watching the lock of {info.Target} for up to {times.Stale.TotalSeconds:0} s, to see whether its holder lives: {info}.")));
        try
        {
            while (true)
            {
                Show(info.Target, "watching whether its holder lives", clock);
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
                var now = await store.FindAsync(LockNames.Lock(info.Target), cancellationToken).ConfigureAwait(false);
                if (now?.Nonce != info.Nonce)
                {
                    return null;
                }

                why = await removal.WhyStaleAsync(now, cancellationToken).ConfigureAwait(false);
                if (why is not null
                    || (await store.WithRenewalsAsync(now, cancellationToken).ConfigureAwait(false)).Renewal != first.Renewal)
                {
                    return why;
                }
            }
        }
        finally
        {
            End(info.Target);
        }
    }

    /// <summary>Waits until nobody holds any of the locks that are meant, or the time is over.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task UntilFreeAsync(Func<LockInfo, bool> isMeant, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string? target = null;
        try
        {
            while (clock.Elapsed < timeout && await HolderAsync(isMeant, cancellationToken).ConfigureAwait(false) is { } holder)
            {
                target = holder.Target;
                Show(target, holder.ToString(), clock);
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            End(target);
        }
    }

    /// <summary>Tries to take a lock until the time is over.</summary>
    /// <returns>The lock, or who holds it.</returns>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task<(TargetLock? Taken, LockInfo Holder)> TakeAsync(LockRequest request, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var acquisition = new LockAcquisition(engine, request, reports);
        string? watched = null;
        try
        {
            while (true)
            {
                var (taken, holder) = await acquisition.RunAsync(cancellationToken).ConfigureAwait(false);
                if (taken is not null)
                {
                    return (taken, holder);
                }

                // Once for each holder: one that was seen to live is waited for like any other.
                if (watched != holder.Nonce && await WhyStaleAsync(holder, cancellationToken).ConfigureAwait(false) is not null)
                {
                    watched = holder.Nonce;
                    continue;
                }

                watched = holder.Nonce;
                var left = request.Wait - clock.Elapsed;
                if (left <= TimeSpan.Zero)
                {
                    return (null, holder);
                }

                Show(request.Target, holder.ToString(), clock);
                await Task.Delay(left < Pause ? left : Pause, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            End(request.Wait > TimeSpan.Zero ? request.Target : null);
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

    private async Task<bool> SeemsLeftBehindAsync(ILockStore store, LockInfo info, CancellationToken cancellationToken)
    {
        var about = (await store.ListAsync(of: null, cancellationToken).ConfigureAwait(false))
            .Where(one => one.Info.Nonce == info.Nonce || one.Of == info.Nonce).Select(one => one.Made).Max();
        var state = await engine.CallAsync(client => client.System.GetSystemInfoAsync(cancellationToken)).ConfigureAwait(false);
        return about is not { } last
            || !DateTimeOffset.TryParse(state.SystemTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var now)
            || now - last > 2 * times.Renewal;
    }

    private void Show(string target, string status, Stopwatch clock) => reports.Report(new ProgressReport(
        Bar(target), $"Waiting for the lock of {target}", string.Create(CultureInfo.InvariantCulture, $"{status} ({clock.Elapsed.TotalSeconds:0} s)")));

    private void End(string? target)
    {
        if (target is not null)
        {
            reports.Report(new ProgressReport(Bar(target), target, "") { Completed = true });
        }
    }

    private static string Bar(string target) => "lock/" + target;
}
