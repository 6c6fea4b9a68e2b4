using System.Text.RegularExpressions;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Machine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Locking;

/// <summary>The rules that need no engine.</summary>
public sealed class LockRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 9, 14, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Stale = LockTimes.Default.Stale;
    private static readonly ProcessIdentity Here = new("machine", 4711, "1000");

    [Theory]
    [InlineData("shop-api")]
    [InlineData("shop/api")]
    [InlineData("shop api")]
    [InlineData("中文/服务")]
    [InlineData("")]
    [InlineData("next.0123")]
    [InlineData("a.0123abcd")]
    public void A_lock_has_a_name_that_the_engine_takes(string target) =>
        Assert.Matches(new Regex(@"\A[a-zA-Z0-9][a-zA-Z0-9_.-]{1,200}\z"), LockNames.Lock(target));

    [Fact]
    public void Targets_that_differ_have_locks_that_differ()
    {
        var targets = new List<string>
        {
            "shop-api", "shop/api", "shop:api", "shop api", "shop.api", "Shop-Api", "next.x", "", "-",
            new('a', 100), new('a', 101), new('a', 300), new string('a', 299) + "b",
        };

        // Targets that look like the names that others got.
        targets.AddRange(
            targets.ToList().Select(target => LockNames.Lock(target)["pro-lock-".Length..]).Where(one => !targets.Contains(one)));

        Assert.Equal(targets.Count, targets.Select(LockNames.Lock).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal("pro-lock-shop-api", LockNames.Lock("shop-api"));
    }

    // https://docs.docker.com/reference/cli/docker/config/create: 64 characters, and the last one is a letter or digit.
    [Theory]
    [InlineData("swarm.shop_api")]
    [InlineData("swarm.-")]
    [InlineData("swarm.a-service-with-a-name-that-is-much-longer-than-a-config-may-have")]
    public void The_lock_of_a_swarms_service_has_a_name_that_a_config_may_have(string target)
    {
        Assert.Matches(new Regex(@"\A[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}[a-zA-Z0-9]\z"), LockNames.Lock(target));
        Assert.True(LockNames.Of(Info() with { Chain = Guid.NewGuid().ToString("N"), Renewal = 1_000_000 }).Length <= 64);
    }

    [Fact]
    public void Labels_come_back_as_they_were_written()
    {
        var info = Info()
            with { Renewal = 3, Chain = "4567", Ends = true, Service = "api", Repository = "r/api", Note = "note", Interrupted = "old" };

        Assert.Equal(info, LockInfo.Read(info.ToLabels()));
        Assert.Equal(Info(), LockInfo.Read(Info().ToLabels()));
    }

    [Theory]
    [InlineData("Lock")]
    [InlineData("{}")]
    [InlineData("null")]
    public void A_volume_without_our_label_is_none(string label) =>
        Assert.Null(LockInfo.Read(new Dictionary<string, string> { [LockInfo.Label] = label }));

    [Fact]
    public void The_last_claim_of_a_chain_says_who_holds_the_lock_and_without_a_first_one_there_is_none()
    {
        LockInfo[] claims =
        [
            Claim("a", 2, "second"), Claim("a", 0, "first"), Claim("a", 1, "first"), Claim("b", 7, "left"), Claim("c", 0, "other"),
        ];

        Assert.Equal(["second", "other"], LockStore.Last(claims).Select(claim => claim.Nonce));

        static LockInfo Claim(string chain, long number, string nonce) =>
            Info() with { Target = chain, Chain = chain, Renewal = number, Nonce = nonce };
    }

    [Fact]
    public void A_lock_of_a_living_process_of_this_machine_is_held_however_long_it_is_not_renewed() =>
        Assert.Null(Why(Info(), start: "1000", unchanged: TimeSpan.FromDays(1)));

    [Theory]
    [InlineData(null)]
    [InlineData("1001")]
    public void A_lock_is_left_behind_when_its_process_is_gone_or_its_id_was_given_again(string? start) =>
        Assert.Equal("its process 17 on build-1 is gone", Why(Info(), start));

    [Fact]
    public void A_process_that_can_not_be_looked_at_is_taken_for_alive() => Assert.Null(Why(Info(), start: ""));

    // A copy of a machine has its name, its machine id and the same number of the first namespace.
    [Fact]
    public void A_copy_of_this_machine_is_another_machine_and_one_that_does_not_tell_its_start_is_none()
    {
        Assert.NotEqual(ProcessIdentity.MachineKey("boot"), ProcessIdentity.MachineKey("another boot"));

        var unknown = new ProcessIdentity(ProcessIdentity.MachineKey(""), 4711, "1000");
        var info = Info() with { Process = unknown with { Id = 17 } };
        Assert.Equal((null, false), new LockWatch(new SteppedTime()).WhyStale(info, Stale, unknown, _ => null));
    }

    [Fact]
    public void A_lock_of_another_machine_is_left_behind_once_it_was_not_renewed_for_the_whole_time()
    {
        var foreign = Info() with { Process = new("another", 17, "1000") };

        Assert.Null(Why(foreign, start: null, unchanged: Stale - TimeSpan.FromMilliseconds(1)));
        Assert.Equal("process 17 on build-1 has not renewed it for 40 s", Why(foreign, start: "1000", unchanged: Stale));
    }

    [Fact]
    public void Whoever_looks_counts_from_the_renewal_that_it_has_seen_by_its_own_clock()
    {
        var time = new SteppedTime();
        var watch = new LockWatch(time);

        Assert.Equal((TimeSpan.Zero, false), watch.Look(Info()));
        time.Step(TimeSpan.FromSeconds(39));
        Assert.Equal((TimeSpan.FromSeconds(39), false), watch.Look(Info()));
        Assert.Equal((TimeSpan.Zero, false), watch.Look(Info() with { Nonce = "4567" }));
        Assert.Equal((TimeSpan.Zero, true), watch.Look(Info() with { Renewal = 1 }));
        time.Step(TimeSpan.FromSeconds(10));
        Assert.Equal((TimeSpan.FromSeconds(10), true), watch.Look(Info() with { Renewal = 1 }));

        // A list from before is not a renewal.
        Assert.Equal((TimeSpan.FromSeconds(10), true), watch.Look(Info()));
    }

    [Fact]
    public void Whether_a_process_of_another_machine_lives_is_not_known_before_it_renews()
    {
        var time = new SteppedTime();
        var watch = new LockWatch(time);
        var foreign = Info() with { Process = new("another", 17, "1000") };

        Assert.Equal((null, false), watch.WhyStale(foreign, Stale, Here, _ => null));
        Assert.Equal((null, true), watch.WhyStale(foreign with { Renewal = 1 }, Stale, Here, _ => null));
        time.Step(TimeSpan.FromSeconds(20));
        Assert.Equal((null, false), watch.WhyStale(foreign with { Renewal = 1 }, Stale, Here, _ => null));
    }

    [Fact]
    public void A_lock_is_renewed_every_ten_seconds_and_left_behind_after_forty() =>
        Assert.Equal(new LockTimes(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(40)), LockTimes.Default);

    [Fact]
    public void What_this_process_holds_no_longer_is_left_behind()
    {
        var watch = new LockWatch(new SteppedTime());
        var ours = Info() with { Process = Here };

        watch.Hold(ours.Nonce);
        Assert.Equal((null, true), watch.WhyStale(ours, Stale, Here, _ => "1000"));
        watch.Release(ours.Nonce);
        Assert.NotNull(watch.WhyStale(ours, Stale, Here, _ => "1000").Why);
    }

    [Fact]
    public void This_process_is_known_and_alive()
    {
        var current = ProcessIdentity.Current;

        Assert.Equal(Environment.ProcessId, current.Id);
        Assert.NotEmpty(current.Start);
        Assert.False(current.IsGone(ProcessIdentity.StartOf));
        Assert.True((current with { Start = "1" }).IsGone(ProcessIdentity.StartOf));
        Assert.True((current with { Id = int.MaxValue }).IsGone(ProcessIdentity.StartOf));
    }

    private static string? Why(LockInfo info, string? start, TimeSpan unchanged = default)
    {
        var time = new SteppedTime();
        var watch = new LockWatch(time);
        _ = watch.Look(info);
        time.Step(unchanged);
        return watch.WhyStale(info, Stale, Here, id => id == 17 ? start : null).Why;
    }

    private static LockInfo Info() => new()
    {
        Target = "shop/api",
        Nonce = "0123",
        Chain = "0123",
        Operation = "roll back api",
        User = "ana",
        Host = "build-1",
        Process = new("machine", 17, "1000"),
        Since = Now.AddMinutes(-1),
    };

    private sealed class SteppedTime : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Step(TimeSpan time) => _now += time.Ticks;
    }
}
