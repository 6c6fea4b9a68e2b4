using System.Threading.Channels;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Machine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Locking;

[Trait("Engine", "real")]
public sealed class TargetLockTests
{
    private static readonly ProcessIdentity Elsewhere = new("another machine", 1, "1");
    private static readonly LockTimes Often = new(TimeSpan.FromMilliseconds(50), LockTimes.Default.Stale);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lock_is_refused_to_all_others_who_are_told_who_holds_it()
    {
        await using var engine = await RealEngine.StartAsync();
        await using var held = await engine.AcquireAsync(engine.Request());

        var refusal = await Assert.ThrowsAsync<ProException>(() => engine.AcquireAsync());

        Assert.Equal("TargetLocked", refusal.Id);
        Assert.Equal(ProErrorCategory.ResourceBusy, refusal.Category);
        Assert.Contains(engine.Target, refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"the test's work, by {held.Info.User} on {Environment.MachineName}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"{held.Info.Since:u}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("-LockTimeout", refusal.RecommendedAction, StringComparison.Ordinal);
        Assert.Contains("-BreakLock", refusal.RecommendedAction, StringComparison.Ordinal);
        Assert.Null(await TargetLock.TryAcquireAsync(engine.Connection, engine.Request(), engine.Reports, Token));
        Assert.Equal(held.Info, await TargetLock.FindAsync(engine.Connection, engine.Target, Token));
        Assert.Contains(held.Info, await TargetLock.ListAsync(engine.Connection, Token));
        Assert.True(await held.IsHeldAsync(Token));
    }

    [Fact]
    public async Task A_lock_that_was_given_back_leaves_nothing_and_can_be_had_again()
    {
        await using var engine = await RealEngine.StartAsync();
        var held = await engine.AcquireAsync();
        await held.DisposeAsync();
        await held.DisposeAsync();

        Assert.False(await held.IsHeldAsync(Token));
        Assert.Empty(await engine.VolumesAsync());
        await using var again = await engine.AcquireAsync();
        Assert.True(await again.IsHeldAsync(Token));
        Assert.Empty(engine.Reports.Warnings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_twenty_who_race_one_wins_also_for_a_lock_that_was_left_behind(bool isStale)
    {
        await using var engine = await RealEngine.StartAsync();
        for (var round = 0; round < 4; round++)
        {
            if (isStale)
            {
                _ = await engine.PlantAsync(info => info with { Process = info.Process with { Id = int.MaxValue } });
            }

            var racers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(
                () => TargetLock.TryAcquireAsync(engine.Connection, engine.Request(), engine.Reports, Token), Token)));

            await using var winner = Assert.Single(racers, racer => racer is not null);
            Assert.True(await winner!.IsHeldAsync(Token));
            Assert.Equal(winner.Info, Assert.Single(LockStore.Last(await engine.VolumesAsync())));

            // The others have left nothing: there is the lock, and the claim of the one who took it over.
            Assert.Equal(isStale ? [0, 1] : [0], Numbers(await engine.VolumesAsync()));
        }

        Assert.Equal(isStale ? 4 : 0, engine.Reports.Warnings.Count);
    }

    [Fact]
    public async Task Of_twenty_who_break_a_lock_at_once_one_holds_it_in_the_end()
    {
        await using var engine = await RealEngine.StartAsync();
        _ = await engine.PlantAsync(info => info with { Process = Elsewhere });

        var racers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(
            () => TargetLock.TryAcquireAsync(engine.Connection, engine.Request() with { Breaks = true }, engine.Reports, Token), Token)));

        var held = await Task.WhenAll(racers.OfType<TargetLock>().Select(one => one.IsHeldAsync(Token)));
        Assert.Single(held, isHeld => isHeld);
        foreach (var racer in racers.OfType<TargetLock>())
        {
            await racer.DisposeAsync();
        }

