using System.Diagnostics;
using System.Globalization;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Errors;

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
        UntilAsync(goal, patience, sighting => sighting.Judge(goal), cancellationToken);

    /// <summary>Waits until so many tasks run, or the update has ended badly before.</summary>
    /// <inheritdoc cref="UntilEndAsync"/>
    public Task<SwarmVerdict> UntilRunningAsync(SwarmGoal goal, int tasks, SwarmPatience patience, CancellationToken cancellationToken) =>
        UntilAsync(
            goal,
            patience,
            sighting => sighting.Judge(goal) is var verdict && verdict == SwarmVerdict.Running && sighting.RunningFor(goal) >= tasks
                ? SwarmVerdict.Completed
                : verdict,
            cancellationToken);

    /// <summary>Watches tasks that run: for a time, or until somebody has decided.</summary>
    /// <returns><see cref="SwarmVerdict.Completed"/> where all went well.</returns>
    public async Task<SwarmVerdict> StayUpAsync(
        SwarmGoal goal,
        TimeSpan time,
        Func<CancellationToken, Task<bool>>? approve,
        CancellationToken cancellationToken)
    {
        using var asking = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answer = approve?.Invoke(asking.Token);
        try
        {
            return await StayUpAsync(goal, time, answer, cancellationToken).ConfigureAwait(false);
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

    private async Task<SwarmVerdict> StayUpAsync(SwarmGoal goal, TimeSpan time, Task<bool>? answer, CancellationToken cancellationToken)
    {
        var failures = progress.Failures.Count;
        var since = _seen = Stopwatch.GetTimestamp();
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

            if (answer is null && Stopwatch.GetElapsedTime(since) >= time)
            {
                return SwarmVerdict.Completed;
            }

            await PauseAsync(answer, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<SwarmVerdict> UntilAsync(
        SwarmGoal goal,
        SwarmPatience patience,
        Func<SwarmSighting, SwarmVerdict> judge,
        CancellationToken cancellationToken)
    {
        _best.Clear();
        _state = null;
        _moved = _seen = Stopwatch.GetTimestamp();
        while (true)
        {
            if (await LookAsync(goal, patience.Still, cancellationToken).ConfigureAwait(false) is { } sighting)
            {
                if (judge(sighting) is var verdict && verdict != SwarmVerdict.Running)
                {
                    return verdict;
                }

                if (!HasMoved(sighting, goal) && Stopwatch.GetElapsedTime(_moved) > patience.For(StatesOf(sighting, goal), HasFailed))
                {
                    return SwarmVerdict.Stuck;
                }
            }

            await PauseAsync(null, cancellationToken).ConfigureAwait(false);
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
            _seen = Stopwatch.GetTimestamp();
            progress.See(sighting, goal);
            return sighting;
        }
        catch (ProException exception) when (exception.Id != SwarmErrors.ServiceNotFoundId && Stopwatch.GetElapsedTime(_seen) <= patience)
        {
            progress.Say($"The engine doesn't answer just now: {exception.Message}");
            return null;
        }
    }

    private bool HasFailed => progress.Failures.Count > _failures;

    private static IEnumerable<string> StatesOf(SwarmSighting sighting, SwarmGoal goal) =>
        sighting.Tasks.Where(task => task.IsWanted && GoalOf(sighting, goal).Includes(task)).Select(task => task.State);

    // While the engine goes back by itself it is the old tasks that come up.
    private static SwarmGoal GoalOf(SwarmSighting sighting, SwarmGoal goal) => sighting.Service.UpdateStatus is { IsRollback: true }
        ? new SwarmGoal(sighting.Service.Image ?? "", sighting.Service.ForceUpdate, StatusBefore: null)
        : goal;

    private bool HasMoved(SwarmSighting sighting, SwarmGoal goal)
    {
        var moved = false;
        if (sighting.Service.UpdateStatus?.State is var state && state != _state)
        {
            _state = state;
            _best.Clear();
            moved = true;
        }

        // Tasks that come up and die again are no progress: only what none had come to before in that place.
        foreach (var task in sighting.Tasks.Where(task => task.IsWanted && GoalOf(sighting, goal).Includes(task)))
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
            _moved = Stopwatch.GetTimestamp();
            _failures = progress.Failures.Count;
        }

        return moved;
    }

    private async Task PauseAsync(Task? early, CancellationToken cancellationToken)
    {
        var pause = Task.Delay(interval, cancellationToken);
        _ = await Task.WhenAny(early ?? pause, pause).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
