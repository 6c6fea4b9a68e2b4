using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Swarm;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

[Collection(nameof(RealSwarm))]
[Trait("Engine", "real")]
public sealed class SwarmCanaryTests(SwarmEngine swarm)
{
    private const int Limit = 240_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Trait("Run", "all")] // The cmdlet does the same in the engine suite.
    [Fact(Timeout = Limit)]
    public async Task An_approved_canary_is_followed_by_the_rest()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 3);
        var before = await service.StateAsync();
        IReadOnlyList<string> seen = [];

        var result = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions
        {
            Canary = 1,
            ApproveCanary = async _ =>
            {
                seen = await service.RunningAsync();
                return true;
            },
        });

        Assert.Equal(["v1.0.0", "v1.0.0", "v2.0.0"], seen);
        Assert.Equal(ProDeploymentOutcome.Succeeded, result.Outcome);
        var after = await service.LookAsync();
        Assert.Equal(["v2.0.0", "v2.0.0", "v2.0.0"], TestService.TagsOf(after));
        SwarmUpdateTests.AssertSame(before.UpdateConfig!, after.Service.UpdateConfig!);
        Assert.DoesNotContain(SwarmRollbackPoint.Label, after.Service.Labels);
    }

    [Fact(Timeout = Limit)]
    public async Task A_canary_that_nobody_wants_is_taken_back_and_the_other_tasks_are_not_touched()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 3);
        var before = await service.LookAsync();

        var result = await service.UpdateAsync("v2.0.0",
            new SwarmUpdateOptions { Canary = 1, ApproveCanary = _ => Task.FromResult(false) });

        Assert.Equal(ProDeploymentOutcome.RestoredPrevious, result.Outcome);
        Assert.Contains("did not approve", result.Failure!.Message, StringComparison.Ordinal);
        var after = await service.LookAsync();
        SwarmUpdateTests.AssertSame(before.Service.Spec, after.Service.Spec);
        Assert.Equal(["v1.0.0", "v1.0.0", "v1.0.0"], TestService.TagsOf(after));
        Assert.Equal(2,
            after.Tasks.Where(task => task.IsRunning).Select(task => task.Id).Intersect(before.Tasks.Select(task => task.Id)).Count());
    }

    [Fact(Timeout = Limit)]
    public async Task A_canary_that_dies_while_the_operator_thinks_is_taken_back()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 3);
        var asked = new TaskCompletionSource();

        var result = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions
        {
            Canary = 1,
            ApproveCanary = async token =>
            {
                var canary = (await service.LookAsync()).Tasks
                    .Single(task => task.IsRunning && task.Image.Contains(":v2.0.0", StringComparison.Ordinal));
                await swarm.Engine.Client.Containers.KillContainerAsync(canary.ContainerId!, new(), token);
                asked.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, token);
                return true;
            },
        });

        Assert.True(asked.Task.IsCompleted);
        Assert.Equal(ProDeploymentOutcome.RestoredPrevious, result.Outcome);
        Assert.Contains(result.LogTail, error => error.Contains("137", StringComparison.Ordinal));
        Assert.Equal(["v1.0.0", "v1.0.0", "v1.0.0"], await service.RunningAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task When_the_rest_fails_after_a_good_canary_the_old_image_comes_back_and_not_the_engines_previous()
    {
        var gate = Directory.CreateTempSubdirectory("pro-gate-");
        try
        {
            await using var service = await TestService.CreateAsync(swarm, replicas: 3, configure: spec =>
            {
                spec["UpdateConfig"] = TestService.Config("rollback", seconds: 5);
                spec["TaskTemplate"]!["ContainerSpec"]!["Mounts"] = new JsonArray(
                    new JsonObject { ["Type"] = "bind", ["Source"] = gate.FullName, ["Target"] = "/gate" });
            });
            var before = await service.StateAsync();
            Task<SwarmServiceState>? paused = null;
            service.Reported = report =>
            {
                if (report is VerboseReport { Message: var text } && text.Contains("paused", StringComparison.Ordinal))
                {
                    paused ??= service.StateAsync();
                }
            };

            var result = await service.UpdateAsync("v5.0.0-moody", new SwarmUpdateOptions
            {
                Canary = 1,
                ApproveCanary = async token =>
                {
                    await File.WriteAllTextAsync(Path.Combine(gate.FullName, "shut"), "", token);
                    return true;
                },
            });

            // The trap: the second step has made the new image the engine's "previous".
            Assert.NotNull(paused);
            Assert.Contains("v5.0.0-moody", SwarmRollbackPoint.FromPrevious(await paused)!.Image, StringComparison.Ordinal);
            Assert.Equal(ProDeploymentOutcome.RestoredPrevious, result.Outcome);
            Assert.Contains(result.LogTail, error => error.Contains("(9)", StringComparison.Ordinal));
            Assert.Equal(["v1.0.0", "v1.0.0", "v1.0.0"], await service.RunningAsync());
            SwarmUpdateTests.AssertSame(before.Spec, (await service.StateAsync()).Spec);
        }
        finally
        {
            gate.Delete(recursive: true);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_canary_whose_command_was_cut_off_is_repaired_to_the_old_image()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 3);
        var before = await service.StateAsync();
        var target = await TestService.PinnedAsync(swarm, "v2.0.0");
        var steps = new SwarmUpdateSender(swarm.Api, before.Id, registryAuth: null);
        steps.Ours.Add(before.Image!);
        await steps.SendAsync(
            null, _ => new SwarmChange(target, 0, SwarmChange.ForCanary(before.UpdateConfig, 1), SwarmRollbackPoint.From(before)),
            target, Token);
        await service.UntilAsync(sighting => TestService.TagsOf(sighting).Contains("v2.0.0"));
        Assert.True(Assert.Single(await FindAsync(service.Name)).IsInterrupted);

        var result = await SwarmUpdate.RepairAsync(swarm.Connection, service.Name, new SwarmUpdateOptions(), null, service, Token);

        Assert.Equal(ProDeploymentOutcome.RestoredPrevious, result!.Outcome);
        Assert.Equal(["v1.0.0", "v1.0.0", "v1.0.0"], await service.RunningAsync());
        SwarmUpdateTests.AssertSame(before.Spec, (await service.StateAsync()).Spec);
        Assert.Null(await SwarmUpdate.RepairAsync(swarm.Connection, service.Name, new SwarmUpdateOptions(), null, service, Token));
    }

    [Fact(Timeout = Limit)]
    public async Task A_canary_that_had_ended_well_when_its_command_was_cut_off_stays()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 2);
        var before = await service.StateAsync();
        var target = await TestService.PinnedAsync(swarm, "v2.0.0");
        var steps = new SwarmUpdateSender(swarm.Api, before.Id, registryAuth: null);
        steps.Ours.Add(before.Image!);
        await steps.SendAsync(
            null, _ => new SwarmChange(target, 0, SwarmChange.Pausing(before.UpdateConfig), SwarmRollbackPoint.From(before)),
            target, Token);
        await service.UntilAsync(sighting => sighting.Service.UpdateStatus?.State == "completed");

        var result = await SwarmUpdate.RepairAsync(swarm.Connection, service.Name, new SwarmUpdateOptions(), null, service, Token);

        Assert.Equal(ProDeploymentOutcome.Succeeded, result!.Outcome);
        Assert.Equal(["v2.0.0", "v2.0.0"], await service.RunningAsync());
        Assert.DoesNotContain(SwarmRollbackPoint.Label, (await service.StateAsync()).Labels);
    }

    [Fact(Timeout = Limit)]
    public async Task A_canary_has_to_be_watched_and_to_have_a_task()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 0);

        var unwatched = await Assert.ThrowsAsync<ProException>(
            () => service.UpdateAsync("v2.0.0", new SwarmUpdateOptions { Canary = 1, NoWait = true }));
        var empty = await Assert.ThrowsAsync<ProException>(() => service.UpdateAsync("v2.0.0", new SwarmUpdateOptions { Canary = 0 }));

        Assert.Equal(("SwarmCanaryWithoutWaiting", "SwarmCanaryTooSmall"), (unwatched.Id, empty.Id));
    }

    private async Task<IEnumerable<SwarmServiceInfo>> FindAsync(string name) =>
        (await SwarmServices.FindAsync(swarm.Connection, ImageReference.Parse(SwarmEngine.Repository), Token))
            .Where(one => one.Name == name);
}
