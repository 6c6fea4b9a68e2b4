using System.Diagnostics;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Swarm;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Reporting;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

[Collection(nameof(RealSwarm))]
[Trait("Engine", "real")]
public sealed class SwarmUpdateTests(SwarmEngine swarm)
{
    private const int Limit = 240_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Trait("Run", "all")] // The cmdlet does the same in the engine suite.
    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_tasks_get_the_new_image_by_its_digest_in_the_order_asked_for(bool startFirst)
    {
        await using var service = await TestService.CreateAsync(swarm);

        var result = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions
        {
            Order = startFirst ? UpdateOrder.StartFirst : UpdateOrder.StopFirst,
        });

        Assert.Equal(ProDeploymentOutcome.Succeeded, result.Outcome);
        Assert.Null(result.Failure);
        Assert.Equal(["v2.0.0", "v2.0.0"], await service.RunningAsync());
        var state = await service.StateAsync();
        Assert.Equal(await TestService.PinnedAsync(swarm, "v2.0.0"), state.Image);
        Assert.DoesNotContain(SwarmRollbackPoint.Label, state.Labels);
        var old = await TestService.PinnedAsync(swarm, "v1.0.0");
        await service.UntilAsync(sighting => sighting.Tasks.All(task => task.Image != old || task.State == "shutdown"));
        var times = await service.TimesAsync();
        foreach (var slot in times.GroupBy(one => one.Task.Slot))
        {
            var stopped = slot.Single(one => one.Task.Image == old).Finished;
            var started = slot.Single(one => one.Task.Image == state.Image).Started;
            Assert.Equal(startFirst, started < stopped);
        }

        Assert.Contains(service.Reports, report => report is ProgressReport { Completed: true });
        Assert.Contains(service.Reports, report =>
            report is ProgressReport progress && progress.Status.Contains("of 2 tasks run", StringComparison.Ordinal));
    }

    [Fact(Timeout = Limit)]
    public async Task One_after_another_with_the_delay_between()
    {
        await using var service = await TestService.CreateAsync(swarm);

        var result = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions { Parallelism = 1, Delay = TimeSpan.FromSeconds(3) });

        Assert.Equal(ProDeploymentOutcome.Succeeded, result.Outcome);
        var pinned = await TestService.PinnedAsync(swarm, "v2.0.0");
        var started = (await service.TimesAsync()).Where(one => one.Task.Image == pinned).Select(one => one.Started).Order().ToList();
        Assert.Equal(2, started.Count);
        Assert.True(started[1] - started[0] >= TimeSpan.FromSeconds(3), $"{started[1] - started[0]} between the two");
        Assert.Equal(3_000_000_000L, (long?)(await service.StateAsync()).UpdateConfig!["Delay"]);
    }

    [Trait("Run", "all")] // The cmdlet does the same in the engine suite.
    [Fact(Timeout = Limit)]
    public async Task A_rollback_by_the_engine_is_an_error_with_the_tasks_own_words_and_log()
    {
        await using var service = await TestService.CreateAsync(swarm, configure: Patient);

        var result = await service.UpdateAsync("v3.0.0-dies", new SwarmUpdateOptions { FailureAction = SwarmFailureAction.Rollback });

        Assert.Equal(ProDeploymentOutcome.RolledBackByEngine, result.Outcome);
        Assert.Equal("SwarmRolledBackByEngine", result.Failure!.Id);
        Assert.Contains(result.LogTail, error => error.Contains("non-zero exit (3)", StringComparison.Ordinal));
        Assert.Contains("non-zero exit (3)", result.Failure.Message, StringComparison.Ordinal);
        Assert.Contains("out of luck", result.LogTail);
        Assert.Equal(["v1.0.0", "v1.0.0"], await service.RunningAsync());
    }

    [Trait("Run", "all")] // The cmdlet does the same in the engine suite.
    [Fact(Timeout = Limit)]
    public async Task A_pause_that_was_asked_for_stays_and_is_an_error()
    {
        await using var service = await TestService.CreateAsync(swarm, configure: Patient);

        var result = await service.UpdateAsync("v3.0.0-dies", new SwarmUpdateOptions { FailureAction = SwarmFailureAction.Pause });

        Assert.Equal(ProDeploymentOutcome.Paused, result.Outcome);
        Assert.Equal("SwarmUpdatePaused", result.Failure!.Id);
        Assert.Equal("paused", (await service.StateAsync()).UpdateStatus!.State);
        Assert.Contains(result.LogTail, error => error.Contains("(3)", StringComparison.Ordinal));

        // The old status lingers until the next update, and must not be taken for its own.
        var next = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions());
        Assert.Equal(ProDeploymentOutcome.Succeeded, next.Outcome);
        Assert.Equal(["v2.0.0", "v2.0.0"], await service.RunningAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_pause_that_nobody_asked_for_is_taken_back_and_leaves_the_specification_as_it_was()
    {
        await using var service = await TestService.CreateAsync(swarm, configure: spec =>
        {
            Patient(spec);
            spec["UpdateConfig"]!["Delay"] = 60_000_000_000L;
        });
        var before = await service.LookAsync();

        var result = await service.UpdateAsync("v3.0.0-dies", new SwarmUpdateOptions());

        Assert.Equal(ProDeploymentOutcome.RestoredPrevious, result.Outcome);
        Assert.Equal("SwarmUpdateRestored", result.Failure!.Id);
        Assert.False(result.WasStopped);
        var after = await service.LookAsync();
        AssertSame(before.Service.Spec, after.Service.Spec);
        Assert.Equal(["v1.0.0", "v1.0.0"], TestService.TagsOf(after));

        // The task that the update had not reached was left alone.
        Assert.Single(after.Tasks.Where(task => task.IsRunning).Select(task => task.Id).Intersect(before.Tasks.Select(task => task.Id)));
    }

    [Fact(Timeout = Limit)]
    public async Task A_version_that_never_gets_healthy_is_taken_back_after_the_time_it_was_given()
    {
        await using var service = await TestService.CreateAsync(swarm);
        var before = await service.LookAsync();

        var result = await service.UpdateAsync("v4.0.0-sick", new SwarmUpdateOptions
        {
            Order = UpdateOrder.StartFirst,
            HealthTimeout = TimeSpan.FromSeconds(5),
        });

        Assert.Equal(ProDeploymentOutcome.RestoredPrevious, result.Outcome);
        Assert.Contains("within 5 seconds", result.Failure!.Message, StringComparison.Ordinal);
        var after = await service.LookAsync();
        AssertSame(before.Service.Spec, after.Service.Spec);

        // Started first, never healthy: no old task was touched.
        Assert.Equal(
            before.Tasks.Where(task => task.IsRunning).Select(task => task.Id).Order(),
            after.Tasks.Where(task => task.IsRunning).Select(task => task.Id).Order());
    }

    [Fact(Timeout = Limit)]
    public async Task A_rollback_goes_at_the_services_own_rollback_pace_and_leaves_the_configuration_as_it_was()
    {
        await using var service = await TestService.CreateAsync(swarm, configure: spec =>
        {
            spec["UpdateConfig"]!["Delay"] = 120_000_000_000L;
            spec["RollbackConfig"]!["Parallelism"] = 2;
        });
        var before = await service.StateAsync();
        var clock = Stopwatch.StartNew();

        var result = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions { IsRollback = true });

        Assert.Equal(ProDeploymentOutcome.Succeeded, result.Outcome);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(100), $"{clock.Elapsed}");
        Assert.Equal(["v2.0.0", "v2.0.0"], await service.RunningAsync());
        var expected = (JsonObject)before.Spec.DeepClone();
        expected["TaskTemplate"]!["ContainerSpec"]!["Image"] = await TestService.PinnedAsync(swarm, "v2.0.0");
        AssertSame(expected, (await service.StateAsync()).Spec);
    }

    [Fact(Timeout = Limit)]
    public async Task The_same_version_is_nothing_to_do_unless_forced()
    {
        await using var service = await TestService.CreateAsync(swarm);
        var before = await service.LookAsync();

        var nothing = await service.UpdateAsync("v1.0.0", new SwarmUpdateOptions { Parallelism = 2 });

        Assert.Equal(ProDeploymentOutcome.NothingToDo, nothing.Outcome);
        Assert.Equal(before.Service.Index, (await service.StateAsync()).Index);

        var forced = await service.UpdateAsync("v1.0.0", new SwarmUpdateOptions { Force = true });

        Assert.Equal(ProDeploymentOutcome.Succeeded, forced.Outcome);
        var after = await service.LookAsync();
        Assert.Equal(before.Service.ForceUpdate + 1, after.Service.ForceUpdate);
        Assert.Empty(after.Tasks.Where(task => task.IsRunning).Select(task => task.Id).Intersect(before.Tasks.Select(task => task.Id)));
    }

    [Fact(Timeout = Limit)]
    public async Task Stopping_in_the_middle_goes_back_and_says_so()
    {
        await using var service = await TestService.CreateAsync(swarm);
        var before = await service.StateAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        service.Reported = report =>
        {
            // One of two is there; the delay would hold the other.
            if (report is ProgressReport progress && progress.Status.StartsWith("1 of 2", StringComparison.Ordinal))
            {
                stop.Cancel();
            }
        };

        var result = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions { Delay = TimeSpan.FromMinutes(10) }, stop.Token);

        Assert.True(result.WasStopped);
        Assert.Equal((ProDeploymentOutcome.RestoredPrevious, "SwarmUpdateStopped"), (result.Outcome, result.Failure!.Id));
        Assert.Contains(service.Warnings, warning => warning.Contains("goes back to", StringComparison.Ordinal));
        Assert.Equal(["v1.0.0", "v1.0.0"], await service.RunningAsync());
        AssertSame(before.Spec, (await service.StateAsync()).Spec);
    }

    [Trait("Run", "all")] // The cmdlet does the same in the engine suite.
    [Fact(Timeout = Limit)]
    public async Task Without_waiting_the_engine_has_it_and_finishes_alone()
    {
        await using var service = await TestService.CreateAsync(swarm);

        var result = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions { NoWait = true });

        Assert.Equal(ProDeploymentOutcome.Accepted, result.Outcome);
        await service.UntilAsync(sighting => sighting.Service.UpdateStatus?.State == "completed");
        Assert.Equal(["v2.0.0", "v2.0.0"], await service.RunningAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_task_that_dies_during_the_watch_afterwards_takes_it_back()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 1);
        var killed = false;
        service.Reported = report =>
        {
            if (!killed && report is VerboseReport { Message: var text } && text.Contains("completed", StringComparison.Ordinal)
                && text.StartsWith("The engine says", StringComparison.Ordinal))
            {
                killed = true;
                _ = KillOneAsync(service, "v2.0.0");
            }
        };

        var result = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions { Watch = TimeSpan.FromSeconds(60) });

        Assert.Equal(ProDeploymentOutcome.RestoredPrevious, result.Outcome);
        Assert.Contains("while it was watched", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(["v1.0.0"], await service.RunningAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_service_without_tasks_changes_at_once()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 0);

        var result = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions { Canary = 1 });

        Assert.Equal(ProDeploymentOutcome.Succeeded, result.Outcome);
        Assert.Equal(await TestService.PinnedAsync(swarm, "v2.0.0"), (await service.StateAsync()).Image);
    }

    [Fact(Timeout = Limit)]
    public async Task An_update_that_the_engine_calls_complete_though_its_tasks_die_is_taken_back()
    {
        await swarm.PublishAsync("v6.0.0-brief", """CMD ["/bin/busybox","sh","-c","/bin/busybox sleep 2; exit 4"]""", Token);
        await using var service = await TestService.CreateAsync(swarm, replicas: 1, configure: static spec =>
            spec["UpdateConfig"] = TestService.Config("continue"));

        // The second for which the engine counts failures is over by then.
        var result = await service.UpdateAsync("v6.0.0-brief", new SwarmUpdateOptions(), provesStability: true);

        Assert.Equal(ProDeploymentOutcome.RestoredPrevious, result.Outcome);
        Assert.Contains(result.LogTail, error => error.Contains("(4)", StringComparison.Ordinal));
        Assert.Equal(["v1.0.0"], await service.RunningAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_global_service_is_updated_and_taken_back_too()
    {
        await using var service = await TestService.CreateAsync(swarm,
            configure: spec =>
            {
                Patient(spec);
                spec["Mode"] = new JsonObject { ["Global"] = new JsonObject() };
            });

        var good = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions());
        var bad = await service.UpdateAsync("v3.0.0-dies", new SwarmUpdateOptions());

        Assert.Equal(ProDeploymentOutcome.Succeeded, good.Outcome);
        Assert.Equal(ProDeploymentOutcome.RestoredPrevious, bad.Outcome);
        Assert.Equal(["v2.0.0"], await service.RunningAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_job_is_refused_with_the_reason()
    {
        var name = "pro-test-job-" + Guid.NewGuid().ToString("N")[..8];
        var spec = new JsonObject
        {
            ["Name"] = name,
            ["TaskTemplate"] =
                new JsonObject { ["ContainerSpec"] = new JsonObject { ["Image"] = await TestService.PinnedAsync(swarm, "v1.0.0") } },
            ["Mode"] = new JsonObject { ["ReplicatedJob"] = new JsonObject { ["MaxConcurrent"] = 1, ["TotalCompletions"] = 1 } },
        };
        await swarm.Connection.Http.AskAsync(HttpMethod.Post, "services/create", spec, null, Token);
        try
        {
            var error = await Assert.ThrowsAsync<ProException>(() => SwarmUpdate.RunAsync(
                swarm.Connection, name, $"{SwarmEngine.Repository}:v2.0.0", new SwarmUpdateOptions(), new Progress<Report>(), Token));

            Assert.Equal("SwarmServiceIsJob", error.Id);
            Assert.Contains("ReplicatedJob", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            await swarm.Engine.Client.Swarm.RemoveServiceAsync(name, CancellationToken.None);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_not_there_is_said_before_anything_is_touched()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 0);
        var before = await service.StateAsync();

        var noImage = await Assert.ThrowsAsync<ProException>(() => service.UpdateAsync("v9.9.9", new SwarmUpdateOptions()));
        var noService = await Assert.ThrowsAsync<ProException>(() => SwarmUpdate.RunAsync(
            swarm.Connection, "pro-test-none",
                $"{SwarmEngine.Repository}:v2.0.0", new SwarmUpdateOptions(), new Progress<Report>(), Token));

        Assert.Equal(("SwarmImageNotFound", "SwarmServiceNotFound"), (noImage.Id, noService.Id));
        Assert.Equal(before.Index, (await service.StateAsync()).Index);
    }

    // What the tests' images do at once must be seen while it counts.
    private static void Patient(JsonObject spec) => spec["UpdateConfig"] = TestService.Config("pause", seconds: 5);

    internal static void AssertSame(JsonObject expected, JsonObject actual) => Assert.True(
        JsonNode.DeepEquals(expected, actual), $"Expected:\n{expected.ToJsonString()}\nActual:\n{actual.ToJsonString()}");

    private async Task KillOneAsync(TestService service, string tag)
    {
        var task = (await service.LookAsync()).Tasks
            .First(task => task.IsRunning && task.Image.Contains($":{tag}", StringComparison.Ordinal));
        await swarm.Engine.Client.Containers.KillContainerAsync(task.ContainerId!, new(), Token);
    }
}
