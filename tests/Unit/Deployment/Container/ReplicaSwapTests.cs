using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Deployment.Container;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>
/// Two containers of a service that are swapped one after another: in the end both run one version, wherever it breaks off.
/// </summary>
[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed class ReplicaSwapTests : IAsyncLifetime
{
    private TestEngine _engine = null!;

    private string[] Names => [_engine.Prefix + "-web1", _engine.Prefix + "-web2"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _engine = await TestEngine.StartAsync();
        await _engine.DisposeIfFailsAsync(async () =>
        {
            foreach (var (tag, seconds) in new[] { ("old", "501"), ("new", "502") })
            {
                _ = await _engine.ImageAsync(tag, Parse($$"""{ "Cmd": [ "sleep", "{{seconds}}" ], "StopSignal": "SIGKILL" }"""));
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }

    [Fact]
    public async Task Both_old_ones_are_there_until_both_new_ones_are_proven()
    {
        await StartOldAsync();
        string[] atCommit = [];

        var result = await ReplaceAsync(_engine.Engine, async _ => atCommit = await ContainersAsync());

        Assert.Equal(ProDeploymentOutcome.Succeeded, result.Outcome);
        Assert.Equal(
            [TestSwap.TargetOf(_engine.Prefix + "-web"), Names[0], Names[0] + ".pro-prev", Names[1], Names[1] + ".pro-prev"], atCommit);
        Assert.Equal(["502", "502"], await RunningAsync());
        Assert.Equal(Names, await ContainersAsync());
    }

    [Fact]
    public async Task A_failure_right_before_the_commit_brings_both_old_ones_back_whatever_kind_it_is()
    {
        await StartOldAsync();

        var result = await ReplaceAsync(_engine.Engine, _ => throw new InvalidTimeZoneException("no error of ours"));

        Assert.Equal(ProDeploymentOutcome.RestoredPrevious, result.Outcome);
        Assert.Contains("no error of ours", result.Failure!.Message, StringComparison.Ordinal);
        Assert.Equal(["501", "501"], await RunningAsync());
        Assert.Equal(Names, await ContainersAsync());
    }

    [Fact]
    public async Task Whichever_call_fails_both_run_one_version_after_one_repair()
    {
        var failures = new List<string>();
        var seed = FaultSample.Seed();
        var isOver = false;
        for (var at = 1; !isOver; at++)
        {
            foreach (var fault in !FaultSample.Takes(seed, at) ? []
                : FaultSample.IsComplete ? Enum.GetValues<Fault>() : [FaultSample.Choose(seed, at)])
            {
                var (failed, wrong) = await FailAsync(fault, at);
                isOver = failed is null;
                Assert.True(!isOver || at > 12, $"Only {at - 1} calls were made.");
                if (wrong is not null)
                {
                    failures.Add($"{at} {fault} {failed}: {wrong}");
                }
            }
        }

        Assert.True(failures.Count == 0, $"{FaultSample.Variable}={seed}\n" + string.Join('\n', failures));
    }

    [Fact]
    public async Task One_that_can_not_go_back_does_not_keep_the_others_from_it()
    {
        await StartOldAsync();
        var second = Names[1];
        var stranger = "";

        var error = await Assert.ThrowsAsync<ProException>(() => ReplaceAsync(_engine.Engine, async _ =>
        {
            // The old one is gone, and its image with it: nothing can make it again.
            var old = (await new ContainerApi(_engine.Engine).FindAsync(second + ".pro-prev", Cancel))!.Value.Id;
            await _engine.RemoveAsync(old);
            await _engine.RemoveAsync((await new ContainerApi(_engine.Engine).FindAsync(Names[0] + ".pro-prev", Cancel))!.Value.Id);
            stranger = await _engine.CreateAsync(
                "web2.pro-next", Parse($$"""{ "Image": "{{TestEngine.Base}}", "Cmd": [ "sleep", "9" ] }"""));
            throw new InvalidOperationException("the third is sick");
        }));

        Assert.Equal("RestoreFailed", error.Id);
        Assert.Contains("the third is sick", error.Message, StringComparison.Ordinal);
        Assert.Equal(["501"], await RunningAsync(Names[0]));
        await _engine.RemoveAsync(stranger);
        Assert.Equal(RepairOutcome.RestoredPrevious, await TestSwap.RepairAsync(_engine.Engine, _engine.Prefix + "-web", Cancel));
        Assert.Equal(["501", "501"], await RunningAsync());
        Assert.Equal(Names, await ContainersAsync());
    }

    [Fact]
    public async Task The_plan_is_about_all_of_them()
    {
        await StartOldAsync(second: "host");
        var target = Target();

        var refused = await Assert.ThrowsAsync<ProException>(() => PlanAsync(UpdateOrder.StartFirst));
        var planned = await PlanAsync(typed: null);

        Assert.Equal("OrderNotPossible", refused.Id);
        Assert.Contains($"{Names[1]} is stopped before the new version starts, because it uses the host's network", refused.Message,
            StringComparison.Ordinal);
        Assert.Equal((UpdateOrder.StopFirst, SwapFlow.StopFirst), (planned.Order, planned.Flow));
        Assert.Equal([SwapFlow.StartFirst, SwapFlow.StopFirst], Names.Select(planned.FlowOf));
        Assert.Contains("it uses the host's network", Assert.Single(planned.Warnings), StringComparison.Ordinal);

        Task<SwapChoice> PlanAsync(UpdateOrder? typed) =>
            PlannedSwap.ChooseAsync(
                _engine.Engine, Request() with { Order = typed }, target, UpdateOrder.StartFirst, _engine.Prefix + ":new", Cancel);
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private async Task StartOldAsync(string second = "default")
    {
        foreach (var (name, network) in ((string, string)[])[("web1", "default"), ("web2", second)])
        {
            var id = await _engine.CreateAsync(name, Parse($$"""
                { "Image": "{{_engine.Prefix}}:old", "HostConfig": { "RestartPolicy": { "Name": "always" }, "NetworkMode": "{{network}}" } }
                """));
            await _engine.StartContainerAsync(id);
        }
    }

    /// <returns>The call that went wrong, null where so many were not made; and what is wrong after the repair.</returns>
    private async Task<(string? Failed, string? Wrong)> FailAsync(Fault fault, int at)
    {
        await StartOldAsync();
        await using var faulty = new FaultyEngine(_engine.Engine.Endpoint, fault, at);
        try
        {
            _ = await ReplaceAsync(faulty.Engine);
        }
        catch (ProException)
        {
            // Said; what counts is what runs now.
        }

        _ = await TestSwap.RepairAsync(_engine.Engine, _engine.Prefix + "-web", Cancel);

        var (running, left) = (await RunningAsync(), await ContainersAsync());
        foreach (var container in left)
        {
            await _engine.RemoveIfThereAsync(container[(_engine.Prefix.Length + 1)..]);
        }

        return (faulty.Failed, running.Length == 2 && running.Distinct().Count() == 1 && left.SequenceEqual(Names)
            ? null
            : $"{string.Join(", ", running)} of {string.Join(", ", left)}");
    }

    private Task<StrategyResult> ReplaceAsync(EngineConnection engine, Func<CancellationToken, Task>? beforeCommit = null)
    {
        var note = new OperationNote
        {
            Kind = ProHistoryKind.Deploy, Version = ProVersion.Parse("v1.0.0"), Reference = Repository.WithTag("v1.0.0")
                .ToString(), Strategy = "Container",
        };
        var reports = new Progress<Report>();
        var job = new ReplacementJob
        {
            Operation = new LockedOperation(note, static _ => Task.CompletedTask),
            Target = Target().TargetId,
            Containers = [.. Target().Containers.Select(container => container.Name)],
            Note = note.ToLabel(),
            Image = _engine.Prefix + ":new",
            BeforeCommit = beforeCommit ?? (static _ => Task.CompletedTask),
        };
        return new ContainerReplacement(engine, Request(), "api", new DeploymentSteps("api", reports), reports).RunAsync(job, Cancel);
    }

    private static ImageReference Repository => ImageReference.Parse("pro-test.invalid/nobody/api");

    private static DeploymentRequest Request() => new()
    {
        Kind = ProHistoryKind.Deploy,
        Service = new ServiceDefinition
        {
            Name = "api", Image = "api", Context = ".", Dockerfile = "Dockerfile", Origin = ServiceOrigin.Folder, Source = "apps/api",
        },
        Repository = Repository,
        Child = new ChildEnvironment(Path.GetTempPath(), new Dictionary<string, string?>()),
    };

    private ServiceTarget Target() => new()
    {
        Kind = ServiceTargetKind.Container,
        Name = _engine.Prefix + "-web",
        TargetId = TestSwap.TargetOf(_engine.Prefix + "-web"),
        Containers = [.. Names.Select(name => new TargetContainer("", name, "running", "", null))],
        Leftovers = [],
        Labels = new Dictionary<string, string>(),
    };

    /// <summary>What those that run under the service's own names were started with.</summary>
    private async Task<string[]> RunningAsync(params string[] names)
    {
        var running = new List<string>();
        foreach (var name in names is [] ? Names : names)
        {
            if (await new ContainerApi(_engine.Engine).FindAsync(name, Cancel) is { IsRunning: true } one
                && one.RestartPolicy.Text("Name") == "always")
            {
                running.Add(one.Json["Args"]![0]!.GetValue<string>());
            }
        }

        return [.. running];
    }

    private async Task<string[]> ContainersAsync()
    {
        var filter = Uri.EscapeDataString(new JsonObject { ["name"] = new JsonArray(_engine.Prefix + "-web") }.ToJsonString());
        return [.. (await _engine.Http.GetListAsync($"containers/json?all=true&filters={filter}", Cancel))
            .Select(container => container!["Names"]![0]!.GetValue<string>().TrimStart('/'))
            .Concat(await TestSwap.RecordsAsync(_engine.Engine, _engine.Prefix, Cancel)).Order(StringComparer.Ordinal)];
    }
}
