using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>One update from its first step to its end.</summary>
internal sealed class SwarmUpdateRun
{
    private readonly SwarmApi _api;
    private readonly SwarmPlan _plan;
    private readonly SwarmUpdateOptions _options;
    private readonly SwarmProgress _progress;
    private readonly SwarmUpdateSender _steps;
    private readonly SwarmWatch _watch;
    private readonly SwarmRollback _rollback;

    public SwarmUpdateRun(SwarmApi api, SwarmPlan plan, SwarmUpdateOptions options, SwarmProgress progress)
    {
        _api = api;
        _plan = plan;
        _options = options;
        _progress = progress;
        _steps = new SwarmUpdateSender(api, plan.Service.Id, options.Credential?.ToRegistryAuth());
        _steps.Ours.UnionWith([plan.Service.Image!, plan.RollbackPoint.Image, plan.Target.Reference]);
        _watch = new SwarmWatch(api, plan.Service.Id, progress, options.PollInterval);
        _rollback = new SwarmRollback(_steps, _watch, progress);
    }

    private string Wanted => _plan.Target.Name;

    private string From => SwarmTarget.NameOf(_plan.RollbackPoint.Image);

    private bool HasCanary => _options.Canary is not null && _plan.Sighting.Wanted > 0;

    // The note tells whoever finds the service how its configuration was.
    private bool HasSteps => HasCanary || _plan.HasOwnPace;

    private SwarmPatience Patience => SwarmPatience.Of(_options.HealthTimeout, _plan.StartAllowance);

    /// <summary>Sends it, watches it, and goes back where need be.</summary>
    public async Task<SwarmUpdateResult> RunAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var first = HasCanary ? SwarmChange.ForCanary(_plan.UpdateConfig, _options.Canary!.Value) : _plan.UpdateConfig;
        _progress.LastWork($"taking {_plan.Service.Name} back to {From}, for as long as its tasks make progress");
        await SendAsync(_plan.Service, first, HasSteps ? _plan.RollbackPoint : null, cancellationToken).ConfigureAwait(false);
        if (_options.NoWait)
        {
            return _plan.Result(SwarmOutcome.Accepted);
        }

