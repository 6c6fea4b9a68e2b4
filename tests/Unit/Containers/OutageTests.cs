using Pro.DockerVersioning.Services.Containers;
using Xunit;

namespace Pro.DockerVersioning.Tests.Containers;

public sealed class OutageTests
{
    private readonly Clock _clock = new();
    private readonly Outage _outage;

    public OutageTests() => _outage = new Outage(_clock);

    [Fact]
    public void Where_nothing_was_stopped_there_was_none()
    {
        _outage.BeginReturn();
        Pass(5);
        _outage.Note();
        Assert.Null(_outage.Longest);
    }

    [Fact]
    public void One_that_was_never_proven_to_answer_lasts_until_the_old_one_is_back()
    {
        _outage.Begin();
        Pass(1);
        _outage.Note();
        Pass(30);
        _outage.BeginReturn();
        Pass(2);
        _outage.Note();
        Assert.Equal(TimeSpan.FromSeconds(33), _outage.Longest);
    }

    [Fact]
    public void One_that_answered_while_it_was_watched_counts_for_nothing_in_between()
    {
        _outage.Begin();
        Pass(1);
        _outage.Note();
        _outage.End();
        Pass(300);
        _outage.BeginReturn();
        Pass(2);
        _outage.Note();
        Assert.Equal(TimeSpan.FromSeconds(2), _outage.Longest);
    }

    [Fact]
    public void A_start_that_failed_counts_from_the_stop()
    {
        _outage.Begin();
        Pass(4);
        _outage.BeginReturn();
        Pass(2);
        _outage.Note();
        Assert.Equal(TimeSpan.FromSeconds(6), _outage.Longest);
    }

    private void Pass(int seconds) => _clock.Now += seconds;

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; } = 1000;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Now;
    }
}
