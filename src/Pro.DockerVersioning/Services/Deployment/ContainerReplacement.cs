using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Verification;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>What is to be replaced, by what.</summary>
internal sealed record ReplacementJob
{
    /// <summary>What it is done for.</summary>
    public required HeldOperation Operation { get; init; }

    /// <summary>The containers' names, one after another.</summary>
    public required IReadOnlyList<string> Containers { get; init; }

    /// <summary>The image, on the engine already.</summary>
    public required string Image { get; init; }

    /// <summary>The order that the service allows.</summary>
    public UpdateOrder? Order { get; init; }

    /// <summary>Labels for the successor of a container with those labels.</summary>
    public Func<IDictionary<string, string>, IReadOnlyDictionary<string, string?>> Labels { get; init; } =
        static _ => new Dictionary<string, string?>();

    /// <summary>
    /// Files in the containers that no inspection shows, by their paths: compose has copied them there. They go along into the new containers.
    /// </summary>
    public IReadOnlyList<string> InjectedFiles { get; init; } = [];

    /// <summary>Labels for a follower (its inspection) that is re-created, by the containers that have a successor (from id to id).</summary>
    public Func<JsonObject, IReadOnlyDictionary<string, string>, CancellationToken, Task<IReadOnlyDictionary<string, string?>>> FollowerLabels { get; init; } =
        static (_, _, _) => Task.FromResult<IReadOnlyDictionary<string, string?>>(new Dictionary<string, string?>());

    /// <summary>Called once all are proven, right before there is no way back.</summary>
    public Func<CancellationToken, Task> BeforeCommit { get; init; } = static _ => Task.CompletedTask;
}

