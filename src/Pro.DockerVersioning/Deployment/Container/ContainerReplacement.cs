using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Container;

/// <summary>What is to be replaced, by what, and under which lock.</summary>
internal sealed record ReplacementJob : SwapRequest
{
    public static ReplacementJob Of(
        LockedOperation operation, ServiceTarget target, SuppliedImage image, SwapChoice? planned, UpdateOrder? order) => new()
        {
            Operation = operation,
            Target = target.TargetId,
            Containers = [.. target.Containers.Select(container => container.Name)],
            Image = image.Reference.ToString(),
            ImageId = image.LocalId,
            Planned = planned,
            Order = order,
            Owner = ComposeLabels.OwnerOf(target.Labels),
            Note = operation.Note.ToLabel(),
        };

    public required LockedOperation Operation { get; init; }

    /// <summary>Called once all are verified, right before the commit.</summary>
    public Func<CancellationToken, Task> BeforeCommit { get; init; } = static _ => Task.CompletedTask;
}

/// <summary>
/// Replaces a target's containers together, and keeps all the old ones until all the new ones are verified. If one fails, all are restored.
/// </summary>
internal sealed class ContainerReplacement(
    EngineConnection engine,
    DeploymentRequest request,
    string subject,
    DeploymentSteps steps,
    IProgress<Report> reports,
    Func<string, string, CancellationToken, Task>? pull = null)
{
    private const int KeptLogLines = 50;

    // So long a supervisor may take to put back what it thinks was stopped.
    private static readonly TimeSpan SupervisorTime = TimeSpan.FromSeconds(3);

    // After Ctrl+C the health of what was restored is looked at for at least so long.
    private static readonly TimeSpan LeastLook = TimeSpan.FromSeconds(1);

    // What the engine's own calls take for one container, at most.
    private static readonly TimeSpan CallTime = TimeSpan.FromSeconds(3);
    private readonly ContainerApi _calls = new(engine);
    private readonly TimeMeter _restore = Clock.Start();
    private (string Name, IReadOnlyList<string> Log)? _failed;
    private string? _lastVerified;

    /// <summary>How long the last verification took, of which nobody may have been answered; nothing, where it was only watched.</summary>
    public TimeSpan ProofTime { get; private set; }

    /// <summary>Restores and repairs, with images that are pulled again if they are gone.</summary>
    public OperationRepair Repair { get; } = RepairOf(engine, pull, reports);

    /// <summary>The restore and repair of a target's containers, with all that belongs to a deployment besides.</summary>
    public static OperationRepair RepairOf(
        EngineConnection engine, Func<string, string, CancellationToken, Task>? pull, IProgress<Report> reports) => new(engine, pull)
        {
            Reports = reports,
            RestoreFollowers = new ComposeFollowers(new ContainerApi(engine), reports).RestoreAsync,
            BeforeRecreate = recipe => ImageReference.TryParse(recipe.Reference, out var tag) && DeploymentAliases.IsAlias(tag)
                ? new DeploymentAliasMover(engine, reports).FollowAsync(new([tag], null), recipe.ImageId)
                : Task.CompletedTask,
        };

    /// <exception cref="ProException"><c>RestoreFailed</c>: the old ones could not be restored.</exception>
    public async Task<StrategyResult> RunAsync(ReplacementJob job, CancellationToken cancellationToken)
    {
        job = job with { TypedOrder = request.Order };
        var checks = new Checks(this, job, request, steps, reports);
        try
        {
            var swap = new SwapOperation(_calls, job, checks, reports);
            var results = await new ContainerSwapper(swap, Repair).RunAsync(cancellationToken).ConfigureAwait(false);
            var undone = await LookForSupervisorAsync(
                checks.States.Select(state => (state.Name, state.NewId)), checks.OldEndedAt, cancellationToken).ConfigureAwait(false);
            return new StrategyResult
            {
                Outcome = undone is null ? ProDeploymentOutcome.Succeeded : ProDeploymentOutcome.UndoneFromOutside,
                Failure = undone,
                Verification = Last,
                HealthyAfter = HealthyAfter,
                Order = results[^1].Order.ToText(),
                Downtime = results.Max(static one => one.Gap),
                LogTail = Last?.LogTail ?? [],
                OldLog = checks.OldLog,
            };
        }
        catch (Exception failure) when (checks.States.Count > 0
            && failure is not ProException { Id: ContainerErrors.RestoreFailedId })
        {
            if (failure is ProException { Id: LockErrors.LostId } && !await AreBackAsync(checks.States).ConfigureAwait(false))
            {
                // What runs now is another operation's, and nothing that we can answer for.
                throw;
            }

            var restored = checks.States.Select(state => (state.Name, state.Old));
            var (health, proofTime) = await HealthOfAsync(restored, failure).ConfigureAwait(false);
            return new StrategyResult
            {
                Outcome = ProDeploymentOutcome.RestoredPrevious,
                Verification = _failed is null ? Last : null,
                LogContainer = FailedContainer,
                PreviousHealth = health,
                Order = checks.Order.ToText(),
                Downtime = checks.States.Max(state => state.Downtime.Longest) + proofTime,
                LogTail = LastLog,
                Failure = DeploymentErrors.Of(failure, subject),
                WasStopped = failure is OperationCanceledException,
            };
        }
    }

    /// <summary>How long the slowest verified start took until a check called it healthy; null if nothing checked it.</summary>
    public TimeSpan? HealthyAfter { get; private set; }

    /// <summary>Verifies a container, and throws where it isn't well. Where it is down, nobody is answered meanwhile.</summary>
    public Task VerifyAsync(string id, bool ownsPorts, bool isDown, CancellationToken cancellationToken) =>
        VerifyAsync(id, Options(ownsPorts) with { KnownNeed = isDown ? request.KnownNeed : null }, cancellationToken);

    private async Task VerifyAsync(string id, VerificationOptions options, CancellationToken cancellationToken)
    {
        steps.Begin("verify");
        if (id == _lastVerified)
        {
            options = options with { IsSecondLook = true };
        }

        Last = await ContainerVerifier.VerifyAsync(engine, id, options, reports, cancellationToken).ConfigureAwait(false);
        _lastVerified = id;
        ProofTime = Last.Proof == ProHealthProof.Stability ? TimeSpan.Zero : Last.Duration;
        if (!Last.IsWell)
        {
            throw Last.ToError(subject, isKept: false);
        }

        if (Last.Health == ProHealth.Healthy && !options.IsSecondLook && !(HealthyAfter > Last.Duration))
        {
            HealthyAfter = Last.Duration;
        }
    }

    /// <summary>Goes on watching it, and throws where it becomes unhealthy.</summary>
    public async Task WatchAsync(string id, CancellationToken cancellationToken)
    {
        if (request.Watch <= TimeSpan.Zero || Last is not { } verified)
        {
            return;
        }

        steps.Begin("watch");
        var watched = await ContainerVerifier
            .WatchAsync(engine, id, verified, request.Watch, Options(ownsPorts: true), reports, cancellationToken).ConfigureAwait(false);
        Last = watched;
        if (!watched.IsWell)
        {
            throw watched.ToError(subject, isKept: false);
        }
    }

    public VerificationResult? Last { get; private set; }

    /// <summary>Whether what runs now is well, as far as the engine says.</summary>
    public async Task<bool> AreHealthyAsync(ServiceTarget target, CancellationToken cancellationToken)
    {
        foreach (var container in target.Containers)
        {
            if (await _calls.FindAsync(container.Id, cancellationToken).ConfigureAwait(false) is not { Status: "running" } now
                || (now.Json["State"]?["Health"]).Text("Status") == "unhealthy")
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The last lines of the candidate that failed, else of the one that was verified last.</summary>
    public IReadOnlyList<string> LastLog => _failed?.Log ?? Last?.LogTail ?? [];

    /// <summary>The candidate that failed without a verdict about it; null if there is none.</summary>
    public string? FailedContainer => _failed?.Name;

    /// <summary>Tells what would still be done if the command were stopped from now on.</summary>
    public void SayLastWork(OperationNote note, IReadOnlyCollection<ContainerView> old) => reports.Report(new LastWorkReport(
        RestoreOf(note), RestoreTimeOf(old) + old.Select(ContainerApi.StopTimeOf).DefaultIfEmpty().Max()));

    public void BeginRestore(OperationNote note, IReadOnlyCollection<ContainerView> old)
    {
        steps.Begin("restore");
        _restore.Restart();
        reports.Report(new LastWorkReport(RestoreOf(note), RestoreTimeOf(old)));
    }

    /// <summary>A container's last lines, as many as the history keeps.</summary>
    public Task<IReadOnlyList<string>> TailAsync(string id, CancellationToken cancellationToken) =>
        ContainerLogs.TailAsync(engine, id, KeptLogLines, cancellationToken);

    /// <summary>
    /// The health of containers that run again, null if none of them ran; and how long the longest took to show it. A user who stops the
    /// command doesn't wait for a slow start: what is seen by then is told.
    /// </summary>
    /// <exception cref="ProException"><c>RestoredUnseen</c>.</exception>
    public async Task<(ProHealth? Health, TimeSpan ProofTime)> HealthOfAsync(
        IEnumerable<(string Name, ContainerView Old)> containers, Exception failure)
    {
        ProHealth? health = null;
        var proofTime = TimeSpan.Zero;
        try
        {
            foreach (var (name, old) in containers)
            {
                if (!SavedRunState.Of(old).Ran || await _calls.FindAsync(name, CancellationToken.None).ConfigureAwait(false) is not { } now)
                {
                    continue;
                }

                var options = Options(ownsPorts: true) with
                {
                    Subject = name,
                    RestartsBefore = now.RestartCount,
                    HealthTimeout = failure is OperationCanceledException ? LookTimeOf(old) : null,
                    KnownNeed = TimeSpan.FromMinutes(1),
                    StabilityTime = TimeSpan.FromSeconds(1),
                };
                var result = await ContainerVerifier.VerifyAsync(engine, now.Id, options, reports, CancellationToken.None)
                    .ConfigureAwait(false);
                if (health is null || !result.IsWell)
                {
                    health = result.Health;
                }

                proofTime = result.Proof != ProHealthProof.Stability && result.Duration > proofTime ? result.Duration : proofTime;
            }

            return (health, proofTime);
        }
        catch (Exception look)
        {
            throw ContainerErrors.RestoredUnseen(containers.Select(one => one.Name), failure.Message, look);
        }
    }

    private EngineConnection Engine => engine;

    private string Subject => subject;

    private string RestoreOf(OperationNote note) =>
        note.From is { } from ? $"restoring {request.Service.Name} to {from}" : $"restoring what ran {request.Service.Name} before";

    /// <summary>How long a restore takes after Ctrl+C: the candidates stop, and the old ones start and are looked at.</summary>
    private static TimeSpan RestoreTimeOf(IEnumerable<ContainerView> old) =>
        old.Aggregate(TimeSpan.Zero, static (time, one) => time + ContainerApi.CandidateStopTimeOf(one) + LeastLook + CallTime);

    /// <summary>What is left of the stop time-out since the restore began.</summary>
    private TimeSpan LookTimeOf(ContainerView old) =>
        ContainerApi.CandidateStopTimeOf(old) - _restore.Elapsed is var left && left > LeastLook ? left : LeastLook;

    /// <summary>Keeps the last lines of a candidate that failed without a verdict about it: it is removed by the restore.</summary>
    public async Task KeepLogAsync(string name, string id)
    {
        if (id.Length > 0 && id != _lastVerified)
        {
            _failed = (name, await TailAsync(id, CancellationToken.None).ConfigureAwait(false));
        }
    }

    /// <summary>
    /// A supervisor starts what it thinks has ended: a systemd unit with "docker run", or a loop of "compose up" with other files. What it
    /// puts back is not what was deployed.
    /// </summary>
    /// <param name="deployed">The names of the containers that were deployed, with their ids.</param>
    /// <param name="since">When the last of the old ones ended: a supervisor begins then.</param>
    /// <param name="cancellationToken">Ends the waiting, not the look.</param>
    /// <returns>What was put back; null if nothing was.</returns>
    public async Task<ProException?> LookForSupervisorAsync(
        IEnumerable<(string Name, string Id)> deployed, long since, CancellationToken cancellationToken)
    {
        if (SupervisorTime - Clock.Current.GetElapsedTime(since) is var left && left > TimeSpan.Zero)
        {
            steps.Begin("look for a supervisor");
            await Clock.Delay(left, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var (name, id) in deployed)
        {
            ContainerView? now;
            try
            {
                now = await _calls.FindAsync(name, CancellationToken.None).ConfigureAwait(false);
            }
            catch (ProException failure)
            {
                // The new version is committed, whatever the engine answers now.
                reports.Report(new VerboseReport($"Whether something else manages {name} could not be seen: {failure.Message}"));
                return null;
            }

            if (now?.Id != id)
            {
                return DeploymentErrors.UndoneFromOutside(subject, name, now?.Image);
            }
        }

        return null;
    }

    private async Task<bool> AreBackAsync(IEnumerable<SwapState> states)
    {
        foreach (var state in states)
        {
            if ((await _calls.FindAsync(state.Name, CancellationToken.None).ConfigureAwait(false))?.Id != state.OldId)
            {
                return false;
            }
        }

        return true;
    }

    // Beside the old one on one network, the health URL would be answered by that. Before the hand-over it is asked inside the candidate.
    private VerificationOptions Options(CandidateStage stage) => stage switch
    {
        CandidateStage.BesideOld => Options(ownsPorts: false),
        CandidateStage.BeforePorts => Options(ownsPorts: UrlProbes.MeansHost(request.HealthUrl)) with { AsksHealthUrlInside = true },
        _ => Options(ownsPorts: true) with { KnownNeed = request.KnownNeed },
    };

    private VerificationOptions Options(bool ownsPorts) => new()
    {
        Subject = subject,
        HealthUrl = ownsPorts ? request.HealthUrl : null,
        IsHealthUrlOfHost = true,
        HealthTimeout = request.HealthTimeout,
        LogLines = Math.Max(request.LogLines, KeptLogLines),
        ProgressParent = "deployment",
    };

    private sealed class Checks(
        ContainerReplacement owner, ReplacementJob job, DeploymentRequest request, DeploymentSteps steps, IProgress<Report> reports)
        : ISwapChecks
    {
        private readonly Dictionary<string, FinalAddressCheck> _addresses = [];
        private readonly HashSet<string> _checked = [];
        private readonly Dictionary<string, long> _endings = [];

        public List<SwapState> States { get; } = [];

        public List<string> OldLog { get; } = [];

        /// <summary>
        /// When the last of the old containers had ended. One without a restart policy and without compose is the one that somebody else
        /// starts again, at times seconds later: it counts from its removal on.
        /// </summary>
        public long OldEndedAt => States.Exists(static state => !state.Ran.Restarts && !state.Old.Labels.ContainsKey(ComposeLabels.Project))
            ? Clock.Current.GetTimestamp() : _endings.Values.DefaultIfEmpty(Clock.Current.GetTimestamp()).Max();

        public UpdateOrder Order { get; private set; }

        public async Task<string?> PrepareAsync(SwapState state, SwapFlow flow, CancellationToken cancellationToken)
        {
            if (flow == SwapFlow.StartFirst)
            {
                return null;
            }

            var reason = flow == SwapFlow.StopFirst ? null : await HealthUrlWarning
                .WhyNotBeforePortsAsync(owner._calls, request.HealthUrl, state.Old, job.ImageId ?? job.Image, cancellationToken)
                .ConfigureAwait(false);
            var isWarm = flow != SwapFlow.StopFirst && reason is null;

            // Stopped first, a health URL is asked by the verification itself.
            var check = await FinalAddressCheck
                .PrepareAsync(owner.Engine, state.Old, isWarm ? request.HealthUrl : null, cancellationToken).ConfigureAwait(false);
            _addresses[state.OldId] = check;
            return isWarm ? check.Obstacle : reason;
        }

        public bool MayOldHaveAnswered(SwapState state) => _checked.Contains(state.NewId);

        public void Begin(SwapState state, UpdateOrder order)
        {
            States.Add(state);
            owner.SayLastWork(job.Operation.Note, [.. States.Select(one => one.Old)]);
            Order = order;
            steps.Begin(job.Containers.Count > 1 ? $"swap {state.Name}" : "swap");
        }

        public async Task VerifyAsync(SwapState state, SwapFlow flow, CandidateStage stage, CancellationToken cancellationToken)
        {
            if (stage is CandidateStage.InPlace or CandidateStage.Alone)
            {
                _endings[state.OldId] = Clock.Current.GetTimestamp();
            }

            if (stage is CandidateStage.AfterHandover or CandidateStage.OnItsPorts
                && _addresses.TryGetValue(state.OldId, out var addresses))
            {
                var candidate = await owner._calls.InspectAsync(state.NewId, cancellationToken).ConfigureAwait(false);
                await OursAsync(addresses.RunAsync(candidate, cancellationToken, RetryTime(stage))).ConfigureAwait(false);
            }

            if (stage == CandidateStage.OnItsPorts)
            {
                return;
            }

            try
            {
                await OursAsync(owner.VerifyAsync(state.NewId, owner.Options(stage), cancellationToken)).ConfigureAwait(false);
            }
            catch (ProException failure) when (stage == CandidateStage.BeforePorts && VerificationErrors.IsVerdict(failure))
            {
                throw ContainerErrors.BeforeItsPorts(failure, isOnNetworks: flow == SwapFlow.WarmHeld);
            }

            if (owner.Last is { Proof: ProHealthProof.HealthCheck })
            {
                _ = _checked.Add(state.NewId);
            }

            if (stage == CandidateStage.InPlace && owner.ProofTime > TimeSpan.Zero)
            {
                // Nobody may have answered until it was found healthy.
                state.Downtime.Note();
            }
            else if (stage == CandidateStage.BesideOld)
            {
                // A proxy that routes to healthy containers only asks the engine, which says it later.
                await OursAsync(EngineHealthWait.RunAsync(owner.Engine, state.NewId, owner.Subject, reports, cancellationToken))
                    .ConfigureAwait(false);
            }
        }

        public async Task WatchAsync(CancellationToken cancellationToken)
        {
            foreach (var state in States)
            {
                await OursAsync(owner.WatchAsync(state.NewId, cancellationToken)).ConfigureAwait(false);
            }
        }

        public async Task BeforeCommitAsync(CancellationToken cancellationToken)
        {
            await job.Operation.ThrowIfLockLostAsync(cancellationToken).ConfigureAwait(false);
            await job.BeforeCommit(cancellationToken).ConfigureAwait(false);
            await job.Operation.ThrowIfLockLostAsync(cancellationToken).ConfigureAwait(false);
            steps.Begin(States.Count > 1 ? "remove the old containers" : "remove the old container");
            reports.Report(new LastWorkReport(
                $"removing what {owner.Subject} has replaced",
                States.Aggregate(TimeSpan.Zero, static (time, state) => time + ContainerApi.StopTimeOf(state.Old) + CallTime)));
        }

        public Task BeforeRestoreAsync(SwapState failed)
        {
            owner.BeginRestore(job.Operation.Note, [.. States.Select(state => state.Old)]);
            return owner.KeepLogAsync(failed.Name, failed.NewId);
        }

        public async Task BeforeRemovalAsync(SwapState state)
        {
            _ = _endings.TryAdd(state.OldId, Clock.Current.GetTimestamp());
            try
            {
                OldLog.AddRange(await owner.TailAsync(state.OldId, CancellationToken.None).ConfigureAwait(false));
            }
            catch (ProException failure)
            {
                // Its last lines are no reason to leave it where it is.
                reports.Report(new VerboseReport($"The last lines of {ShortId.Of(state.OldId)} could not be read: {failure.Message}"));
            }
        }

        // What nothing but its running has verified may still be on its way to listen.
        private TimeSpan RetryTime(CandidateStage stage) =>
            request.RetryTimeFor(isVerified: stage != CandidateStage.OnItsPorts || owner.Last is not { Proof: ProHealthProof.Stability });

        // Who breaks a lock repairs first: the new container fails because it is taken away, and what comes then is not ours to take back.
        private async Task OursAsync(Task verification)
        {
            try
            {
                await verification.ConfigureAwait(false);
            }
            catch (ProException)
            {
                try
                {
                    await job.Operation.ThrowIfLockLostAsync(CancellationToken.None).ConfigureAwait(false);
                }
                catch (ProException unknown) when (unknown.Id != LockErrors.LostId)
                {
                    // Whose it is can't be told just now; the failure itself counts.
                }

                throw;
            }
        }
    }
}
