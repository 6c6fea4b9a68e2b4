using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Swarm;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

public sealed class SwarmObservationTests
{
    private const string Old = "r/api:v1@sha256:1";
    private const string New = "r/api:v2@sha256:2";

    [Theory]
    [InlineData("updating", New, SwarmVerdict.Running)]
    [InlineData("paused", New, SwarmVerdict.Paused)]
    [InlineData("rollback_started", Old, SwarmVerdict.Running)]
    [InlineData("rollback_paused", Old, SwarmVerdict.RollbackPaused)]
    [InlineData("updating", Old, SwarmVerdict.Superseded)]
    [InlineData("updating", "r/api:v3", SwarmVerdict.Superseded)]
    internal void The_engines_state_says_what_it_came_to(string state, string image, SwarmVerdict verdict) =>
        Assert.Equal(verdict, See(image, state, Task(New), Task(Old)).Judge(new SwarmGoal(New, 0, null)));

    [Fact]
    public void A_status_of_the_update_before_is_not_taken_for_ours()
    {
        var goal = new SwarmGoal(New, 0, StatusBefore: "t1");

        Assert.Equal(SwarmVerdict.Running, See(New, "paused", Task(Old), Task(Old)).Judge(goal));
        Assert.Equal(SwarmVerdict.Paused, See(New, "paused", Task(Old), Task(Old)).Judge(goal with { StatusBefore = "t0" }));
    }

    [Fact]
    public void Completed_counts_once_all_tasks_run_the_image_and_no_old_one_is_wanted()
    {
        var goal = new SwarmGoal(New, 0, null);

        Assert.Equal(SwarmVerdict.Running, See(New, "completed", Task(New), Task(New, "starting")).Judge(goal));
        Assert.Equal(SwarmVerdict.Running, See(New, null, Task(New), Task(New), Task(Old)).Judge(goal));
        Assert.Equal(SwarmVerdict.Completed, See(New, "completed", Task(New), Task(New), Task(Old, "running", "shutdown")).Judge(goal));
        Assert.Equal(SwarmVerdict.Completed, See(New, null, Task(New), Task(New)).Judge(goal));
    }

    [Fact]
    public void A_rollback_counts_once_the_old_tasks_run_again()
    {
        var goal = new SwarmGoal(New, 0, null);

        Assert.Equal(SwarmVerdict.Running, See(Old, "rollback_completed", Task(Old), Task(Old, "starting")).Judge(goal));
        Assert.Equal(SwarmVerdict.RolledBack, See(Old, "rollback_completed", Task(Old), Task(Old)).Judge(goal));
    }

    [Fact]
    public void Tasks_of_a_forced_update_are_told_apart_by_the_counter()
    {
        var goal = new SwarmGoal(New, 1, null);

        Assert.Equal(0, See(New, "updating", Task(New), Task(New)).RunningFor(goal));
    }

    [Fact]
    public void A_configuration_that_was_not_there_gets_the_engines_default_of_one_task_and_not_all()
    {
        var made = SwarmChange.Configure(null, new SwarmUpdateOptions { Delay = TimeSpan.FromSeconds(30) })!;

        Assert.Equal("""{"Parallelism":1,"Delay":30000000000}""", made.ToJsonString());
        Assert.Null(SwarmChange.Configure(null, new SwarmUpdateOptions()));
        Assert.Equal(0, (long?)SwarmChange.Configure(null, new SwarmUpdateOptions { Parallelism = 0 })!["Parallelism"]);
    }

    [Fact]
    public void The_way_back_survives_its_label_and_a_broken_label_is_none()
    {
        var way = new SwarmRollbackPoint(Old, 7, new JsonObject { ["Delay"] = 5 });
        var spec = new SwarmChange(New, 8, null, way).ApplyTo((JsonObject)See(Old, null).Service.Spec);
        var read = SwarmRollbackPoint.FromLabel(new SwarmServiceState(new JsonObject { ["Spec"] = spec }))!;

        Assert.Equal((way.Image, way.ForceUpdate, """{"Delay":5}"""), (read.Image, read.ForceUpdate, read.UpdateConfig!.ToJsonString()));
        spec["Labels"]![SwarmRollbackPoint.Label] = "rubbish";
        Assert.Null(SwarmRollbackPoint.FromLabel(new SwarmServiceState(new JsonObject { ["Spec"] = spec.DeepClone() })));
    }

