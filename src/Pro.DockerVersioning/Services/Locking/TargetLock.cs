using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>
/// One operation at a time on a target, whoever runs it and wherever: a volume on the engine, or a config of the swarm, whose labels say who,
/// since when and doing what. Disposing it gives it back.
/// </summary>
/// <remarks>
/// A lock is left behind if its process (id and start time) is gone from this machine. One of another machine is left behind if whoever wants
/// it has seen no renewal for <see cref="LockTimes.Stale"/>, by its own monotonic clock. Then the next one takes it over.
/// <c>docker volume prune</c> of engines before 23.0 takes locks away (<see cref="IsHeldAsync"/> tells).
/// </remarks>
internal sealed class TargetLock : IAsyncDisposable
{
    private static readonly TimeSpan TakeoverPause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan TakeoverTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RenewalTime = TimeSpan.FromSeconds(30);

    private readonly ILockStore _store;
    private readonly string _name;
    private readonly LockTimes _times;
    private readonly IProgress<Report> _reports;
    private readonly CancellationTokenSource _released = new();
    private readonly SemaphoreSlim _renewal = new(1, 1);
    private readonly Task _renewing;
    private bool _isReleased;

    internal TargetLock(ILockStore store, string name, LockInfo info, LockTimes times, IProgress<Report> reports)
    {
        _store = store;
        _name = name;
        _times = times;
        _reports = reports;
        Info = info;
        _renewing = Task.Run(RenewInTimeAsync);
    }

    /// <summary>What the others see.</summary>
    public LockInfo Info { get; private set; }

    /// <summary>Takes the lock, or says who holds it. It waits for as long as the request says.</summary>
    /// <exception cref="ProException"><c>TargetLocked</c>, or the engine refuses.</exception>
    public static async Task<TargetLock> AcquireAsync(
        EngineConnection engine, LockRequest request, IProgress<Report> reports, CancellationToken cancellationToken)
    {
        var (taken, holder) = await new LockWait(engine, request.Times, reports).TakeAsync(request, cancellationToken).ConfigureAwait(false);
        return taken ?? throw Refusal(holder);
    }

