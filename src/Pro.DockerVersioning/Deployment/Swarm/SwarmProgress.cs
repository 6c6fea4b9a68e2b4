using System.Globalization;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>Tells how an update goes, by task, and keeps what failed: the swarm soon forgets its failed tasks.</summary>
internal sealed class SwarmProgress(string service, string activity, IProgress<Report> reports)
{
    private readonly Dictionary<string, string> _states = new(StringComparer.Ordinal);
    private readonly Dictionary<string, SwarmTask> _failures = new(StringComparer.Ordinal);
    private readonly HashSet<string> _before = new(StringComparer.Ordinal);
    private readonly string _key = $"swarm/{service}";
    private string? _status;

    /// <summary>The tasks that failed since the update began, in the order in which they were seen.</summary>
    public IReadOnlyCollection<SwarmTask> Failures => _failures.Values;

    /// <summary>What the failed tasks said, each thing once.</summary>
    public IReadOnlyList<string> Fates =>
        [.. _failures.Values.Select(task => task.FateIn(service)).Distinct(StringComparer.Ordinal).Take(10)];

    /// <summary>Takes note of the tasks that were there before: their failures are not the update's.</summary>
    public void Begin(IEnumerable<SwarmTask> tasks)
    {
        foreach (var task in tasks)
        {
            _ = _before.Add(task.Id);
            _states[task.Id] = task.State;
        }
    }

    public void See(SwarmSighting sighting, SwarmGoal goal)
    {
        foreach (var task in sighting.Tasks)
        {
            if (task.HasFailed && goal.Includes(task) && !_before.Contains(task.Id))
            {
                _failures[task.Id] = task;
            }

            if (!_states.TryGetValue(task.Id, out var state) || state != task.State)
            {
                _states[task.Id] = task.State;
                Say($"Task {task.FateIn(service)} ({SwarmTarget.NameOf(task.Image)})");
            }
        }

        if (sighting.Service.UpdateStatus is { } status && $"{status.State}: {status.Message}" is var text && text != _status)
        {
            _status = text;
            Say($"The engine says of {service}: {text}");
        }

        Bar(sighting, goal);
    }

    public void Say(string message) => reports.Report(new VerboseReport(message));

    public void Warn(string message) => reports.Report(new WarningReport(message));

    /// <summary>What is still done if the command is stopped.</summary>
    public void LastWork(string work) => reports.Report(new LastWorkReport(work, AtMost: null));

    public void End() => reports.Report(new ProgressReport(_key, activity, "done") { Completed = true });

    private void Bar(SwarmSighting sighting, SwarmGoal goal)
    {
        var running = sighting.RunningFor(goal);
        var wanted = sighting.Wanted;
        var busy = sighting.Tasks
            .Where(task => goal.Includes(task) && task.IsWanted && !task.IsRunning)
            .Select(task => $"{task.NameIn(service)} {task.State}");
        var status = string.Join("; ", busy.Prepend(string.Create(CultureInfo.InvariantCulture, $"{running} of {wanted} tasks run")));
        reports.Report(new ProgressReport(_key, activity, status)
        {
            PercentComplete = wanted == 0 ? null : Math.Min(100, 100 * running / wanted),
        });
    }
}