    [Theory]
    [InlineData("failed", "task: non-zero exit (3)", 3, "api.2: failed: task: non-zero exit (3)")]
    [InlineData("failed", "task: unhealthy container", 137, "api.2: failed: task: unhealthy container (exit code 137)")]
    [InlineData("rejected", "No such image: x", 0, "api.2: rejected: No such image: x")]
    public void A_tasks_fate_is_told_in_its_own_words(string state, string error, long code, string fate) =>
        Assert.Equal(fate, (Task(New, state) with { Slot = 2, Error = error, ExitCode = code }).FateIn("api"));

    [Fact]
    public void A_log_comes_in_frames_or_as_it_is()
    {
        byte[] framed = [1, 0, 0, 0, 0, 0, 0, 4, .. "one\n"u8, 2, 0, 0, 0, 0, 0, 0, 5, .. "two\r\n"u8];

        Assert.Equal(["one", "two"], SwarmLog.Lines(framed));
        Assert.Equal(["one", "two"], SwarmLog.Lines("one\r\ntwo\n"u8));
        Assert.Equal(["red", "plain"], SwarmLog.Lines("\u001b[31mred\u001b[0m\r\n\n\u001b]0;title\u0007plain\n"u8));
        Assert.Empty(SwarmLog.Lines([]));
        Assert.Equal(["cut"], SwarmLog.Lines([1, 0, 0, 0, 0, 0, 0, 99, .. "cut"u8]));
    }

    [Fact]
    public async Task The_login_goes_along_with_the_update()
    {
        var socket = Path.Combine(Directory.CreateTempSubdirectory("pro-").FullName, "s");
        await using var server = ScriptedHttpServer.StartOnSocket(
            socket, (_, _) => System.Threading.Tasks.Task.FromResult(ScriptedResponse.Json("{}")));
        using var engine = EngineConnection.Open(EngineEndpoint.Resolve(name => name == "DOCKER_HOST" ? $"unix://{socket}" : null));
        var credential = RegistryCredential.FromPassword("r", "user", "pw", "test");

        Assert.True(await new SwarmApi(engine).TryUpdateAsync(See(Old, null).Service, [], credential.ToRegistryAuth()));

        var request = Assert.Single(server.Requests);
        Assert.Equal("/services/id/update?version=5", request.Target);
        Assert.Equal(credential.ToRegistryAuth(), request.Header("X-Registry-Auth"));
    }

    private static SwarmSighting See(string image, string? state, params SwarmTask[] tasks) => new(
        new SwarmServiceState(new JsonObject
        {
            ["ID"] = "id",
            ["Version"] = new JsonObject { ["Index"] = 5UL },
            ["Spec"] = new JsonObject
            {
                ["Name"] = "api",
                ["TaskTemplate"] = new JsonObject { ["ContainerSpec"] = new JsonObject { ["Image"] = image } },
                ["Mode"] = new JsonObject { ["Replicated"] = new JsonObject { ["Replicas"] = 2 } },
            },
            ["UpdateStatus"] = state is null ? null : new JsonObject { ["State"] = state, ["StartedAt"] = "t1" },
        }),
        tasks);

    private static SwarmTask Task(string image, string state = "running", string desired = "running") => new()
    {
        Id = Guid.NewGuid().ToString(),
        Slot = 1,
        NodeId = "n",
        Image = image,
        ForceUpdate = 0,
        State = state,
        DesiredState = desired,
        Error = "",
        ContainerId = null,
        ExitCode = 0,
    };
}