/// <summary>
/// Replaces a target's containers one after another, and keeps all the old ones until all the new ones are proven. Where one fails, all are as
/// they were.
/// </summary>
internal sealed class ContainerReplacement(
    EngineConnection engine, DeploymentRequest request, string subject, DeploymentSteps steps, IProgress<Report> reports)
{
    private const int KeptLogLines = 50;

    // glibc's resolver asks again after 5 s, twice; others sooner.
    private static readonly TimeSpan FirstLookup = TimeSpan.FromSeconds(12);
    private readonly ContainerSwapper _swapper = new(engine, reports);
    private readonly ContainerCalls _calls = new(engine);
    private readonly List<string> _oldLog = [];
    private VerificationResult? _last;
    private string? _lastVerified;
    private TimeSpan? _gap;
    private UpdateOrder _order;

    /// <summary>How long the last verification took, of which nobody may have been answered; nothing, where it was only watched.</summary>
    public TimeSpan ProofTime { get; private set; }

    /// <summary>Replaces them.</summary>
    /// <exception cref="ProException"><c>RestoreFailed</c>: the old one could not be brought back.</exception>
    public async Task<StrategyResult> RunAsync(ReplacementJob job, CancellationToken cancellationToken)
    {
        var before = new List<(string Name, JsonObject Old)>();
        foreach (var name in job.Containers)
        {
            before.Add((name, await _calls.InspectAsync(name, cancellationToken).ConfigureAwait(false)));
        }

        var group = before.Count > 1 ? Guid.NewGuid().ToString("N") : null;
        var swaps = new List<(HeldSwap Swap, TimeSpan ProofTime)>();
        try
        {
            foreach (var (name, old) in before)
            {
                steps.Begin(before.Count > 1 ? $"swap {name}" : "swap");
                var choice = await _swapper.ChooseAsync(name, job.Order, cancellationToken, job.Image).ConfigureAwait(false);
                _order = choice.Order;
                var swap = new HeldSwap(Swap(job, name, old, choice.Flow, group), one => _swapper.RunAsync(choice, one, cancellationToken));
                swaps.Add((swap, TimeSpan.Zero));
                await swap.UntilProvenAsync().ConfigureAwait(false);
                swaps[^1] = (swap, ProofTime);
            }

            await job.Operation.MustBeHeldAsync(cancellationToken).ConfigureAwait(false);
            await job.BeforeCommit(cancellationToken).ConfigureAwait(false);
            await job.Operation.MustBeHeldAsync(cancellationToken).ConfigureAwait(false);
            steps.Begin(before.Count > 1 ? "remove the old ones" : "remove the old one");
            foreach (var (swap, _) in swaps)
            {
                await swap.CommitAsync().ConfigureAwait(false);
            }

            foreach (var (swap, proofTime) in swaps)
            {
                var result = await swap.FinishAsync().ConfigureAwait(false);
                // Stopped first, nobody may have answered until the new one was found well; swapped warm, it was well before.
                _order = result.Order;
                Cut(_order == UpdateOrder.StopFirst ? result.Gap + proofTime : result.Gap);
            }

            return new StrategyResult
            {
                Outcome = ProDeploymentOutcome.Succeeded,
                Verification = _last,
                HealthyAfter = HealthyAfter,
                Order = _order.ToText(),
                Downtime = _gap,
                LogTail = _last?.LogTail ?? [],
                OldLog = _oldLog,
            };
        }
        catch (Exception failure)
        {
            steps.Begin("restore");
            await AllBackAsync([.. swaps.Select(one => one.Swap)], failure).ConfigureAwait(false);
            if (failure is ProException { Id: ContainerErrors.RestoreFailedId }
                || (failure is ProException { Id: LockErrors.LostId } && !await AreBackAsync(before).ConfigureAwait(false)))
            {
                // Where the lock was lost, what runs now is another operation's, and nothing that we can answer for.
                throw;
            }

            var stopped = failure is OperationCanceledException;
            var (health, proofTime) = await HealthOfAsync(before).ConfigureAwait(false);
            return new StrategyResult
            {
                Outcome = ProDeploymentOutcome.RestoredPrevious,
                Verification = _last,
                PreviousHealth = health,
                Order = _order.ToText(),
                Downtime = _gap + proofTime,
                LogTail = _last?.LogTail ?? [],
                Failure = DeploymentErrors.Of(failure, subject),
                WasStopped = stopped,
            };
        }
    }

    /// <summary>How long the slowest verified start took until a check called it healthy; null if nothing checked it.</summary>
    public TimeSpan? HealthyAfter { get; private set; }

    /// <summary>Verifies a container, and throws where it isn't well.</summary>
    /// <param name="id">The container.</param>
    /// <param name="ownsPorts">Whether its health URL is its own already.</param>
    /// <param name="isDown">Whether nobody is answered meanwhile.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public Task VerifyAsync(string id, bool ownsPorts, bool isDown, CancellationToken cancellationToken) =>
        VerifyAsync(id, Options(ownsPorts) with { KnownNeed = isDown ? request.KnownNeed : null }, cancellationToken);

    private async Task VerifyAsync(string id, VerificationOptions options, CancellationToken cancellationToken)
    {
        steps.Begin("verify");
        if (id == _lastVerified)
        {
            options = options with { IsSecondLook = true, LeastStartPeriod = TimeSpan.Zero };
        }

        _last = await ContainerVerifier.VerifyAsync(engine, id, options, reports, cancellationToken).ConfigureAwait(false);
        _lastVerified = id;
        ProofTime = _last.Proof == ProHealthProof.Stability ? TimeSpan.Zero : _last.Duration;
        if (!_last.IsWell)
        {
            throw _last.ToError(subject, isKept: false);
        }

        if (_last.Health == ProHealth.Healthy && !options.IsSecondLook && !(HealthyAfter > _last.Duration))
        {
            HealthyAfter = _last.Duration;
        }
    }

    /// <summary>Goes on watching it, and throws where it gets sick.</summary>
    public async Task WatchAsync(string id, CancellationToken cancellationToken)
    {
        if (request.Watch <= TimeSpan.Zero || _last is not { } verified)
        {
            return;
        }

        steps.Begin("watch");
        var watched = await ContainerVerifier
            .WatchAsync(engine, id, verified, request.Watch, Options(ownsPorts: true), reports, cancellationToken).ConfigureAwait(false);
        _last = watched;
        if (!watched.IsWell)
        {
            throw watched.ToError(subject, isKept: false);
        }
    }

    /// <summary>The last verification.</summary>
    public VerificationResult? Last => _last;

    /// <summary>A container's last lines, as many as the history keeps.</summary>
    public Task<IReadOnlyList<string>> TailAsync(string id, CancellationToken cancellationToken) =>
        ContainerLogs.TailAsync(engine, id, KeptLogLines, cancellationToken);

    /// <summary>The health of containers that run again, null where none of them ran; and how long the longest took to show it.</summary>
    public async Task<(ProHealth? Health, TimeSpan ProofTime)> HealthOfAsync(IEnumerable<(string Name, JsonObject Old)> containers)
    {
        ProHealth? health = null;
        var proofTime = TimeSpan.Zero;
        foreach (var (name, old) in containers)
        {
            if (!PreviousState.Of(old).Ran || await _calls.FindAsync(name, CancellationToken.None).ConfigureAwait(false) is not { } now)
            {
                continue;
            }

            var options = Options(ownsPorts: true) with
            {
                Subject = name,
                RestartsBefore = now["RestartCount"]?.GetValue<long>() ?? 0,
                HealthTimeout = null,
                KnownNeed = TimeSpan.FromMinutes(1),
                StabilityTime = TimeSpan.FromSeconds(1),
            };
            var result = await ContainerVerifier.VerifyAsync(engine, now.Text("Id"), options, reports, CancellationToken.None)
                .ConfigureAwait(false);
            if (health is null || !result.IsWell)
            {
                health = result.Health;
            }

            proofTime = result.Proof != ProHealthProof.Stability && result.Duration > proofTime ? result.Duration : proofTime;
        }

        return (health, proofTime);
    }

    private void Cut(TimeSpan? gap)
    {
        if (gap is not null && !(gap <= _gap))
        {
            _gap = gap;
        }
    }

    private SwapRequest Swap(ReplacementJob job, string name, JsonObject old, SwapFlow flow, string? group) => new()
    {
        Container = name,
        Image = job.Image,
        Labels = new Dictionary<string, string?>(job.Labels(old.Labels()), StringComparer.Ordinal)
        {
            [ContainerLabels.Group] = group,
            [ContainerLabels.Operation] = job.Operation.Note.ToLabel(),
        },
        FollowerLabels = job.FollowerLabels,
        Restored = (order, gap) =>
        {
            _order = order;
            Cut(gap);
        },
        Verify = (id, stop) => OurProofAsync(job, VerifyAsync(id, ownsPorts: true, isDown: true, stop)),
        VerifyBeforePorts = (id, stop) => OurProofAsync(job, VerifyAsync(id, BeforePorts(flow), stop)),
        BeforeCommit = (id, stop) => OurProofAsync(job, WatchAsync(id, stop)),
        BeforeRemoval = KeepLogAsync,
    };

    private async Task KeepLogAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            _oldLog.AddRange(await TailAsync(id, cancellationToken).ConfigureAwait(false));
        }
        catch (ProException failure)
        {
            // Its last lines are no reason to leave it where it is.
            reports.Report(new VerboseReport($"The last lines of {id[..12]} could not be read: {failure.Message}"));
        }
    }

    // Who breaks a lock repairs first: the new container fails because it is taken away, and what comes then is not ours to take back.
    private static async Task OurProofAsync(ReplacementJob job, Task proof)
    {
        try
        {
            await proof.ConfigureAwait(false);
        }
        catch (ProException)
        {
            try
            {
                await job.Operation.MustBeHeldAsync(CancellationToken.None).ConfigureAwait(false);
            }
            catch (ProException unknown) when (unknown.Id != LockErrors.LostId)
            {
                // Whose it is can't be told just now; the failure itself counts.
            }

            throw;
        }
    }

    private async Task<bool> AreBackAsync(IEnumerable<(string Name, JsonObject Old)> containers)
    {
        foreach (var (name, old) in containers)
        {
            var now = await _calls.FindAsync(name, CancellationToken.None).ConfigureAwait(false);
            if (now.Text("Id") != old.Text("Id"))
            {
                return false;
            }
        }

        return true;
    }

    // Each of them, whatever became of the others; what failed first is the failure, and the rest its context.
    private static async Task AllBackAsync(IReadOnlyList<HeldSwap> swaps, Exception failure)
    {
        var others = new List<Exception>();
        foreach (var swap in swaps.Reverse())
        {
            if (await swap.BackAsync(failure).ConfigureAwait(false) is { } other)
            {
                others.Add(other);
            }
        }

        if (others.Count > 0)
        {
            throw ContainerErrors.SeveralNotRestored(failure, others);
        }
    }

    private VerificationOptions BeforePorts(SwapFlow flow) =>
        Options(ownsPorts: false) with { LeastStartPeriod = flow == SwapFlow.WarmHeld ? FirstLookup : TimeSpan.Zero };

    private VerificationOptions Options(bool ownsPorts) => new()
    {
        Subject = subject,
        HealthUrl = ownsPorts ? request.HealthUrl : null,
        IsHealthUrlOfHost = true,
        HealthTimeout = request.HealthTimeout,
        LogLines = Math.Max(request.LogLines, KeptLogLines),
        ProgressParent = "deployment",
    };
}
