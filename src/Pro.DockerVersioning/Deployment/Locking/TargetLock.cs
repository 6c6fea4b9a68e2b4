using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Locking;

/// <summary>
/// One operation at a time on a target, whoever runs it and wherever: volumes on the engine, or configs of the swarm, whose labels say who,
/// since when and doing what (<see cref="LockStore"/>). Disposing it gives it back.
/// </summary>
internal sealed class TargetLock : IAsyncDisposable
{
    private readonly LockStore _store;
    private readonly LockTimes _times;
    private readonly IProgress<Report> _reports;
    private readonly CancellationTokenSource _released = new();
    private readonly Task _renewing;

    internal TargetLock(LockStore store, LockInfo info, LockTimes times, IProgress<Report> reports)
    {
        _store = store;
        _times = times;
        _reports = reports;
        Info = info;
        _renewing = Task.Run(RenewInTimeAsync);
    }

    public LockInfo Info { get; private set; }

    /// <summary>Takes the lock, or says who holds it. It waits for as long as the request says.</summary>
    /// <exception cref="ProException"><c>TargetLocked</c>, or the engine refuses.</exception>
    public static async Task<TargetLock> AcquireAsync(
        EngineConnection engine, LockRequest request, IProgress<Report> reports, CancellationToken cancellationToken)
    {
        var (taken, holder) = await new LockWait(engine, request.Times, reports)
            .TakeAsync(request, cancellationToken).ConfigureAwait(false);
        return taken ?? throw Refusal(holder);
    }

    /// <summary>Takes the lock; null if another one holds it.</summary>
    public static async Task<TargetLock?> TryAcquireAsync(
        EngineConnection engine, LockRequest request, IProgress<Report> reports, CancellationToken cancellationToken) =>
        (await new LockWait(engine, request.Times, reports).TakeAsync(request with { Wait = TimeSpan.Zero }, cancellationToken)
            .ConfigureAwait(false)).Taken;

    /// <summary>Who holds the lock of a target, with its latest renewal; null if nobody does.</summary>
    public static async Task<LockInfo?> FindAsync(EngineConnection engine, string target, CancellationToken cancellationToken) =>
        LockStore.Last(await LockStore.For(engine, target).ListAsync(cancellationToken).ConfigureAwait(false))
            .FirstOrDefault(claim => claim.Target == target);

    /// <summary>All locks on an engine and in its swarm, with their latest renewals.</summary>
    public static async Task<IReadOnlyList<LockInfo>> ListAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        var all = await Task.WhenAll(LockStore.All(engine).Select(store => store.ListAsync(cancellationToken))).ConfigureAwait(false);
        return LockStore.Last([.. all.SelectMany(one => one)]);
    }

    /// <summary>What whoever wants a lock that another one holds is told.</summary>
    public static ProException Refusal(LockInfo holder) =>
        LockErrors.TargetLocked(holder.Target, holder.ToString(), holder.Host, holder.Process.Id);

    /// <inheritdoc cref="LockWait.WhyStaleAsync"/>
    public static Task<string?> WhyStaleAsync(
        EngineConnection engine, LockInfo info, IProgress<Report> reports, CancellationToken cancellationToken) =>
        new LockWait(engine, LockTimes.Default, reports).WhyStaleAsync(info, cancellationToken);

    /// <summary>
    /// Removes what was left behind of locks that are gone. Locks stay, also those that were left behind: who takes one over repairs first.
    /// </summary>
    public static Task SweepAsync(EngineConnection engine, CancellationToken cancellationToken) =>
        Task.WhenAll(LockStore.All(engine).Select(store => store.SweepAsync(cancellationToken)));

    /// <summary>Whether it is still ours: nobody has broken it, and no prune (of engines before 23.0) has taken it.</summary>
    public async Task<bool> IsHeldAsync(CancellationToken cancellationToken) =>
        !_released.IsCancellationRequested
        && (await _store.LastAsync(Info.Chain, cancellationToken).ConfigureAwait(false))?.Nonce == Info.Nonce;

    /// <exception cref="ProException"><c>LockLost</c>, or the engine refuses.</exception>
    public async Task ThrowIfLockLostAsync(CancellationToken cancellationToken)
    {
        if (!await IsHeldAsync(cancellationToken).ConfigureAwait(false))
        {
            throw LockErrors.Lost(Info.Target, Info.Operation);
        }
    }

    /// <exception cref="ProException"><c>LockLost</c>: it isn't ours any more. Or the engine refuses.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        var next = Info with { Renewal = Info.Renewal + 1 };
        if (!await _store.FollowAsync(next, cancellationToken).ConfigureAwait(false))
        {
            throw LockErrors.Lost(Info.Target, Info.Operation);
        }

        Info = next;
    }

    /// <summary>Gives the lock back, if it is still ours. Never throws: what went wrong is said in a warning.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_released.IsCancellationRequested)
        {
            return;
        }

        await _released.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        _released.Dispose();
        try
        {
            if (await _store.TryEndAsync(Info).ConfigureAwait(false) is { } fault)
            {
                _reports.Report(new WarningReport(LockErrors.NotReleased(Info.Target, LockNames.Lock(Info.Target), fault)));
            }
        }
        finally
        {
            LockWatch.Shared.Release(Info.Nonce);
        }
    }

    /// <summary>
    /// Renews it until it is given back. A call under way is waited for instead of cancelled: what the engine makes of it after the lock is
    /// gone, nobody would remove.
    /// </summary>
    private async Task RenewInTimeAsync()
    {
        while (true)
        {
            await Clock.Delay(_times.Renewal, _released.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_released.IsCancellationRequested)
            {
                return;
            }

            using var patience = Clock.Limit(LockStore.CallTime, CancellationToken.None);
            try
            {
                await RenewAsync(patience.Token).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is not ProException { Id: LockErrors.LostId })
            {
                _reports.Report(new WarningReport(LockErrors.NotRenewed(Info.Target, fault)));
            }
            catch (ProException lost)
            {
                _reports.Report(new WarningReport(lost.Message));
                return;
            }
        }
    }
}
