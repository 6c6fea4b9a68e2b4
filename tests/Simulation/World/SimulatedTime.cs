namespace Pro.DockerVersioning.Tests.Simulation.World;

/// <summary>Time that stands still until all that can be done now is done, and then goes on to whatever is due next.</summary>
internal sealed class SimulatedTime
{
    private readonly Lock _gate = new();
    private readonly PriorityQueue<Due, (long Ticks, long Number)> _due = new();
    private DateTimeOffset _now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private long _number;

    /// <summary>The time of day.</summary>
    public DateTimeOffset Now
    {
        get
        {
            lock (_gate)
            {
                return _now;
            }
        }
    }

    /// <summary>Does something later.</summary>
    public void After(TimeSpan time, Action action) => _ = new Timer(this, _ => action(), null, () => true, time, Timeout.InfiniteTimeSpan);

    /// <summary>A clock of one who may die: then none of its timers rings any more.</summary>
    public TimeProvider ClockOf(Func<bool> lives) => new LivingClock(this, lives);

    /// <summary>Lets a moment pass, in which nothing rings.</summary>
    public void Pass(TimeSpan time)
    {
        lock (_gate)
        {
            _now += time;
        }
    }

    /// <summary>Goes on to the next timer, and lets it ring.</summary>
    /// <param name="until">Not further than to this time.</param>
    /// <returns>False if nobody waits for anything until then.</returns>
    public bool Advance(DateTimeOffset? until = null)
    {
        while (true)
        {
            Due next;
            lock (_gate)
            {
                if (!_due.TryPeek(out next!, out var at) || at.Ticks > until?.Ticks)
                {
                    _now = until > _now ? until.Value : _now;
                    return false;
                }

                _ = _due.Dequeue();
                if (!next.Timer.IsStill(next))
                {
                    continue;
                }

                _now = new DateTimeOffset(Math.Max(at.Ticks, _now.Ticks), TimeSpan.Zero);
            }

            next.Timer.Ring(next);
            return true;
        }
    }

    private sealed record Due(Timer Timer, long Turn);

    private sealed class LivingClock(SimulatedTime time, Func<bool> lives) : TimeProvider
    {
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override DateTimeOffset GetUtcNow() => time.Now;

        public override long GetTimestamp() => time.Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(time, callback, state, lives, dueTime, period);
    }

    private sealed class Timer : ITimer
    {
        private readonly SimulatedTime _time;
        private readonly TimerCallback _callback;
        private readonly object? _state;
        private readonly Func<bool> _lives;
        private TimeSpan _period;
        private long _turn;
        private bool _isSet;

        public Timer(SimulatedTime time, TimerCallback callback, object? state, Func<bool> lives, TimeSpan dueTime, TimeSpan period)
        {
            (_time, _callback, _state, _lives) = (time, callback, state, lives);
            _ = Change(dueTime, period);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (_time._gate)
            {
                _turn++;
                _period = period;
                _isSet = dueTime >= TimeSpan.Zero;
                if (_isSet)
                {
                    _time._due.Enqueue(new Due(this, _turn), ((_time._now + dueTime).Ticks, _time._number++));
                }

                return true;
            }
        }

        public bool IsStill(Due due) => _isSet && due.Turn == _turn && _lives();

        public void Ring(Due due)
        {
            if (_period > TimeSpan.Zero)
            {
                _ = Change(_period, _period);
            }
            else if (due.Turn == _turn)
            {
                _isSet = false;
            }

            _callback(_state);
        }

        public void Dispose()
        {
            lock (_time._gate)
            {
                _isSet = false;
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