        Assert.Empty(await engine.VolumesAsync());
    }

    [Fact]
    public async Task Of_six_processes_that_race_one_wins_also_for_a_lock_that_was_left_behind()
    {
        await using var engine = await RealEngine.StartAsync();
        var children = Enumerable.Range(0, 6).Select(_ => TestChild.Start("lock", engine.Target)).ToList();
        try
        {
            for (var round = 0; round < 4; round++)
            {
                foreach (var child in children)
                {
                    Assert.Equal("ready", await child.ReadAsync());
                }

                if (round % 2 == 1)
                {
                    _ = await engine.PlantAsync(info => info with { Process = info.Process with { Id = int.MaxValue } });
                }

                await Task.WhenAll(children.Select(child => child.TellAsync("race")));
                var answers = await Task.WhenAll(children.Select(child => child.ReadAsync()));
                Assert.Equal(["TargetLocked", "TargetLocked", "TargetLocked", "TargetLocked", "TargetLocked", "won"], answers.Order());
                await Task.WhenAll(children.Select(child => child.TellAsync("give back")));
            }

            foreach (var child in children)
            {
                Assert.Equal("ready", await child.ReadAsync());
                Assert.Equal(0, await child.EndAsync());
            }

            Assert.Empty(await engine.VolumesAsync());
        }
        finally
        {
            children.ForEach(child => child.Dispose());
        }
    }

    // Who wins is about to work, or to give the lock back, when somebody is killed: the winner, one that takes over, or one that waits.
    [Fact]
    public async Task Of_processes_that_are_killed_at_any_moment_there_are_never_two_who_hold_it()
    {
        await using var engine = await RealEngine.StartAsync();
        var file = Path.GetTempFileName();
        var said = Channel.CreateUnbounded<string?>();
        var children = Enumerable.Range(0, 4).Select(_ => Compete()).ToList();
        try
        {
            for (var round = 0; round < 12; round++)
            {
                Assert.Equal("won", await said.Reader.ReadAsync(Token));
                await children[round % 4].KillAsync();
                children[round % 4].Dispose();
                children[round % 4] = Compete();
            }
        }
        finally
        {
            children.ForEach(child => child.Dispose());
            File.Delete(file);
        }

        await using (var last = await engine.AcquireAsync())
        {
            Assert.True(await last.IsHeldAsync(Token));
        }

        await TargetLock.SweepAsync(engine.Connection, Token);
        Assert.Empty(await engine.VolumesAsync());

        TestChild Compete()
        {
            var child = TestChild.Start("compete", engine.Target, file);
            _ = Task.Run(
                async () =>
                {
                    while (await child.ReadAsync() is { } line)
                    {
                        await said.Writer.WriteAsync(line, Token);
                    }
                },
                Token);
            return child;
        }
    }

    [Fact]
    public async Task A_lock_of_a_killed_process_is_taken_over_and_that_of_a_living_one_is_not()
    {
        await using var engine = await RealEngine.StartAsync();
        using var child = TestChild.Start("lock", engine.Target);
        Assert.Equal("ready", await child.ReadAsync());
        await child.TellAsync("take it");
        Assert.Equal("won", await child.ReadAsync());

        var refusal = await Assert.ThrowsAsync<ProException>(() => engine.AcquireAsync());
        Assert.Contains($"process {child.Id})", refusal.Message, StringComparison.Ordinal);

        await child.KillAsync();
        await using var taken = await engine.AcquireAsync();

        Assert.True(await taken.IsHeldAsync(Token));
        var warning = Assert.Single(engine.Reports.Warnings);
        Assert.Contains($"its process {child.Id} on {Environment.MachineName} is gone", warning, StringComparison.Ordinal);
        Assert.Contains("the child's work", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_id_of_a_living_process_with_another_start_is_another_process()
    {
        await using var engine = await RealEngine.StartAsync();
        _ = await engine.PlantAsync(info => info with { Process = info.Process with { Start = "1" } });

        await using var taken = await engine.AcquireAsync();

        Assert.True(await taken.IsHeldAsync(Token));
    }

    [Fact]
    public async Task A_lock_of_another_machine_that_nobody_renews_is_taken_over_after_it_was_watched()
    {
        await using var engine = await RealEngine.StartAsync();
        _ = await engine.PlantAsync(info => info with { Process = Elsewhere, Host = "build-2" });

        await using var taken = await engine.AcquireAsync(engine.Request() with { Times = Often with { Stale = TimeSpan.FromSeconds(1) } });

        Assert.True(await taken.IsHeldAsync(Token));
        Assert.Contains("on build-2 has not renewed it for 1 s", Assert.Single(engine.Reports.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_of_another_machine_that_is_renewed_while_it_is_watched_is_held_until_it_is_broken()
    {
        await using var engine = await RealEngine.StartAsync();
        var foreign = await engine.PlantAsync(info => info with { Process = Elsewhere, Host = "build-2" });
        var watching = engine.AcquireAsync();
        await engine.Reports.UntilAsync(reports => reports.Verbose.Count > 0, Token);
        _ = await engine.PlantClaimAsync(foreign with { Renewal = 1 });

        var refusal = await Assert.ThrowsAsync<ProException>(() => watching);
        Assert.Equal("TargetLocked", refusal.Id);
        Assert.Contains("on build-2", refusal.Message, StringComparison.Ordinal);

        // It was seen to live, and is not watched again.
        _ = await Assert.ThrowsAsync<ProException>(() => engine.AcquireAsync());
        Assert.Single(engine.Reports.Verbose);
        Assert.Empty(engine.Reports.Warnings);

        await using var broken = await engine.AcquireAsync(engine.Request() with { Breaks = true });
        Assert.True(await broken.IsHeldAsync(Token));
        Assert.NotEqual(foreign.Nonce, broken.Info.Nonce);
        Assert.Contains("-BreakLock", Assert.Single(engine.Reports.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_lost_its_lock_learns_it_and_does_not_give_back_anothers()
    {
        await using var engine = await RealEngine.StartAsync();
        var first = await engine.AcquireAsync();
        await using var second = await engine.AcquireAsync(engine.Request() with { Breaks = true });

        Assert.False(await first.IsHeldAsync(Token));
        var lost = await Assert.ThrowsAsync<ProException>(() => first.RenewAsync(Token));
        Assert.Equal("LockLost", lost.Id);
        await first.DisposeAsync();

        Assert.True(await second.IsHeldAsync(Token));
        Assert.Equal([0, 1], Numbers(await engine.VolumesAsync()));
    }

    [Fact]
    public async Task A_lock_is_renewed_while_it_is_held()
    {
        await using var engine = await RealEngine.StartAsync();
        var held = await engine.AcquireAsync(engine.Request() with { Times = Often });
        await UntilRenewedAsync(engine, 2);

        Assert.True(await held.IsHeldAsync(Token));
        Assert.Null(await TargetLock.TryAcquireAsync(engine.Connection, engine.Request(), engine.Reports, Token));
        await held.DisposeAsync();

        Assert.Empty(engine.Reports.Warnings);
        Assert.Empty(await engine.VolumesAsync());
    }

    [Fact]
    public async Task The_renewal_says_that_the_lock_was_broken_and_ends()
    {
        await using var engine = await RealEngine.StartAsync();
        await using var first = await engine.AcquireAsync(engine.Request() with { Times = Often });
        await using var second = await engine.AcquireAsync(engine.Request() with { Breaks = true });

        await engine.Reports.UntilAsync(reports => reports.Warnings.Count == 2, Token);

        Assert.Single(engine.Reports.Warnings, warning => warning.Contains("is no longer ours", StringComparison.Ordinal));
        Assert.True(await second.IsHeldAsync(Token));
    }

    [Fact]
    public async Task Who_takes_a_lock_over_is_given_the_note_of_the_operation_that_was_cut_off_also_when_a_repair_died_in_between()
    {
        await using var engine = await RealEngine.StartAsync();
        var gone = ProcessIdentity.Current with { Id = int.MaxValue };
        _ = await engine.PlantAsync(info => info with { Process = gone, Note = "what it was about" });

        var repair = await engine.AcquireAsync();
        Assert.Equal("what it was about", repair.Info.Interrupted);
        await repair.DisposeAsync();
        await using var calm = await engine.AcquireAsync();
        Assert.Null(calm.Info.Interrupted);
        await calm.DisposeAsync();

        _ = await engine.PlantAsync(_ => repair.Info with { Process = gone });
        await using var next = await engine.AcquireAsync();
        Assert.Equal("what it was about", next.Info.Interrupted);
        Assert.Equal(next.Info, await TargetLock.FindAsync(engine.Connection, engine.Target, Token));
    }

    [Fact]
    public async Task Waiting_ends_when_the_lock_is_given_back_or_the_time_is_over()
    {
        await using var engine = await RealEngine.StartAsync();
        var held = await engine.AcquireAsync();
        var refusal = await Assert.ThrowsAsync<ProException>(
            () => engine.AcquireAsync(engine.Request() with { Wait = TimeSpan.FromMilliseconds(1) }));
        Assert.Equal("TargetLocked", refusal.Id);

        var waiting = engine.AcquireAsync(engine.Request() with { Wait = TimeSpan.FromMinutes(2) });
        await held.DisposeAsync();

        await using var next = await waiting;
        Assert.True(await next.IsHeldAsync(Token));
    }

    [Fact]
    public async Task A_takeover_that_died_in_the_middle_is_finished_by_the_next()
    {
        await using var engine = await RealEngine.StartAsync();
        var gone = ProcessIdentity.Current with { Id = int.MaxValue };
        var stale = await engine.PlantAsync(info => info with { Process = gone, Note = "what it was about" });
        var next = LockInfo.Ours(engine.Request(), DateTimeOffset.UtcNow) with
        {
            Process = gone,
            Chain = stale.Nonce,
            Renewal = 1,
            Interrupted = stale.Note,
        };
        _ = await engine.PlantClaimAsync(next);

        // And the one who finished that one died as well.
        _ = await engine.PlantClaimAsync(next with { Nonce = Guid.NewGuid().ToString("N"), Renewal = 2 });

        var taken = await engine.AcquireAsync();

        Assert.True(await taken.IsHeldAsync(Token));
        Assert.Equal("what it was about", taken.Info.Interrupted);
        Assert.Equal([0, 2, 3], Numbers(await engine.VolumesAsync()));
        await taken.DisposeAsync();
        Assert.Empty(await engine.VolumesAsync());
    }

    // The holder died while it gave the lock back: what it did was done.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lock_whose_holder_died_while_giving_it_back_can_be_had_and_has_nothing_to_repair(bool hasFirst)
    {
        await using var engine = await RealEngine.StartAsync();
        var gone = ProcessIdentity.Current with { Id = int.MaxValue };
        var held = await engine.PlantAsync(info => info with { Process = gone, Note = "what it was about" });
        _ = await engine.PlantClaimAsync(held with { Renewal = 1, Ends = true, Note = null });
        if (!hasFirst)
        {
            await new VolumeLabels(engine.Connection).RemoveAsync(LockNames.Lock(engine.Target), Token);
            Assert.Null(await TargetLock.FindAsync(engine.Connection, engine.Target, Token));
        }

        var taken = await engine.AcquireAsync();

        Assert.True(await taken.IsHeldAsync(Token));
        Assert.Null(taken.Info.Interrupted);
        await taken.DisposeAsync();
        if (!hasFirst)
        {
            await TargetLock.SweepAsync(engine.Connection, Token);
        }

        Assert.Empty(await engine.VolumesAsync());
    }

    // -BreakLock in this moment waits: the holder would remove the lock under the one who broke it.
    [Fact]
    public async Task A_lock_that_is_being_given_back_is_not_broken()
    {
        await using var engine = await RealEngine.StartAsync();
        var held = await engine.PlantAsync(info => info with { Process = Elsewhere });
        var end = await engine.PlantClaimAsync(held with { Renewal = 1, Ends = true });
        var breaking = engine.AcquireAsync(engine.Request() with { Breaks = true });
        await new VolumeLabels(engine.Connection).RemoveAsync(LockNames.Of(held), Token);
        await new VolumeLabels(engine.Connection).RemoveAsync(LockNames.Of(end), Token);

        await using var taken = await breaking;

        Assert.True(await taken.IsHeldAsync(Token));
        Assert.Equal(taken.Info.Nonce, taken.Info.Chain);
        Assert.Empty(engine.Reports.Warnings);
    }

    // It looked before the lock was given back and taken again, and makes its claim only now.
    [Fact]
    public async Task A_late_claim_in_a_chain_that_is_gone_does_not_count_and_is_removed()
    {
        await using var engine = await RealEngine.StartAsync();
        var before = await engine.AcquireAsync();
        await before.DisposeAsync();
        await using var held = await engine.AcquireAsync();
        var late = LockInfo.Ours(engine.Request(), DateTimeOffset.UtcNow) with { Chain = before.Info.Chain, Renewal = 1 };

        Assert.False(await LockStore.For(engine.Connection, engine.Target).FollowAsync(late, Token));

        Assert.True(await held.IsHeldAsync(Token));
        Assert.Equal(held.Info, Assert.Single(await engine.VolumesAsync()));
    }

    [Fact]
    public async Task A_lock_that_a_prune_has_taken_is_lost_also_while_nobody_else_has_it()
    {
        await using var engine = await RealEngine.StartAsync();
        await using var held = await engine.AcquireAsync();
        await held.RenewAsync(Token);
        await new VolumeLabels(engine.Connection).RemoveAsync(LockNames.Lock(engine.Target), Token);

        Assert.False(await held.IsHeldAsync(Token));
        Assert.Equal("LockLost", (await Assert.ThrowsAsync<ProException>(() => held.RenewAsync(Token))).Id);
    }

    [Fact]
    public async Task Sweeping_removes_what_is_left_of_locks_that_are_gone_and_nothing_else()
    {
        await using var engine = await RealEngine.StartAsync();
        await using var held = await engine.AcquireAsync();
        await held.RenewAsync(Token);
        var left = LockInfo.Ours(
            engine.Request(), DateTimeOffset.UtcNow) with { Process = ProcessIdentity.Current with { Id = int.MaxValue } };
        _ = await engine.PlantClaimAsync(left with { Renewal = 1 });
        _ = await engine.PlantClaimAsync(left with { Renewal = 2 });

        await TargetLock.SweepAsync(engine.Connection, Token);

        Assert.Equal([0, 1], Numbers(await engine.VolumesAsync()));
        Assert.True(await held.IsHeldAsync(Token));
    }

    [Fact]
    public async Task A_volume_that_only_has_the_name_of_a_lock_is_left_alone()
    {
        await using var engine = await RealEngine.StartAsync();
        var name = LockNames.Lock(engine.Target);
        await engine.Connection.CallAsync(client => client.Volumes.CreateAsync(new() { Name = name }, Token));
        try
        {
            var refusal = await Assert.ThrowsAsync<ProException>(() => engine.AcquireAsync(engine.Request() with { Breaks = true }));
            Assert.Equal("LockVolumeNotOurs", refusal.Id);
        }
        finally
        {
            await new VolumeLabels(engine.Connection).RemoveAsync(name, Token);
        }
    }

    private static IEnumerable<long> Numbers(IEnumerable<LockInfo> claims) => claims.Select(claim => claim.Renewal).Order();

    private static async Task UntilRenewedAsync(RealEngine engine, long renewals)
    {
        while ((await TargetLock.FindAsync(engine.Connection, engine.Target, Token))!.Renewal < renewals)
        {
            await Task.Delay(20, Token);
        }
    }
}
