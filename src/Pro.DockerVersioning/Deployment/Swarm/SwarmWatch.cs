using System.Globalization;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>Watches a step of an update by asking the engine, until it has come to something.</summary>
internal sealed class SwarmWatch(SwarmApi api, string serviceId, SwarmProgress progress, TimeSpan interval)
{
    // For how long an engine that restarts is waited for while nothing else is.
    private static readonly TimeSpan RestartPatience = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, int> _best = new(StringComparer.Ordinal);
    private string? _state;
    private long _moved;
    private int _failures;
    private long _seen;

    /// <summary>Waits until the update has ended, well or not.</summary>
    public Task<SwarmVerdict> UntilEndAsync(SwarmGoal goal, SwarmPatience patience, CancellationToken cancellationToken) =>
        UntilRunningAsync(goal, int.MaxValue, patience, cancellationToken);

    /// <summary>Waits until so many tasks run, or the update has ended before.</summary>
    public async Task<SwarmVerdict> UntilRunningAsync(
        SwarmGoal goal, int tasks, SwarmPatience patience, CancellationToken cancellationToken)
    {
        _best.Clear();
        _state = null;
        _moved = _seen = Clock.Current.GetTimestamp();
        while (true)
        {
            if (await LookAsync(goal, patience.Still, cancellationToken).ConfigureAwait(false) is { } sighting)
            {
                var verdict = sighting.Judge(goal);
                if (verdict != SwarmVerdict.Running || sighting.RunningFor(goal) >= tasks)
                {
                    return verdict == SwarmVerdict.Running ? SwarmVerdict.Completed : verdict;
                }

                // While the engine goes back by itself it is the old tasks that come up.
                var wanted = sighting.Tasks.Where(task => task.IsWanted && sighting.Towards(goal).Includes(task)).ToList();
                var hasFailed = progress.Failures.Count > _failures;
                if (!HasMoved(sighting.Service.UpdateStatus?.State, wanted)
                    && Clock.Current.GetElapsedTime(_moved) > patience.For(wanted.Select(task => task.State), hasFailed))
                {
                    return SwarmVerdict.Stuck;
                }
            }

            await PauseAsync(null, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Watches tasks that run: for a time in which none may fail, or until somebody who is asked has decided.</summary>
    public async Task<SwarmVerdict> StayUpAsync(
        SwarmGoal goal,
        TimeSpan time,
        Func<CancellationToken, Task<bool>>? approve,
        CancellationToken cancellationToken)
    {
        using var asking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answer = approve?.Invoke(asking.Token);
        var failures = progress.Failures.Count;
        var since = _seen = Clock.Current.GetTimestamp();
        try
        {
            while (true)
            {
                if (await LookAsync(goal, RestartPatience, cancellationToken).ConfigureAwait(false) is { } sighting)
                {
                    var verdict = sighting.Judge(goal);
                    if (verdict is not (SwarmVerdict.Running or SwarmVerdict.Completed))
                    {
                        return verdict;
                    }

                    if (progress.Failures.Count > failures)
                    {
                        return SwarmVerdict.TaskFailed;
                    }
                }

                if (answer is { IsCompleted: true })
                {
                    return await answer.ConfigureAwait(false) ? SwarmVerdict.Completed : SwarmVerdict.Refused;
                }

                if (answer is null && Clock.Current.GetElapsedTime(since) >= time)
                {
                    return SwarmVerdict.Completed;
                }

                await PauseAsync(answer, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            await asking.CancelAsync().ConfigureAwait(false);
            if (answer is not null)
            {
                // A question that nobody needs answered any more; what it throws on its way out is not news.
                await ((Task)answer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>
    /// Looks once; null if the engine doesn't answer just now (it restarts, the swarm has no leader): the update goes on without us.
    /// </summary>
    private async Task<SwarmSighting?> LookAsync(SwarmGoal goal, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            var service = await api.GetServiceAsync(serviceId, cancellationToken).ConfigureAwait(false);
            var sighting = new SwarmSighting(service, await api.ListTasksAsync(serviceId, cancellationToken).ConfigureAwait(false));
            _seen = Clock.Current.GetTimestamp();
            progress.See(sighting, goal);
            return sighting;
        }
        catch (ProException exception) when (exception.Id != SwarmErrors.ServiceNotFoundId
            && Clock.Current.GetElapsedTime(_seen) <= patience)
        {
            progress.Say($"The engine doesn't answer just now: {exception.Message}");
            return null;
        }
    }

    private bool HasMoved(string? state, IEnumerable<SwarmTask> tasks)
    {
        var moved = state != _state;
        if (moved)
        {
            _state = state;
            _best.Clear();
        }

        // Tasks that come up and die again are no progress: only what none had come to before in that place.
        foreach (var task in tasks)
        {
            var place = task.Slot > 0 ? task.Slot.ToString(CultureInfo.InvariantCulture) : task.NodeId;
            if (task.Rank > _best.GetValueOrDefault(place, -1))
            {
                _best[place] = task.Rank;
                moved = true;
            }
        }

        if (moved)
        {
            _moved = Clock.Current.GetTimestamp();
            _failures = progress.Failures.Count;
        }

        return moved;
    }

    private async Task PauseAsync(Task? early, CancellationToken cancellationToken)
    {
        var pause = Clock.Delay(interval, cancellationToken);
        _ = await Task.WhenAny(early ?? pause, pause).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
