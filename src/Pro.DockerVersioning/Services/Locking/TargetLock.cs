using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Locking;

/// <summary>
/// One operation at a time on a target of an engine, whoever runs it and wherever: a volume on that engine, whose labels say who, since
/// when, doing what and until when. Disposing it gives it back.
/// </summary>
/// <remarks>
/// A lock is left behind when its process (id and start time) is gone from this machine, or its deadline has passed; then the next one
/// takes it over. While it is held it is renewed long before its deadline, so only that of a process that is gone, or cut off from the
/// engine, gets there. <c>docker volume prune</c> of engines before 23.0 takes locks away (<see cref="IsHeldAsync"/> tells).
/// </remarks>
internal sealed class TargetLock : IAsyncDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TakeoverTime = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RenewalTime = TimeSpan.FromSeconds(30);

    private readonly LockVolumes _volumes;
    private readonly string _name;
    private readonly IProgress<Report> _reports;
    private readonly CancellationTokenSource _released = new();
    private readonly SemaphoreSlim _renewal = new(1, 1);
    private readonly Task _renewing;
    private int _renewals;
    private bool _isReleased;

    internal TargetLock(LockVolumes volumes, string name, LockInfo info, IProgress<Report> reports)
    {
        _volumes = volumes;
        _name = name;
        _reports = reports;
        Info = info;
        var time = info.Deadline - info.Since;
        _renewing = time > TimeSpan.Zero ? Task.Run(() => RenewInTimeAsync(time)) : Task.CompletedTask;
    }

    /// <summary>What the others see.</summary>
    public LockInfo Info { get; private set; }

    /// <summary>Takes the lock, or says who holds it.</summary>
    /// <exception cref="ProException"><c>TargetLocked</c>, or the engine refuses.</exception>
    public static Task<TargetLock> AcquireAsync(
        EngineConnection engine,
        string target,
        string operation,
        TimeSpan deadline,
        bool breakLock,
        IProgress<Report> reports,
        CancellationToken cancellationToken) =>
        AcquireAsync(engine, new LockRequest(target, operation, deadline) { Breaks = breakLock }, reports, cancellationToken);

    /// <inheritdoc cref="AcquireAsync(EngineConnection, string, string, TimeSpan, bool, IProgress{Report}, CancellationToken)"/>
    public static async Task<TargetLock> AcquireAsync(
        EngineConnection engine, LockRequest request, IProgress<Report> reports, CancellationToken cancellationToken)
    {
        var (taken, holder) = await new LockAcquisition(engine, request, reports).RunAsync(cancellationToken).ConfigureAwait(false);
        return taken ?? throw await RefusalAsync(engine, holder, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes the lock; null where another one holds it.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public static async Task<TargetLock?> TryAcquireAsync(
        EngineConnection engine, LockRequest request, IProgress<Report> reports, CancellationToken cancellationToken) =>
        (await new LockAcquisition(engine, request, reports).RunAsync(cancellationToken).ConfigureAwait(false)).Taken;

    /// <summary>Takes the lock, waiting for others; says so in verbose.</summary>
    /// <exception cref="ProException"><c>TargetLocked</c> when the time is over, or the engine refuses.</exception>
    public static async Task<TargetLock> WaitAsync(
        EngineConnection engine, LockRequest request, TimeSpan timeout, IProgress<Report> reports, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string? waitsFor = null;
        while (true)
        {
            var (taken, holder) = await new LockAcquisition(engine, request, reports).RunAsync(cancellationToken).ConfigureAwait(false);
            if (taken is not null)
            {
                return taken;
            }

            if (clock.Elapsed >= timeout)
            {
                throw await RefusalAsync(engine, holder, cancellationToken).ConfigureAwait(false);
            }

            if (waitsFor != holder.Nonce)
            {
                waitsFor = holder.Nonce;
                reports.Report(new VerboseReport($"Waiting for the lock of {request.Target}: {holder}."));
            }

            var left = timeout - clock.Elapsed;
            await Task.Delay(left < LongestPause ? left > TimeSpan.Zero ? left : TimeSpan.Zero : LongestPause, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Who holds the lock of a target, with its latest deadline; null where nobody does.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public static async Task<LockInfo?> FindAsync(EngineConnection engine, string target, CancellationToken cancellationToken)
    {
        var volumes = new LockVolumes(engine);
        return await volumes.FindAsync(LockNames.Lock(target), cancellationToken).ConfigureAwait(false) is { } info
            ? await volumes.WithRenewalsAsync(info, cancellationToken).ConfigureAwait(false)
            : null;
    }

    /// <summary>All locks on an engine, in one request, with their latest deadlines.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public static async Task<IReadOnlyList<LockInfo>> ListAsync(EngineConnection engine, CancellationToken cancellationToken) =>
        LockVolumes.Locks(await new LockVolumes(engine).ListAsync(of: null, cancellationToken).ConfigureAwait(false));

    /// <summary>What whoever wants a lock that another one holds is told.</summary>
    public static ProException Refusal(LockInfo holder) =>
        LockErrors.TargetLocked(holder.Target, holder.ToString(), holder.Host, holder.Process.Id, holder.Deadline);

    /// <summary>Why a lock counts as left behind; null where it is held.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public static Task<string?> WhyStaleAsync(EngineConnection engine, LockInfo info, CancellationToken cancellationToken) =>
        new LockRemoval(new LockVolumes(engine)).WhyStaleAsync(info, cancellationToken);

    /// <summary>
    /// Removes what was left behind of locks that are gone. Locks stay, also those that were left behind: who takes one over repairs first.
    /// </summary>
    /// <returns>How many volumes were removed.</returns>
    /// <exception cref="ProException">The engine refuses.</exception>
    public static async Task<int> SweepAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        var volumes = new LockVolumes(engine);
        var removal = new LockRemoval(volumes);
        var all = await volumes.ListAsync(of: null, cancellationToken).ConfigureAwait(false);
        var locks = all.Where(volume => volume.Role == LockRole.Lock).Select(volume => volume.Info.Nonce).ToHashSet(StringComparer.Ordinal);
        var removed = 0;
        foreach (var volume in all.Where(volume => volume.Role != LockRole.Lock))
        {
            if (volume.Role == LockRole.Takeover)
            {
                removed += await removal.RemoveStaleAsync(volume.Name, volume.Info, cancellationToken).ConfigureAwait(false) ? 1 : 0;
            }
            else if (!locks.Contains(volume.Of ?? ""))
            {
                await volumes.RemoveAsync(volume.Name, cancellationToken).ConfigureAwait(false);
                removed++;
            }
        }

        return removed;
    }

    /// <summary>Whether it is still ours: nobody has broken it, and no prune has taken it.</summary>
    /// <exception cref="ProException">The engine refuses.</exception>
    public async Task<bool> IsHeldAsync(CancellationToken cancellationToken) =>
        !_isReleased && (await _volumes.FindAsync(_name, cancellationToken).ConfigureAwait(false))?.Nonce == Info.Nonce;

    /// <summary>Throws where it isn't ours any more.</summary>
    /// <exception cref="ProException"><c>LockLost</c>, or the engine refuses.</exception>
    public async Task MustBeHeldAsync(CancellationToken cancellationToken)
    {
        if (!await IsHeldAsync(cancellationToken).ConfigureAwait(false))
        {
            throw LockErrors.Lost(Info.Target, Info.Operation);
        }
    }

    /// <summary>Says that it takes longer: the deadline is that long from now on.</summary>
    /// <exception cref="ProException"><c>LockLost</c>: it isn't ours any more. Or the engine refuses.</exception>
    public async Task RenewAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        await _renewal.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await RenewAloneAsync(deadline, cancellationToken).ConfigureAwait(false);
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
            _ = await new LockRemoval(_volumes)
                .RunAsync(_name, Info, static (_, _) => Task.FromResult(true), CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is ProException or OperationCanceledException)
        {
            _reports.Report(new WarningReport(LockErrors.NotReleased(Info.Target, _name, fault)));
        }
        finally
        {
            HeldNonces.Remove(Info.Nonce);
        }
    }

    private static async Task<ProException> RefusalAsync(EngineConnection engine, LockInfo holder, CancellationToken cancellationToken)
    {
        var latest = await new LockVolumes(engine).WithRenewalsAsync(holder, cancellationToken).ConfigureAwait(false);
        return Refusal(latest);
    }

    private async Task RenewAloneAsync(TimeSpan deadline, CancellationToken cancellationToken)
    {
        var renewed = Info with { Deadline = DateTimeOffset.UtcNow + deadline };
        var number = ++_renewals;
        _ = await _volumes.CreateAsync(LockNames.Renewal(Info.Nonce, number), renewed, LockRole.Renewal, Info.Nonce, cancellationToken)
            .ConfigureAwait(false);

        // One who is about to take it over has either seen the new deadline, or is seen here.
        await WaitForTakeoverAsync(cancellationToken).ConfigureAwait(false);
        if ((await _volumes.FindAsync(_name, cancellationToken).ConfigureAwait(false))?.Nonce != Info.Nonce)
        {
            await _volumes.RemoveAsync(LockNames.Renewal(Info.Nonce, number), cancellationToken).ConfigureAwait(false);
            throw LockErrors.Lost(Info.Target, Info.Operation);
        }

        Info = renewed;
        if (number > 1)
        {
            await _volumes.RemoveAsync(LockNames.Renewal(Info.Nonce, number - 1), cancellationToken).ConfigureAwait(false);
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
    private async Task RenewInTimeAsync(TimeSpan time)
    {
        var pause = time / 3;
        while (true)
        {
            await Task.Delay(pause, _released.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_released.IsCancellationRequested)
            {
                return;
            }

            using var patience = new CancellationTokenSource(RenewalTime);
            try
            {
                await RenewAsync(time, patience.Token).ConfigureAwait(false);
                pause = time / 3;
            }
            catch (ProException lost) when (lost.Id == LockErrors.LostId)
            {
                _reports.Report(new WarningReport(lost.Message));
                return;
            }
            catch (Exception fault)
            {
                _reports.Report(new WarningReport(LockErrors.NotRenewed(Info.Target, Info.Deadline, fault)));
                pause = time / 10;
            }
        }
    }

    private async Task WaitForTakeoverAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (await _volumes.FindAsync(LockNames.Takeover(Info.Nonce), cancellationToken).ConfigureAwait(false) is not null
            && clock.Elapsed < TakeoverTime)
        {
            await Task.Delay(LongestPause / 10, cancellationToken).ConfigureAwait(false);
        }
    }
}