        return await WatchedAsync(
            HasCanary ? () => CanaryAsync(first!, cancellationToken) : () => EndAsync(_plan.UpdateConfig, cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Watches an update that somebody else sent, and goes back where need be.</summary>
    public Task<SwarmUpdateResult> TakeOverAsync(CancellationToken cancellationToken) =>
        WatchedAsync(() => EndAsync(_plan.UpdateConfig, cancellationToken), cancellationToken);

    /// <summary>Goes back from an update that nobody watches any more.</summary>
    public Task<SwarmUpdateResult> AbandonAsync(string why) => BackAsync(why, cause: null, stopped: false);

    /// <summary>Takes the note away from an update that had ended well.</summary>
    public async Task<SwarmUpdateResult> FinishAsync()
    {
        await _rollback.FinishAsync(_plan.RollbackPoint, _plan.Goal.Image, _plan.Goal.ForceUpdate).ConfigureAwait(false);
        return _plan.Result(SwarmOutcome.Succeeded);
    }

    [SuppressMessage(
        "Design",
        "CA1031",
        Justification = "Whatever happens once the engine has the update, the service must not stay between two versions.")]
    private async Task<SwarmUpdateResult> WatchedAsync(Func<Task<SwarmVerdict>> watch, CancellationToken cancellationToken)
    {
        try
        {
            return await ConcludeAsync(await watch().ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _progress.Warn($"Stopped: {_plan.Service.Name} goes back to {From}.");
            return (await BackAsync("it was stopped", cause: null, stopped: true).ConfigureAwait(false)) with { WasCancelled = true };
        }
        catch (ProException exception) when (exception.Id == SwarmErrors.SupersededId)
        {
            return await FailedAsync(SwarmOutcome.Superseded, exception).ConfigureAwait(false);
        }
        catch (ProException lost) when (lost.Id == LockErrors.LostId)
        {
            return await LostAsync(lost).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            return await BackAsync(exception.Message.TrimEnd('.'), exception, stopped: false).ConfigureAwait(false);
        }
    }

    /// <summary>The first tasks, a look at them, and the rest.</summary>
    private async Task<SwarmVerdict> CanaryAsync(JsonObject first, CancellationToken cancellationToken)
    {
        var tasks = Math.Min(_options.Canary!.Value, _plan.Sighting.Wanted);
        var patience = Patience.And(SwarmChange.MonitorOf(first));
        var verdict = await _watch.UntilRunningAsync(_plan.Goal, tasks, patience, cancellationToken).ConfigureAwait(false);
        if (verdict != SwarmVerdict.Completed)
        {
            return verdict;
        }

        _progress.Say(string.Create(CultureInfo.InvariantCulture, $"{tasks} of {_plan.Sighting.Wanted} tasks run {Wanted} as a canary."));
        verdict = await _watch.StayUpAsync(_plan.Goal, _options.CanaryWatch, _options.ApproveCanary, cancellationToken)
            .ConfigureAwait(false);
        if (verdict != SwarmVerdict.Completed)
        {
            return verdict;
        }

        await _options.ThrowIfLockLostAsync(cancellationToken).ConfigureAwait(false);
        _progress.Say("The canary is good: the rest follows.");
        await SendAsync(null, SwarmChange.Pausing(_plan.UpdateConfig), _plan.RollbackPoint, cancellationToken).ConfigureAwait(false);
        return await EndAsync(_plan.UpdateConfig, cancellationToken).ConfigureAwait(false);
    }

    private async Task<SwarmVerdict> EndAsync(JsonObject? config, CancellationToken cancellationToken)
    {
        var patience = Patience.And(SwarmChange.DelayOf(config) + SwarmChange.MonitorOf(config));
        var verdict = await _watch.UntilEndAsync(_plan.Goal, patience, cancellationToken).ConfigureAwait(false);

        // The engine calls an update complete once its own time is over: a shorter one than running counts as verified after proves
        // nothing. And on a busy node it may see a task's end only after the time in which it counts.
        var monitor = SwarmChange.MonitorOf(config);
        var missing = _options.StabilityTime - monitor;
        var doubtful = _progress.Failures.Count > 0 && monitor > missing ? monitor : missing;
        var watch = _options.Watch > doubtful ? _options.Watch : doubtful;
        return verdict == SwarmVerdict.Completed && watch > TimeSpan.Zero
            ? await _watch.StayUpAsync(_plan.Goal, watch, approve: null, cancellationToken).ConfigureAwait(false)
            : verdict;
    }

    private async Task<SwarmUpdateResult> ConcludeAsync(SwarmVerdict verdict, CancellationToken cancellationToken)
    {
        switch (verdict)
        {
            case SwarmVerdict.Completed:
                if (HasSteps)
                {
                    await _rollback.FinishAsync(_plan.RollbackPoint with { UpdateConfig = _plan.ConfigAfterwards }, _plan.Goal.Image,
                        _plan.Goal.ForceUpdate)
                        .ConfigureAwait(false);
                }

                return _plan.Result(SwarmOutcome.Succeeded);
            case SwarmVerdict.RolledBack:
                return await FailedAsync(
                    SwarmOutcome.RolledBackByEngine,
                    SwarmErrors.RolledBackByEngine(_plan.Service.Name, Wanted, From, Why, _progress.Fates)).ConfigureAwait(false);
            case SwarmVerdict.Paused when _options.FailureAction == SwarmFailureAction.Pause && !HasCanary:
                return await FailedAsync(
                    SwarmOutcome.Paused,
                    SwarmErrors.Paused(_plan.Service.Name, Wanted, From, Why, _progress.Fates)).ConfigureAwait(false);
            case SwarmVerdict.Superseded:
                var now = await _api.GetServiceAsync(_plan.Service.Id, cancellationToken).ConfigureAwait(false);
                return await FailedAsync(SwarmOutcome.Superseded, SwarmErrors.Superseded(_plan.Service.Name, Wanted, now.Image))
                    .ConfigureAwait(false);
            default:
                return await BackAsync(ReasonOf(verdict), cause: null, stopped: false).ConfigureAwait(false);
        }
    }

    private string Why => _progress.Failures.Count > 0 ? "a task of it failed" : "the engine says that it failed";

    private string ReasonOf(SwarmVerdict verdict) => verdict switch
    {
        SwarmVerdict.Stuck when _progress.Failures.Count == 0 =>
            $"its tasks did not come up (or not healthy) within {Patience.Text(isStarting: true)}",
        SwarmVerdict.Stuck => $"its tasks fail, and did not all run within {Patience.Text(isStarting: false)}",
        SwarmVerdict.RollbackPaused => "a task of it failed, and so did the engine's own rollback",
        SwarmVerdict.TaskFailed => "a task of it failed while it was watched",
        SwarmVerdict.Refused => "the operator did not approve the canary",
        _ => Why,
    };

    private async Task<SwarmUpdateResult> BackAsync(string why, Exception? cause, bool stopped)
    {
        var failed = await _rollback.GoAsync(_plan.RollbackPoint, _plan.Target.Reference, _plan.Service.RollbackConfig, _options).ConfigureAwait(false);
        if (failed is { } failure)
        {
            return await FailedAsync(SwarmOutcome.RestoreFailed, SwarmErrors.RestoreFailed(
                _plan.Service.Name, Wanted, From, why, failure.WhyNot, _progress.Fates, failure.Inner ?? cause)).ConfigureAwait(false);
        }

        return await FailedAsync(
            SwarmOutcome.RestoredPrevious,
            stopped
                ? SwarmErrors.Stopped(_plan.Service.Name, Wanted, From)
                : SwarmErrors.Restored(_plan.Service.Name, Wanted, From, why, _progress.Fates)).ConfigureAwait(false);
    }

    // Who broke the lock repairs first, and takes the note away with that: then the service is that one's.
    private async Task<SwarmUpdateResult> LostAsync(ProException lost)
    {
        var now = await _api.GetServiceAsync(_plan.Service.Id, CancellationToken.None).ConfigureAwait(false);
        if (SwarmRollbackPoint.FromLabel(now) is null || now.Image != _plan.Goal.Image)
        {
            return await FailedAsync(SwarmOutcome.Superseded, lost).ConfigureAwait(false);
        }

        var back = await BackAsync(lost.Message.TrimEnd('.'), lost, stopped: false).ConfigureAwait(false);
        return back.Outcome == SwarmOutcome.RestoredPrevious ? back with { Failure = lost } : back;
    }

    private async Task<SwarmUpdateResult> FailedAsync(SwarmOutcome outcome, ProException failure)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var log = _progress.Failures.LastOrDefault() is { } task
            ? await _api.TailAsync(task.Id, 20, limit.Token).ConfigureAwait(false)
            : [];
        return _plan.Result(outcome, failure) with { TaskErrors = _progress.Fates, LogTail = log };
    }

    private Task SendAsync(SwarmServiceState? service, JsonObject? config, SwarmRollbackPoint? note, CancellationToken cancellationToken) =>
        _steps.SendAsync(
            service,
            _ => new SwarmChange(_plan.Goal.Image, _plan.Goal.ForceUpdate, config, note),
            _plan.Target.Reference,
            cancellationToken);
}
