using System.Text.Json;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

/// <summary>A plan meets an engine that has changed, refuses, or goes away.</summary>
public sealed class CleaningRunnerTests : IAsyncDisposable
{
    private const string Api = "reg.example/pro/api";
    private readonly ScriptedCleaningEngine _engine = new();

    public CleaningRunnerTests()
    {
        for (var number = 0; number < 5; number++)
        {
            _engine.Add(number, $"{Api}:v1.0.{number}");
        }
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_goes_is_removed_oldest_first_and_says_what_came_free()
    {
        var results = await RunAsync(await PlanAsync());
        Assert.Equal(["v1.0.0", "v1.0.1", "v1.0.2"], results.Select(result => result.Version!.ToString()));
        Assert.All(results, result => Assert.Equal((ProCleanupAction.Removed, 1000L), (result.Action, result.BytesFreed)));
        Assert.Equal([$"{Api}:v1.0.3", $"{Api}:v1.0.4"], _engine.Tags);
        Assert.DoesNotContain(_engine.Requests, request => request.Method == "DELETE" && request.Query.ContainsKey("force")
            && request.Query["force"] is "1" or "true");
    }

    [Fact]
    public async Task A_container_started_between_plan_and_run_keeps_its_image()
    {
        var plan = await PlanAsync();
        _engine.Containers.Add(("late", ScriptedCleaningEngine.Id(1)));
        var results = await RunAsync(plan);
        Assert.Equal([ProCleanupAction.Removed, ProCleanupAction.Kept, ProCleanupAction.Removed], results.Select(result => result.Action));
        Assert.Equal("the container late uses it by now", results[1].Reason);
        Assert.Contains($"{Api}:v1.0.1", _engine.Tags);
    }

    [Fact]
    public async Task A_container_started_in_the_very_moment_keeps_its_image_by_the_engines_refusal()
    {
        var plan = await PlanAsync();
        _engine.Fault = request =>
        {
            if (request.Method != "DELETE" || !request.Path.EndsWith("v1.0.1", StringComparison.Ordinal))
            {
                return null;
            }

            _engine.Containers.Add(("late", ScriptedCleaningEngine.Id(1)));
            return ScriptedResponse.Json("""{"message":"conflict: container late is using it"}""", 409);
        };
        var results = await RunAsync(plan);
        Assert.Equal([ProCleanupAction.Removed, ProCleanupAction.Kept, ProCleanupAction.Removed], results.Select(result => result.Action));
    }

    [Fact]
    public async Task A_name_that_moved_to_another_image_meanwhile_is_left_alone()
    {
        var plan = await PlanAsync();
        _engine.Images[0].Tags.Clear();
        _engine.Add(77, $"{Api}:v1.0.0");
        var results = await RunAsync(plan);
        Assert.Equal(ProCleanupAction.Skipped, results[0].Action);
        Assert.Contains($"{Api}:v1.0.0", _engine.Tags);
    }

    [Fact]
    public async Task An_image_that_vanished_meanwhile_is_no_failure()
    {
        var plan = await PlanAsync();
        _engine.Images.RemoveAt(1);
        var results = await RunAsync(plan);
        Assert.Equal([ProCleanupAction.Removed, ProCleanupAction.Skipped, ProCleanupAction.Removed],
            results.Select(result => result.Action));
        Assert.All(results, result => Assert.Null(result.Error));
    }

    [Fact]
    public async Task An_image_that_got_another_name_meanwhile_is_only_untagged_and_frees_nothing()
    {
        var plan = await PlanAsync();
        _engine.Images[0].Tags.Add("other/thing:1");
        var results = await RunAsync(plan);
        Assert.Equal((ProCleanupAction.Untagged, 0L), (results[0].Action, results[0].BytesFreed));
        Assert.Contains("other/thing:1", _engine.Tags);
    }

    [Fact]
    public async Task A_refusal_fails_its_own_line_with_the_engines_words_and_the_others_go_on()
    {
        var plan = await PlanAsync();
        _engine.Fault = request => request.Method == "DELETE" && request.Path.EndsWith("v1.0.1", StringComparison.Ordinal)
            ? ScriptedResponse.Json("""{"message":"conflict: it is needed"}""", 409)
            : null;
        var results = await RunAsync(plan);
        Assert.Equal([ProCleanupAction.Removed, ProCleanupAction.Failed, ProCleanupAction.Removed],
            results.Select(result => result.Action));
        Assert.Contains("it is needed", results[1].Reason, StringComparison.Ordinal);
        Assert.Equal("ImageNotRemoved", results[1].Error!.Id);
    }

    [Fact]
    public async Task An_engine_that_restarts_fails_one_line_and_is_waited_for()
    {
        var plan = await PlanAsync();
        var down = 0;
        _engine.Fault = request =>
        {
            if (request.Method == "DELETE" && request.Path.EndsWith("v1.0.1", StringComparison.Ordinal))
            {
                down = 3;
            }

            return down-- > 0 ? new ScriptedResponse { Abort = true } : null;
        };
        var results = await RunAsync(plan);
        Assert.Equal([ProCleanupAction.Removed, ProCleanupAction.Failed, ProCleanupAction.Removed],
            results.Select(result => result.Action));
        Assert.Equal(ProErrorCategory.ResourceUnavailable, results[1].Error!.Category);
    }

    [Fact]
    public async Task An_engine_that_stays_away_fails_the_other_lines_without_waiting_for_each()
    {
        var plan = await PlanAsync();
        _engine.Fault = static request => new ScriptedResponse { Abort = true };
        var results = await RunAsync(plan, new CleaningRunner(_engine.Connection, _engine) { Width = 1, Patience = TimeSpan.Zero });
        Assert.Equal(3, results.Count(result => result.Action == ProCleanupAction.Failed));
    }

    [Fact]
    public async Task Enough_ends_it_and_the_rest_stays()
    {
        var runner = new CleaningRunner(_engine.Connection, _engine) { Width = 1, IsEnough = () => _engine.Images.Count <= 4 };
        var results = await RunAsync(await PlanAsync(), runner);
        Assert.Equal([ProCleanupAction.Removed, ProCleanupAction.Skipped, ProCleanupAction.Skipped],
            results.Select(result => result.Action));
        Assert.Equal("enough is free", results[2].Reason);
    }

    [Fact]
    public async Task Stopped_it_ends_between_two_lines_and_what_is_done_has_been_told()
    {
        var plan = await PlanAsync();
        using var stop = new CancellationTokenSource();
        _engine.Fault = request =>
        {
            if (request.Method == "DELETE")
            {
                // In the middle of a removal: it is waited for.
                stop.Cancel();
            }

            return null;
        };
        var results = new List<ProCleanupResult>();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var result in new CleaningRunner(_engine.Connection, _engine) { Width = 1 }.RunAsync(plan, stop.Token))
            {
                results.Add(result);
            }
        });
        Assert.Equal((ProCleanupAction.Removed, $"{Api}:v1.0.0"), (results.Single().Action, results.Single().Reference));
        Assert.Equal(4, _engine.Images.Count);
    }

    [Fact]
    public async Task Several_at_once_give_their_results_in_the_plans_order_and_all_are_recorded_though_nobody_reads_on()
    {
        for (var number = 5; number < 40; number++)
        {
            _engine.Add(number, $"{Api}:v1.0.{number}");
        }

        var recorded = new System.Collections.Concurrent.ConcurrentBag<string>();
        using var runner = new CleaningRunner(_engine.Connection, _engine)
        {
            Record = result =>
            {
                recorded.Add(result.Reference);
                return Task.CompletedTask;
            },
        };
        var read = new List<string>();
        await foreach (var result in runner.RunAsync(await PlanAsync(), Cancel))
        {
            read.Add(result.Version!.ToString());
            if (read.Count == 20)
            {
                break;
            }
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(number => $"v1.0.{number}"), read);
        Assert.Equal(40 - recorded.Count, _engine.Images.Count);
        Assert.InRange(recorded.Count, 20, 28);
    }

    [Fact]
    public async Task Planning_asks_three_times_and_then_about_candidates_only()
    {
        var before = _engine.Requests.Count;
        _ = await PlanAsync();
        var paths = _engine.Requests.Skip(before).Select(request => request.Path).ToList();
        Assert.Equal(["/containers/json", "/images/json", "/volumes"], paths.Where(path => path.Count(c => c == '/') < 3).Where(
            path => path is "/containers/json" or "/images/json" or "/volumes").Distinct().Order());

        // What the engine says of itself; three candidates and one that stays, two questions each; and one about what has just come.
        Assert.Equal(3 + 1 + 8 + 1, paths.Count);
    }

    [Fact]
    public async Task Images_of_the_same_layers_are_asked_for_their_sizes_once_and_these_come_free_with_the_last()
    {
        _engine.SameLayers = true;
        var plan = await PlanAsync();
        Assert.Single(_engine.Requests, request => request.Path.EndsWith("/history", StringComparison.Ordinal));

        // One that stays has them too.
        Assert.Equal(0, plan.Bytes);
        Assert.Equal(3, plan.Going.Count());
    }

    [Theory]
    [InlineData("latest")]
    [InlineData("pro-previous-0a1b2c3d")]
    public async Task What_became_the_newest_or_the_way_back_since_the_plan_keeps_its_name(string tag)
    {
        var plan = await PlanAsync();
        _engine.Images[1].Tags.Add($"{Api}:{tag}");
        var results = await RunAsync(plan);
        Assert.Equal([ProCleanupAction.Removed, ProCleanupAction.Kept, ProCleanupAction.Removed], results.Select(result => result.Action));
        Assert.Equal($"{tag} points at it by now", results[1].Reason);
        Assert.Contains($"{Api}:v1.0.1", _engine.Tags);
    }

    /// <summary>From the history by way of the plan into the history: what two clean-ups a month apart see.</summary>
    [Fact]
    public async Task A_target_that_is_gone_protects_for_a_month_and_the_plan_says_so()
    {
        var folder = Directory.CreateTempSubdirectory("pro-clean-history-").FullName;
        try
        {
            var history = HistoryLog.At(folder);
            await history.AppendAsync(
                new ProHistoryEntry
                {
                    Kind = ProHistoryKind.Deploy,
                    Time = DateTimeOffset.UtcNow.AddDays(-90),
                    Engine = _engine.Connection.Endpoint.ToString(),
                    Service = "api",
                    Target = "container.away",
                    Version = ProVersion.Parse("v1.0.1"),
                    Reference = $"{Api}:v1.0.1",
                    Outcome = ProHistoryEntry.Succeeded,
                    IsVerified = true,
                },
                _engine);
            _engine.Images[1].Tags.Add($"{Api}:{PreviousTag.TagFor("container.away")}");

            var first = await LookAsync(history, TimeSpan.FromDays(30));
            Assert.Contains("the target container.away is gone. v1.0.1 and its previous version are kept until ",
                Assert.Single(first.Notes), StringComparison.Ordinal);
            Assert.Contains(first.Notes[0], CleaningText.Lines(first));
            Assert.Equal(["v1.0.2"], first.Going.Select(line => line.Version!.ToString()));

            // A clean-up later the time has passed: the version goes, and the tag that kept it.
            var later = await LookAsync(history, TimeSpan.Zero);
            Assert.Contains("protects nothing any more", Assert.Single(later.Notes), StringComparison.Ordinal);
            Assert.Equal(["v1.0.0", "v1.0.1", "v1.0.1", "v1.0.2"], later.Going.Select(line => line.Version!.ToString()));
            var runner = new CleaningRunner(_engine.Connection, _engine)
            {
                GoneNames = new HashSet<string> { $"{Api}:{PreviousTag.TagFor("container.away")}" },
            };
            Assert.All(await RunAsync(later, runner), result => Assert.NotEqual(ProCleanupAction.Kept, result.Action));
            Assert.Equal([$"{Api}:v1.0.3", $"{Api}:v1.0.4"], _engine.Tags);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        async Task<CleaningPlan> LookAsync(HistoryLog history, TimeSpan keep)
        {
            var survey = new CleaningDataLoader(_engine.Connection, history, _engine) { GoneTargets = keep };
            var world = await survey.LoadAsync(
                [("api", ImageReference.Parse(Api))], EngineState.AskAsync(_engine.Connection, Cancel), Cancel);
            var plan = await survey.PlanAsync(world, new CleaningPolicy { Retention = new RetentionPolicy(2, 2, 2) }, Cancel);
            await survey.RecordMarksAsync(world);
            return plan;
        }
    }

    [Fact]
    public async Task What_was_pulled_just_now_is_young_though_nobody_has_tagged_it()
    {
        var seconds = DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeSeconds();
        _engine.Events = $$"""{"Type":"image","Action":"pull","Actor":{"ID":"{{Api}}:v1.0.1"},"time":{{seconds}}}""" + "\n"
            + $$"""{"Type":"image","Action":"load","Actor":{"ID":"{{ScriptedCleaningEngine.Id(2)}}"},"time":{{seconds}}}""" + "\n";
        var plan = await PlanAsync();
        Assert.Equal(["v1.0.0"], plan.Going.Select(line => line.Version!.ToString()));
        Assert.Equal(2, plan.Lines.Count(line => line.Reason == "built or tagged 5 minutes ago (within the grace period of 1 hour)"));
    }

    [Fact]
    public async Task What_was_pulled_by_its_digest_just_now_is_young()
    {
        var digest = $"{Api}@sha256:{new string('d', 64)}";
        _engine.Digests[ScriptedCleaningEngine.Id(1)] = digest;
        _engine.Events =
            $$"""{"Type":"image","Action":"pull","Actor":{"ID":"{{digest}}"},"time":{{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}}}""";
        Assert.Equal(["v1.0.0", "v1.0.2"], (await PlanAsync()).Going.Select(line => line.Version!.ToString()));
    }

    [Fact]
    public async Task The_engines_clock_says_what_is_young()
    {
        // It is three hours behind, and somebody has pulled 90 minutes ago by our clock's count: there it is half an hour before three.
        var there = DateTimeOffset.UtcNow.AddHours(-3);
        _engine.SystemTime = there.ToString("O");
        _engine.Events =
            $$"""{"Type":"image","Action":"pull","Actor":{"ID":"{{Api}}:v1.0.1"},"time":{{there.AddMinutes(-30).ToUnixTimeSeconds()}}}""";
        var plan = await PlanAsync();
        Assert.Equal(["v1.0.0", "v1.0.2"], plan.Going.Select(line => line.Version!.ToString()));
        Assert.Contains(plan.Lines, line => line.Reason == "built or tagged 30 minutes ago (within the grace period of 1 hour)");
        var asked = _engine.Requests.Single(request => request.Path == "/events").Query["until"];
        Assert.InRange(
            double.Parse(asked, System.Globalization.CultureInfo.InvariantCulture),
            there.ToUnixTimeSeconds() - 1,
            there.AddMinutes(5).ToUnixTimeSeconds());
    }

    [Fact]
    public async Task A_plan_that_is_carried_out_at_once_asks_nobody_again_who_uses_what()
    {
        var world = await LoadAsync();
        var plan = await SurveyOf().PlanAsync(world, new CleaningPolicy { Retention = new RetentionPolicy(2, 2, 2) }, Cancel);
        var before = _engine.Requests.Count(request => request.Path == "/containers/json");
        _ = await RunAsync(plan, new CleaningRunner(_engine.Connection, _engine) { Width = 1, Use = world.Use });
        var listings = _engine.Requests.Count(request => request.Path == "/containers/json");
        Assert.InRange(listings - before, 0, world.Use!.Age < TimeSpan.FromSeconds(1) ? 0 : 9);
    }

    [Fact]
    public async Task A_locked_service_is_skipped_also_when_the_lock_came_after_the_plan()
    {
        var plan = await PlanAsync();
        _engine.Fault = static request => request.Path == "/volumes"
            ? ScriptedResponse.Json(new JsonObject
            {
                ["Volumes"] = new JsonArray(new JsonObject
                {
                    ["Name"] = "pro-lock-container.kind_elbakyan",
                    ["Labels"] = JsonSerializer.SerializeToNode(
                        LockInfo.Ours(new("container.kind_elbakyan", "roll back api to v1.0.0"), DateTimeOffset.UtcNow).ToLabels()),
                }),
            }.ToJsonString())
            : null;
        var results = await RunAsync(plan);
        Assert.All(results, result => Assert.Equal(ProCleanupAction.Skipped, result.Action));
        Assert.Contains("roll back api to v1.0.0", results[0].Reason, StringComparison.Ordinal);
        Assert.All((await PlanAsync()).Lines.Where(line => line.WasCandidate), line => Assert.Equal(CleaningStep.Skip, line.Step));
    }

    [Fact]
    public async Task What_a_swarm_runs_or_goes_back_to_is_kept_though_no_task_of_it_is_here()
    {
        const string Services = """
            [{"ID":"1","Spec":{"Name":"shop_api","TaskTemplate":{"ContainerSpec":{"Image":"reg.example/pro/api:v1.0.1@sha256:aa"}},
            "Mode":{"Replicated":{"Replicas":0}}},
            "PreviousSpec":{"TaskTemplate":{"ContainerSpec":{"Image":"reg.example/pro/api:v1.0.0"}}}}]
            """;
        var late = await PlanAsync();
        _engine.IsSwarmManager = true;
        _engine.Fault = static request => request.Path == "/services" ? ScriptedResponse.Json(Services.Replace("sha256:aa",
            "sha256:" + new string('a', 64), StringComparison.Ordinal)) : null;
        var plan = await PlanAsync();
        Assert.Equal(["v1.0.2"], plan.Going.Select(line => line.Version!.ToString()));
        Assert.Equal(
            ["the swarm service shop_api goes back to it", "the swarm service shop_api runs it"],
            plan.Lines.Where(line => line is { Goes: false, WasCandidate: true }).Select(line => line.Reason).Order());

        // Asked again while the plan is carried out.
        var runner = new CleaningRunner(_engine.Connection, _engine) { Width = 1, IsSwarmManager = true };
        var results = await RunAsync(late, runner);
        Assert.Equal([ProCleanupAction.Kept, ProCleanupAction.Kept, ProCleanupAction.Removed], results.Select(result => result.Action));
    }

    [Fact]
    public async Task An_engine_that_has_left_its_swarm_is_cleaned_as_any_other()
    {
        _engine.IsSwarmManager = true;
        _engine.Fault = static request => request.Path == "/services"
            ? ScriptedResponse.Json("""{"message":"This node is not a swarm manager."}""", 503) : null;
        Assert.Equal(3, (await PlanAsync()).Going.Count());
    }

    [Fact]
    public async Task Without_a_swarm_nobody_asks_about_services()
    {
        _ = await RunAsync(await PlanAsync());
        Assert.DoesNotContain(_engine.Requests, request => request.Path == "/services");
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private CleaningDataLoader SurveyOf() =>
        new(_engine.Connection, HistoryLog.At(Path.Combine(Path.GetTempPath(), "pro-clean-no-history")), _engine);

    private Task<CleaningInput> LoadAsync() => SurveyOf().LoadAsync(
        [("api", ImageReference.Parse(Api))], EngineState.AskAsync(_engine.Connection, Cancel), Cancel);

    private async Task<CleaningPlan> PlanAsync()
    {
        var world = await LoadAsync();
        return await SurveyOf().PlanAsync(world, new CleaningPolicy { Retention = new RetentionPolicy(2, 2, 2) }, Cancel);
    }

    private async Task<List<ProCleanupResult>> RunAsync(CleaningPlan plan, CleaningRunner? runner = null)
    {
        var results = new List<ProCleanupResult>();
        await foreach (var result in (runner ?? new CleaningRunner(_engine.Connection, _engine) { Width = 1 }).RunAsync(plan, Cancel))
        {
            results.Add(result);
        }

        return results;
    }
}
