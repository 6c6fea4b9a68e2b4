using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>One update from its first step to its end.</summary>
internal sealed class SwarmUpdateRun
{
    private readonly SwarmApi _api;
    private readonly SwarmPlan _plan;
    private readonly SwarmUpdateOptions _options;
    private readonly SwarmProgress _progress;
    private readonly SwarmUpdateSender _sender;
    private readonly SwarmWatch _watch;

    public SwarmUpdateRun(SwarmApi api, SwarmPlan plan, SwarmUpdateOptions options, SwarmProgress progress)
    {
        _api = api;
        _plan = plan;
        _options = options;
        _progress = progress;
        _progress.Begin(plan.Sighting.Tasks);
        _sender = new SwarmUpdateSender(api, plan.Service.Id, options.Credential?.ToRegistryAuth());
        _sender.Ours.UnionWith([plan.Service.Image!, plan.RollbackPoint.Image, plan.Target.Reference]);
        _watch = new SwarmWatch(api, plan.Service.Id, progress, options.PollInterval);
    }

    private string Service => _plan.Service.Name;

    private string Wanted => SwarmTarget.NameOf(_plan.Target.Reference);

    private string From => SwarmTarget.NameOf(_plan.RollbackPoint.Image);

    private bool HasCanary => _options.Canary is not null && _plan.Sighting.Wanted > 0;

    // The note tells whoever finds the service how its configuration was.
    private bool HasSteps => HasCanary || _plan.HasOwnPace;

    private SwarmPatience Patience => SwarmPatience.Of(_options.HealthTimeout, _plan.StartAllowance);

    private string Why => _progress.Failures.Count > 0 ? "a task of it failed" : "the engine says that it failed";

    /// <summary>Sends it, watches it, and goes back where need be.</summary>
    public async Task<StrategyResult> RunAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var first = HasCanary ? SwarmChange.ForCanary(_plan.UpdateConfig, _options.Canary!.Value) : _plan.UpdateConfig;
        _progress.LastWork($"taking {Service} back to {From}, for as long as its tasks make progress");
        await SendAsync(_plan.Service, first, HasSteps ? _plan.RollbackPoint : null, cancellationToken).ConfigureAwait(false);
        if (_options.NoWait)
        {
            return _plan.Result(ProDeploymentOutcome.Accepted);
        }

