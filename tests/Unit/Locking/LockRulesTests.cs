using System.Text.RegularExpressions;
using Pro.DockerVersioning.Services.Locking;
using Xunit;

namespace Pro.DockerVersioning.Tests.Locking;

/// <summary>The rules that need no engine.</summary>
public sealed class LockRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 9, 14, 12, 0, 0, TimeSpan.Zero);
    private static readonly LockProcess Here = new("machine", "boot", 4711, "1000");

    [Theory]
    [InlineData("shop-api")]
    [InlineData("shop/api")]
    [InlineData("shop api")]
    [InlineData("中文/服务")]
    [InlineData("")]
    [InlineData("takeover.0123")]
    [InlineData("a.0123abcd")]
    public void A_lock_has_a_name_that_the_engine_takes(string target) =>
        Assert.Matches(new Regex(@"\A[a-zA-Z0-9][a-zA-Z0-9_.-]{1,200}\z"), LockNames.Lock(target));

    [Fact]
    public void Targets_that_differ_have_locks_that_differ()
    {
        var targets = new List<string>
        {
            "shop-api", "shop/api", "shop:api", "shop api", "shop.api", "Shop-Api", "takeover.x", "renewal.x", "", "-",
            new('a', 100), new('a', 101), new('a', 300), new string('a', 299) + "b",
        };

        // Targets that look like the names that others got.
        targets.AddRange(targets.ToList().Select(target => LockNames.Lock(target)["pro-lock-".Length..]).Where(one => !targets.Contains(one)));

        Assert.Equal(targets.Count, targets.Select(LockNames.Lock).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal("pro-lock-shop-api", LockNames.Lock("shop-api"));
    }

    [Fact]
    public void Labels_come_back_as_they_were_written()
    {
        var info = Info() with { ComposePath = "/srv/shop" };

        var labels = LockLabels.Write(info, LockRole.Renewal, "nonce");

        Assert.True(LockLabels.TryRead(labels, out var read));
        Assert.Equal(info, read);
        Assert.True(LockLabels.TryReadRole(labels, out var role));
        Assert.Equal(LockRole.Renewal, role);
        Assert.Equal("nonce", labels[LockLabels.Of]);
    }

    [Fact]
    public void A_volume_without_our_labels_is_none() =>
        Assert.False(LockLabels.TryRead(new Dictionary<string, string> { [LockLabels.Role] = "Lock" }, out _));

    [Fact]
    public void A_lock_of_a_living_process_is_held() => Assert.Null(Why(Info(), start: "1000"));

    [Theory]
    [InlineData(null)]
    [InlineData("1001")]
    public void A_lock_is_left_behind_when_its_process_is_gone_or_its_id_was_given_again(string? start) =>
        Assert.Equal("its process 17 on build-1 is gone", Why(Info(), start));

    [Fact]
    public void A_process_that_can_not_be_looked_at_is_taken_for_alive() => Assert.Null(Why(Info(), start: ""));

    [Fact]
    public void Nothing_of_before_the_machines_start_is_alive() =>
        Assert.NotNull(Why(Info() with { Process = new("machine", "another boot", 17, "1000") }, start: "1000"));

    [Fact]
    public void Nobody_can_look_into_another_machine() =>
        Assert.Null(Why(Info() with { Process = new("another", "another boot", 17, "1000") }, start: null));

    [Fact]
    public void Past_its_deadline_any_lock_is_left_behind()
    {
        var foreign = Info() with { Process = new("another", "boot", 17, "1000"), Deadline = Now.AddSeconds(-1) };

        Assert.Equal("its deadline 2026-09-14 11:59:59Z has passed", Why(foreign, start: "1000"));
    }

    [Fact]
    public void What_this_process_holds_no_longer_is_left_behind()
    {
        var ours = Info() with { Process = Here };

        Assert.Null(ours.WhyStale(Here, _ => "1000", _ => true, Now));
        Assert.NotNull(ours.WhyStale(Here, _ => "1000", _ => false, Now));
    }

    [Fact]
    public void This_process_is_known_and_alive()
    {
        var current = LockProcess.Current;

        Assert.Equal(Environment.ProcessId, current.Id);
        Assert.NotEmpty(current.Start);
        Assert.False(current.IsGone(current, LockProcess.StartOf));
        Assert.True((current with { Start = "1" }).IsGone(current, LockProcess.StartOf));
        Assert.True((current with { Id = int.MaxValue }).IsGone(current, LockProcess.StartOf));
    }

    private static string? Why(LockInfo info, string? start) => info.WhyStale(Here, id => id == 17 ? start : null, _ => false, Now);

    private static LockInfo Info() => new()
    {
        Target = "shop/api",
        Nonce = "0123",
        Operation = "roll back api",
        User = "ana",
        Host = "build-1",
        Process = new("machine", "boot", 17, "1000"),
        Since = Now.AddMinutes(-1),
        Deadline = Now.AddMinutes(10),
    };
}
