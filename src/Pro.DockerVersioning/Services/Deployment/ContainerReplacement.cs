using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Compose;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Verification;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>What is to be replaced, by what.</summary>
internal sealed record ReplacementJob
{
    /// <summary>The containers' names, one after another.</summary>
    public required IReadOnlyList<string> Containers { get; init; }

    /// <summary>The image, on the engine already.</summary>
    public required string Image { get; init; }

    /// <summary>The order that the service allows.</summary>
    public UpdateOrder? Order { get; init; }

    /// <summary>Labels for the successor of a container with those labels.</summary>
    public Func<IDictionary<string, string>, IReadOnlyDictionary<string, string?>> Labels { get; init; } =
        static _ => new Dictionary<string, string?>();

    /// <summary>Called once all are proven, right before there is no way back from the last.</summary>
    public Func<CancellationToken, Task> BeforeCommit { get; init; } = static _ => Task.CompletedTask;
}

/// <summary>Replaces a target's containers one after another. Where one fails, all are as they were.</summary>
internal sealed class ContainerReplacement(
    EngineConnection engine, DeploymentRequest request, string subject, DeploymentSteps steps, IProgress<Report> reports)
{
    private const int KeptLogLines = 50;
    private readonly ContainerSwapper _swapper = new(engine, reports);
    private readonly ContainerCalls _calls = new(engine);
    private readonly List<(string Name, JsonObject Old)> _done = [];
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

        try
        {
            foreach (var (name, old) in before)
            {
                steps.Begin(before.Count > 1 ? $"swap {name}" : "swap");
                var choice = await _swapper.ChooseAsync(name, job.Order, cancellationToken).ConfigureAwait(false);
                _order = choice.Order;
                var result = await _swapper.RunAsync(choice, Swap(job, name, old), cancellationToken).ConfigureAwait(false);
                _done.Add((name, old));
                // Stopped first, nobody may have answered until the new one was found well; swapped warm, it was well before.
                _order = result.Order;
                Cut(_order == UpdateOrder.StopFirst ? result.Gap + ProofTime : result.Gap);
            }

            return new StrategyResult
            {
                Outcome = ProDeploymentOutcome.Succeeded,
                Health = _last?.Health,
                Order = _order.ToText(),
                Downtime = _gap,
                LogTail = _last?.LogTail ?? [],
                OldLog = _oldLog,
            };
        }
        catch (Exception failure) when (failure is not ProException { Id: "RestoreFailed" })
        {
            steps.Begin("restore");
            await SwapBackAsync(job).ConfigureAwait(false);
            var stopped = failure is OperationCanceledException;
            var (health, proofTime) = await HealthOfAsync(before).ConfigureAwait(false);
            return new StrategyResult
            {
                Outcome = ProDeploymentOutcome.RestoredPrevious,
                Health = health,
                Order = _order.ToText(),
                Downtime = _gap + proofTime,
                LogTail = _last?.LogTail ?? [],
                Failure = DeploymentErrors.Of(failure, subject),
                WasStopped = stopped,
            };
        }
    }

    /// <summary>Verifies a container, and throws where it isn't well.</summary>
    public async Task VerifyAsync(string id, bool ownsPorts, CancellationToken cancellationToken)
    {
        steps.Begin("verify");
        var options = Options(ownsPorts) with { IsSecondLook = id == _lastVerified };
        _last = await ContainerVerifier.VerifyAsync(engine, id, options, reports, cancellationToken).ConfigureAwait(false);
        _lastVerified = id;
        ProofTime = _last.Proof == ProHealthProof.Stability ? TimeSpan.Zero : _last.Duration;
        if (!_last.IsWell)
        {
            throw _last.ToError(subject, isKept: false);
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
                HealthTimeout = TimeSpan.FromMinutes(1),
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

    private SwapRequest Swap(ReplacementJob job, string name, JsonObject old) => new()
    {
        Container = name,
        Image = job.Image,
        Labels = job.Labels(old.Labels()),
        Verify = (id, stop) => VerifyAsync(id, ownsPorts: true, stop),
        VerifyBeforePorts = (id, stop) => VerifyAsync(id, ownsPorts: false, stop),
        BeforeCommit = async (id, stop) =>
        {
            await WatchAsync(id, stop).ConfigureAwait(false);
            if (name == job.Containers[^1])
            {
                await job.BeforeCommit(stop).ConfigureAwait(false);
            }

            steps.Begin("remove the old one");
        },
        Restored = (order, gap) =>
        {
            _order = order;
            Cut(gap);
        },
        BeforeRemoval = async (id, stop) => _oldLog.AddRange(await TailAsync(id, stop).ConfigureAwait(false)),
    };

    // The replicas that were done already: their old containers are gone, and are made again like they were.
    private async Task SwapBackAsync(ReplacementJob job)
    {
        foreach (var (name, old) in Enumerable.Reverse(_done))
        {
            reports.Report(new VerboseReport($"{name} goes back to {old["Config"].Text("Image")}."));
            var choice = await _swapper.ChooseAsync(name, job.Order, CancellationToken.None).ConfigureAwait(false);
            var labels = old.Labels().Where(label => label.Key.StartsWith(ComposeLabels.Prefix, StringComparison.Ordinal))
                .ToDictionary(label => label.Key, label => (string?)label.Value, StringComparer.Ordinal);
            _ = await _swapper.RunAsync(
                choice,
                new SwapRequest
                {
                    Container = name,
                    Image = await _calls
                        .ReferenceOfAsync(old["Config"].Text("Image"), old.Text("Image"), CancellationToken.None).ConfigureAwait(false),
                    Labels = labels,
                    Verify = static (_, _) => Task.CompletedTask,
                },
                CancellationToken.None).ConfigureAwait(false);
        }
    }

    private VerificationOptions Options(bool ownsPorts) => new()
    {
        Subject = subject,
        HealthUrl = ownsPorts ? request.HealthUrl : null,
        HealthTimeout = request.HealthTimeout,
        LogLines = Math.Max(request.LogLines, KeptLogLines),
        ProgressParent = "deployment",
    };
}
