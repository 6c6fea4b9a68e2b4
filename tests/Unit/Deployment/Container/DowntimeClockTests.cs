using Pro.DockerVersioning.Deployment.Container.Swap;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

public sealed class DowntimeClockTests
{
    private readonly Clock _clock = new();
    private readonly DowntimeClock _downtime;

    public DowntimeClockTests() => _downtime = new DowntimeClock(_clock);

    [Fact]
    public void Where_nothing_was_stopped_there_was_none()
    {
        _downtime.BeginReturn();
        Pass(5);
        _downtime.Note();
        Assert.Null(_downtime.Longest);
    }

    [Fact]
    public void One_that_was_never_proven_to_answer_lasts_until_the_old_one_is_back()
    {
        _downtime.Begin();
        Pass(1);
        _downtime.Note();
        Pass(30);
        _downtime.BeginReturn();
        Pass(2);
        _downtime.Note();
        Assert.Equal(TimeSpan.FromSeconds(33), _downtime.Longest);
    }

    [Fact]
    public void One_that_answered_while_it_was_watched_counts_for_nothing_in_between()
    {
        _downtime.Begin();
        Pass(1);
        _downtime.Note();
        _downtime.End();
        Pass(300);
        _downtime.BeginReturn();
        Pass(2);
        _downtime.Note();
        Assert.Equal(TimeSpan.FromSeconds(2), _downtime.Longest);
    }

    [Fact]
    public void A_start_that_failed_counts_from_the_stop()
    {
        _downtime.Begin();
        Pass(4);
        _downtime.BeginReturn();
        Pass(2);
        _downtime.Note();
        Assert.Equal(TimeSpan.FromSeconds(6), _downtime.Longest);
    }

    private void Pass(int seconds) => _clock.Now += seconds;

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; } = 1000;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Now;
    }
}