    /// <summary>Takes the lock; null if another one holds it.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public static async Task<TargetLock?> TryAcquireAsync(
        EngineConnection engine, LockRequest request, IProgress<Report> reports, CancellationToken cancellationToken) =>
        (await new LockAcquisition(engine, request, reports).RunAsync(cancellationToken).ConfigureAwait(false)).Taken;

    /// <summary>Who holds the lock of a target, with its latest renewal; null if nobody does.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public static async Task<LockInfo?> FindAsync(EngineConnection engine, string target, CancellationToken cancellationToken)
    {
        var store = LockStores.For(engine, target);
        return await store.FindAsync(LockNames.Lock(target), cancellationToken).ConfigureAwait(false) is { } info
            ? await store.WithRenewalsAsync(info, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>All locks on an engine and in its swarm, with their latest renewals.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public static async Task<IReadOnlyList<LockInfo>> ListAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        var all = await Task.WhenAll(LockStores.All(engine).Select(store => store.ListAsync(of: null, cancellationToken))).ConfigureAwait(false);
        return LockObject.Locks([.. all.SelectMany(one => one)]);
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
    /// <returns>How many objects were removed.</returns>
    /// <exception cref="ProException">The engine refuses.</exception>
    public static async Task<int> SweepAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var store in LockStores.All(engine))
        {
            removed += await SweepAsync(store, cancellationToken).ConfigureAwait(false);
        }

        return removed;
    }

    /// <summary>Whether it is still ours: nobody has broken it, and no prune has taken it.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task<bool> IsHeldAsync(CancellationToken cancellationToken) =>
        !_isReleased && (await _store.FindAsync(_name, cancellationToken).ConfigureAwait(false))?.Nonce == Info.Nonce;

    /// <summary>Throws where it isn't ours any more.</summary>
    /// <exception cref="ProException"><c>LockLost</c>, or the engine refuses.</exception>
    public async Task MustBeHeldAsync(CancellationToken cancellationToken)
    {
        if (!await IsHeldAsync(cancellationToken).ConfigureAwait(false))
        {
            throw LockErrors.Lost(Info.Target, Info.Operation);
        }
    }

    /// <summary>Tells the others that its holder lives.</summary>
    /// <exception cref="ProException"><c>LockLost</c>: it isn't ours any more. Or the engine refuses.</exception>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        await _renewal.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RenewAloneAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _ = _renewal.Release();
        }
    }

    /// <summary>Gives the lock back, if it is still ours. Never throws: what went wrong is said in a warning.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isReleased)
        {
            return;
        }

        _isReleased = true;
        await _released.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        _released.Dispose();
        _renewal.Dispose();
        try
        {
            // Busy: somebody is taking it over. It will be gone without us.
            _ = await new LockRemoval(_store, _times.Stale)
                .RunAsync(_name, Info, static (_, _) => Task.FromResult(true), CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ProException or OperationCanceledException)
        {
            _reports.Report(new WarningReport(LockErrors.NotReleased(Info.Target, _name, fault)));
        }
        finally
        {
            OwnLocks.Remove(Info.Nonce);
        }
    }

    private static async Task<int> SweepAsync(ILockStore store, CancellationToken cancellationToken)
    {
        var removal = new LockRemoval(store, LockTimes.Default.Stale);
        var all = await store.ListAsync(of: null, cancellationToken).ConfigureAwait(false);
        var locks = all.Where(one => one.Role == LockRole.Lock).Select(one => one.Info.Nonce).ToHashSet(StringComparer.Ordinal);
        var removed = 0;
        foreach (var one in all.Where(one => one.Role != LockRole.Lock))
        {
            if (one.Role == LockRole.Takeover)
            {
                removed += await removal.RemoveStaleAsync(one.Name, one.Info, cancellationToken).ConfigureAwait(false) ? 1 : 0;
            }
            else if (!locks.Contains(one.Of ?? ""))
            {
                await store.RemoveAsync(one.Name, cancellationToken).ConfigureAwait(false);
                removed++;
            }
        }

        return removed;
    }

    private async Task RenewAloneAsync(CancellationToken cancellationToken)
    {
        var renewed = Info with { Renewal = Info.Renewal + 1 };
        var name = LockNames.Renewal(Info.Nonce, renewed.Renewal);
        _ = await _store.CreateAsync(name, renewed, LockRole.Renewal, Info.Nonce, cancellationToken).ConfigureAwait(false);

        // One who is about to take it over has either seen the renewal, or is seen here.
        await WaitForTakeoverAsync(cancellationToken).ConfigureAwait(false);
        if ((await _store.FindAsync(_name, cancellationToken).ConfigureAwait(false))?.Nonce != Info.Nonce)
        {
            await _store.RemoveAsync(name, cancellationToken).ConfigureAwait(false);
            throw LockErrors.Lost(Info.Target, Info.Operation);
        }

        var before = Info.Renewal;
        Info = renewed;
        if (before > 0)
        {
            await _store.RemoveAsync(LockNames.Renewal(Info.Nonce, before), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Renews it until it is given back. A call under way is waited for instead of cancelled: what the engine makes of it after the lock is
    /// gone, nobody would remove.
    /// </summary>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "Nobody waits for this task while the lock is held: what goes wrong is said, and tried again.")]
    private async Task RenewInTimeAsync()
    {
        while (true)
        {
            await Task.Delay(_times.Renewal, _released.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_released.IsCancellationRequested)
            {
                return;
            }

            using var patience = new CancellationTokenSource(RenewalTime);
            try
            {
                await RenewAsync(patience.Token).ConfigureAwait(false);
            }
            catch (ProException lost) when (lost.Id == LockErrors.LostId)
            {
                _reports.Report(new WarningReport(lost.Message));
                return;
            }
            catch (Exception fault)
            {
                _reports.Report(new WarningReport(LockErrors.NotRenewed(Info.Target, fault)));
            }
        }
    }

    private async Task WaitForTakeoverAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (await _store.FindAsync(LockNames.Takeover(Info.Nonce), cancellationToken).ConfigureAwait(false) is not null
            && clock.Elapsed < TakeoverTime)
        {
            await Task.Delay(TakeoverPause, cancellationToken).ConfigureAwait(false);
        }
    }
}