        return await WatchedAsync(
            HasCanary ? () => CanaryAsync(first!, cancellationToken) : () => EndAsync(cancellationToken),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Watches an update that somebody else sent, and goes back where need be.</summary>
    public Task<StrategyResult> TakeOverAsync(CancellationToken cancellationToken) =>
        WatchedAsync(() => EndAsync(cancellationToken), cancellationToken);

    /// <summary>Takes the note away from an update that had ended well.</summary>
    public async Task<StrategyResult> FinishAsync()
    {
        await TidyAsync(_plan.Goal.Image, _plan.Goal.ForceUpdate, _plan.RollbackPoint.UpdateConfig).ConfigureAwait(false);
        return _plan.Result(ProDeploymentOutcome.Succeeded);
    }

    [SuppressMessage(
        "Design",
        "CA1031",
        Justification = "Whatever happens once the engine has the update, the service must not stay between two versions.")]
    private async Task<StrategyResult> WatchedAsync(Func<Task<SwarmVerdict>> watch, CancellationToken cancellationToken)
    {
        try
        {
            return await ConcludeAsync(await watch().ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _progress.Warn($"Stopped: {Service} goes back to {From}.");
            return await BackAsync("it was stopped", isStopped: true).ConfigureAwait(false);
        }
        catch (ProException lost) when (lost.Id == LockErrors.LostId)
        {
            return await LostAsync(lost).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not ProException { Id: SwarmErrors.SupersededId or SwarmErrors.RestoreFailedId })
        {
            return await BackAsync(exception.Message.TrimEnd('.'), exception).ConfigureAwait(false);
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
        return await EndAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<SwarmVerdict> EndAsync(CancellationToken cancellationToken)
    {
        var monitor = SwarmChange.MonitorOf(_plan.UpdateConfig);
        var patience = Patience.And(SwarmChange.DelayOf(_plan.UpdateConfig) + monitor);
        var verdict = await _watch.UntilEndAsync(_plan.Goal, patience, cancellationToken).ConfigureAwait(false);

        // The engine calls an update complete once its own time is over: a shorter one than running counts as verified after proves
        // nothing. And on a busy node it may see a task's end only after the time in which it counts.
        var missing = _options.StabilityTime - monitor;
        var doubtful = _progress.Failures.Count > 0 && monitor > missing ? monitor : missing;
        var watch = _options.Watch > doubtful ? _options.Watch : doubtful;
        return verdict == SwarmVerdict.Completed && watch > TimeSpan.Zero
            ? await _watch.StayUpAsync(_plan.Goal, watch, approve: null, cancellationToken).ConfigureAwait(false)
            : verdict;
    }

    private async Task<StrategyResult> ConcludeAsync(SwarmVerdict verdict, CancellationToken cancellationToken)
    {
        switch (verdict)
        {
            case SwarmVerdict.Completed:
                if (HasSteps)
                {
                    await TidyAsync(_plan.Goal.Image, _plan.Goal.ForceUpdate, _plan.ConfigAfterwards).ConfigureAwait(false);
                }

                return _plan.Result(ProDeploymentOutcome.Succeeded);
            case SwarmVerdict.RolledBack:
                return await FailedAsync(
                    ProDeploymentOutcome.RolledBackByEngine,
                    SwarmErrors.RolledBackByEngine(Service, Wanted, From, Why, _progress.Fates)).ConfigureAwait(false);
            case SwarmVerdict.Paused when _options.FailureAction == SwarmFailureAction.Pause && !HasCanary:
                return await FailedAsync(
                    ProDeploymentOutcome.Paused, SwarmErrors.Paused(Service, Wanted, From, Why, _progress.Fates)).ConfigureAwait(false);
            case SwarmVerdict.Superseded:
                var now = await _api.GetServiceAsync(_plan.Service.Id, cancellationToken).ConfigureAwait(false);
                throw SwarmErrors.Superseded(Service, Wanted, now.Image);
            default:
                return await BackAsync(ReasonOf(verdict)).ConfigureAwait(false);
        }
    }

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

    // Who broke the lock repairs first, and takes the note away with that: then the service is that one's.
    private async Task<StrategyResult> LostAsync(ProException lost)
    {
        var now = await _api.GetServiceAsync(_plan.Service.Id, CancellationToken.None).ConfigureAwait(false);
        return SwarmRollbackPoint.FromLabel(now) is null || now.Image != _plan.Goal.Image
            ? throw lost
            : await BackAsync(lost.Message.TrimEnd('.'), lost).ConfigureAwait(false) with { Failure = lost };
    }

    /// <summary>Goes back to the old image.</summary>
    /// <exception cref="ProException"><c>SwarmRestoreFailed</c>.</exception>
    public async Task<StrategyResult> BackAsync(string why, Exception? cause = null, bool isStopped = false)
    {
        string? whyNot;
        try
        {
            whyNot = await RestoreAsync().ConfigureAwait(false);
        }
        catch (ProException exception)
        {
            whyNot = exception.Message;
            cause = exception;
        }

        if (whyNot is not null)
        {
            throw SwarmErrors.RestoreFailed(Service, Wanted, From, why, whyNot, _progress.Fates, cause);
        }

        var result = await FailedAsync(
            ProDeploymentOutcome.RestoredPrevious,
            isStopped
                ? SwarmErrors.Stopped(Service, Wanted, From)
                : SwarmErrors.Restored(Service, Wanted, From, why, _progress.Fates)).ConfigureAwait(false);
        return result with { WasStopped = isStopped };
    }

    /// <summary>
    /// Names the old image explicitly: the engine's own rollback goes to whatever it calls "previous", which a second update has made the
    /// new image. It goes at the pace of the service's own rollback configuration, else as the update, without waiting between batches.
    /// </summary>
    /// <returns>Null once all tasks run the old image; else why not.</returns>
    private async Task<string?> RestoreAsync()
    {
        var old = _plan.RollbackPoint;
        var pace = _plan.Service.RollbackConfig;
        var config = SwarmChange.Configure(
            pace ?? old.UpdateConfig, new SwarmUpdateOptions { Order = _options.Order, Monitor = _options.Monitor });
        var back = pace is null ? SwarmChange.ForReturn(config) : SwarmChange.Pausing(config);

        // The old image is known to start: what its HEALTHCHECK allows is waited for, whatever was given for the new one.
        var patience = SwarmPatience.Of(given: null, allowance: null).And(SwarmChange.DelayOf(back) + SwarmChange.MonitorOf(back));
        string? before = null;
        await _sender.SendAsync(
            service: null,
            service =>
            {
                before = service.UpdateStatus?.StartedAt;
                return new SwarmChange(old.Image, old.ForceUpdate, back, old);
            },
            _plan.Target.Reference,
            CancellationToken.None).ConfigureAwait(false);
        var goal = new SwarmGoal(old.Image, old.ForceUpdate, before);
        var verdict = await _watch.UntilEndAsync(goal, patience, CancellationToken.None).ConfigureAwait(false);
        if (verdict == SwarmVerdict.Completed)
        {
            await TidyAsync(old.Image, old.ForceUpdate, old.UpdateConfig).ConfigureAwait(false);
        }

        return verdict switch
        {
            SwarmVerdict.Completed => null,
            SwarmVerdict.Paused => $"a task of {old.Image} fails too",
            SwarmVerdict.Superseded => "somebody else has updated the service",
            SwarmVerdict.Stuck => $"the tasks of {old.Image} made no progress within {patience.Text(isStarting: false)}",
            _ => $"the tasks of {old.Image} don't come up",
        };
    }

    /// <summary>
    /// Puts the service's own update configuration back and takes the note away. No task is replaced for it; where it fails, the service
    /// runs what it should all the same.
    /// </summary>
    private async Task TidyAsync(string image, ulong forceUpdate, JsonObject? config)
    {
        using var limit = Clock.Limit(TimeSpan.FromSeconds(30), CancellationToken.None);
        try
        {
            await _sender.SendAsync(null, _ => new SwarmChange(image, forceUpdate, config, null), image, limit.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ProException or OperationCanceledException)
        {
            _progress.Warn($"The service runs {image}, but its update configuration could not be put back: {exception.Message}");
        }
    }

    private async Task<StrategyResult> FailedAsync(ProDeploymentOutcome outcome, ProException failure)
    {
        using var limit = Clock.Limit(TimeSpan.FromSeconds(5), CancellationToken.None);
        var log = _progress.Failures.LastOrDefault() is { } task
            ? await _api.TailAsync(task.Id, 20, limit.Token).ConfigureAwait(false)
            : [];
        return _plan.Result(outcome) with { Failure = failure, LogTail = [.. _progress.Fates, .. log] };
    }

    private Task SendAsync(SwarmServiceState? service, JsonObject? config, SwarmRollbackPoint? note, CancellationToken cancellationToken) =>
        _sender.SendAsync(
            service,
            _ => new SwarmChange(_plan.Goal.Image, _plan.Goal.ForceUpdate, config, note),
            _plan.Target.Reference,
            cancellationToken);
}
