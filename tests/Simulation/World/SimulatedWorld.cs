using System.Diagnostics;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Tests.Simulation.Engines;

namespace Pro.DockerVersioning.Tests.Simulation.World;

/// <summary>
/// An engine and those who use it, in simulated time. Each call waits at the engine's door until it is let in, one after another, in the
/// order that the seed says. All that follows from an answer is done before the next call is let in, and before the time goes on.
/// </summary>
internal sealed class SimulatedWorld
{
    /// <summary>What the engine takes for a call.</summary>
    private static readonly TimeSpan CallTime = TimeSpan.FromMilliseconds(1);

    /// <summary>No operation takes longer. One that does waits for something that never comes.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromHours(2);

    private readonly Lock _gate = new();
    private readonly List<Call> _door = [];
    private readonly Random _random;

    // Threads of the test runner, that wait for this test: never more than were busy when some simulation began.
    private static int _fewestThreads = int.MaxValue;
    private int _restingThreads;

    public SimulatedWorld(int seed = 0)
    {
        _restingThreads = _fewestThreads = Math.Min(_fewestThreads, BusyThreads());
        _random = new Random(seed);
        Engine = new SimulatedEngine(Time, _random);
    }

    public SimulatedTime Time { get; } = new();

    public SimulatedEngine Engine { get; }

    /// <summary>Called whenever something may have changed.</summary>
    public Action Changed { get; set; } = static () => { };

    /// <summary>Runs operations side by side, each to its end or its death.</summary>
    public void Run(params (Operator Who, Func<EngineConnection, Task> What)[] operations)
    {
        var began = Time.Now;
        var running = operations.Select(one => (one.Who, Task: one.Who.StartAsync(one.What))).ToList();
        while (true)
        {
            WaitUntilQuiet();
            if (running.TrueForAll(one => one.Task.IsCompleted || !one.Who.Lives))
            {
                break;
            }

            if (NextCall() is { } call)
            {
                Time.Pass(CallTime);
                LetIn(call);
                Changed();
            }
            else if (Time.Advance())
            {
                Changed();
            }
            else
            {
                throw new InvalidOperationException(
                    $"Everybody waits for something that never comes: {string.Join(", ", running.Select(Describe))}.");
            }

            if (Time.Now - began > Longest)
            {
                throw new InvalidOperationException($"It takes too long: {string.Join(", ", running.Select(Describe))}.");
            }
        }

        foreach (var (who, task) in running.Where(one => one.Who.Lives))
        {
            task.GetAwaiter().GetResult();
        }
    }

    /// <summary>Lets time pass, in which nobody asks for anything.</summary>
    public void Rest(TimeSpan time)
    {
        var until = Time.Now + time;
        while (Time.Advance(until))
        {
            WaitUntilQuiet();
            Changed();
        }
    }

    /// <summary>A call stands at the door.</summary>
    public void Arrive(Call call)
    {
        lock (_gate)
        {
            _door.Add(call);
        }
    }

    private static string Describe((Operator Who, Task Task) one) =>
        $"{one.Who.Name} {(one.Who.Lives ? one.Task.Status : "is dead")} after {one.Who.Calls.LastOrDefault()}";

    private Call? NextCall()
    {
        lock (_gate)
        {
            _ = _door.RemoveAll(call => call.IsOver || !call.Who.Lives);
            if (_door.Count == 0)
            {
                return null;
            }

            var index = _random.Next(_door.Count);
            var call = _door[index];
            _door.RemoveAt(index);
            return call;
        }
    }

    private void LetIn(Call call)
    {
        call.Who.Calls.Add(call.ToString());
        if (Engine.IsAway)
        {
            call.Cut();
            return;
        }

        if (call.Who.Plan is not { } plan || call.Who.Calls.Count != plan.At)
        {
            Engine.Handle(call);
            return;
        }

        call.Who.Failed = call.ToString();
        switch (plan.Fault)
        {
            case Fault.KillBefore:
                call.Who.Kill();
                break;
            case Fault.KillAfter:
                call.Who.Kill();
                Engine.Handle(call);
                break;
            case Fault.Refuse:
                call.Refuse(500, "broken for a test");
                break;
            case Fault.CutBefore:
                call.Cut();
                break;
            case Fault.CutAfter:
                call.IsLost = true;
                Engine.Handle(call);
                call.Cut();
                break;
            case Fault.EngineRestart:
                Engine.Handle(call);
                Engine.Restart();
                break;
            case Fault.Silence:
                // Whoever asks gives up by his own time-out.
                break;
            default:
                throw new UnreachableException();
        }
    }

    private static int BusyThreads()
    {
        ThreadPool.GetMaxThreads(out var all, out _);
        ThreadPool.GetAvailableThreads(out var free, out _);
        return all - free;
    }

    /// <summary>
    /// Waits until nothing is under way in this process: all that is left then waits for an answer, or for the time. Most runs on this very
    /// thread; what the runtime hands to other threads (files, channels) is waited for here.
    /// </summary>
    private void WaitUntilQuiet()
    {
        var wait = default(SpinWait);
        var since = Stopwatch.GetTimestamp();
        var last = -1;
        while (true)
        {
            var busy = BusyThreads();
            if (ThreadPool.PendingWorkItemCount == 0 && busy <= _restingThreads)
            {
                return;
            }

            if (busy != last || ThreadPool.PendingWorkItemCount > 0)
            {
                (last, since) = (busy, Stopwatch.GetTimestamp());
            }
            else if (Stopwatch.GetElapsedTime(since) > TimeSpan.FromSeconds(2))
            {
                _restingThreads = busy;
                return;
            }

            wait.SpinOnce(sleep1Threshold: 100);
        }
    }
}
