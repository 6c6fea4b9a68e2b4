using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Locking;

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
        var why = LockWatch.Shared.WhyStale(info, times.Stale);
        if (why is not null || info.Process.IsOf(LockProcess.Current))
        {
            return why;
        }

        var store = LockStore.For(engine, info.Target);
        var first = await store.LastAsync(info.Chain, cancellationToken).ConfigureAwait(false);
        if (first is null || !await SeemsLeftBehindAsync(first, cancellationToken).ConfigureAwait(false))
        {
            return null;
        }

        var clock = Stopwatch.StartNew();
        reports.Report(new VerboseReport(string.Create(
            CultureInfo.InvariantCulture,
            $"Watching the lock of {info.Target} for up to {times.Stale.TotalSeconds:0} s, to see whether its holder lives: {info}.")));
        try
        {
            // Another claim than the one that was found: its holder lives, or it has another one.
            LockClaim? now;
            do
            {
                Show(info.Target, "watching whether its holder lives", clock);
                await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
                now = await store.LastAsync(info.Chain, cancellationToken).ConfigureAwait(false);
            }
            while (now?.Name == first.Name && (why = LockWatch.Shared.WhyStale(now.Info, times.Stale)) is null);

            return why;
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
                var isNew = watched != holder.Nonce;
                watched = holder.Nonce;
                if (isNew && await WhyStaleAsync(holder, cancellationToken).ConfigureAwait(false) is not null)
                {
                    continue;
                }

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

    private async Task<bool> SeemsLeftBehindAsync(LockClaim last, CancellationToken cancellationToken)
    {
        var state = await engine.CallAsync(client => client.System.GetSystemInfoAsync(cancellationToken)).ConfigureAwait(false);
        return last.Made is not { } made
            || !DateTimeOffset.TryParse(state.SystemTime, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var now)
            || now - made > 2 * times.Renewal;
    }

    private void Show(string target, string status, Stopwatch clock) => reports.Report(new ProgressReport(
        "lock/" + target,
        $"Waiting for the lock of {target}",
        string.Create(CultureInfo.InvariantCulture, $"{status} ({clock.Elapsed.TotalSeconds:0} s)")));

    private void End(string? target)
    {
        if (target is not null)
        {
            reports.Report(new ProgressReport("lock/" + target, target, "") { Completed = true });
        }
    }
}
