using System.Text;
using System.Text.Json.Nodes;
using Docker.DotNet;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine.Api;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Health;

public sealed class VerificationRuleTests
{
    [Fact]
    public void Failures_count_once_an_interval_and_not_in_the_first()
    {
        var failures = new FailureCount(Check(interval: 10, startPeriod: 0, retries: 3));

        Assert.DoesNotContain(Enumerable.Range(0, 30), second => failures.Add(TimeSpan.FromSeconds(second)));
        Assert.True(failures.Add(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Failures_in_the_start_period_do_not_count()
    {
        var failures = new FailureCount(Check(interval: 10, startPeriod: 35, retries: 1));

        Assert.DoesNotContain(Enumerable.Range(0, 40), second => failures.Add(TimeSpan.FromSeconds(second)));
        Assert.True(failures.Add(TimeSpan.FromSeconds(40)));
    }

    [Fact]
    public void The_engines_defaults_stand_for_what_a_health_check_leaves_out()
    {
        var check = HealthCheck.Of(Container(["CMD-SHELL", "curl localhost"]))!;

        Assert.Equal(["/bin/sh", "-c", "curl localhost"], check.Command);
        Assert.Equal(
            (30, 30, 0, 3),
            (check.Interval.TotalSeconds, check.Timeout.TotalSeconds, check.StartPeriod.TotalSeconds, check.Retries));
        Assert.Equal(TimeSpan.FromSeconds(120), check.Allowance);
    }

    [Theory]
    [InlineData(60, 3, 0, 15, 18)] // --interval=1m --retries=3: three minutes before
    [InlineData(60, 3, 0, 60, 63)]
    [InlineData(300, 3, 0, 15, 18)] // the example of Dockerfile's reference
    [InlineData(2, 10, 0, 15, 23)]
    [InlineData(30, 10, 40, 15, 93)]
    [InlineData(1, 3, 0, 90, 93)]
    public void Nobody_is_left_without_an_answer_for_longer_than_the_service_needs(
        int interval, int retries, int startPeriod, int need, int expected) =>
        Assert.Equal(
            TimeSpan.FromSeconds(expected),
            (Check(interval, startPeriod, retries) with { Timeout = TimeSpan.FromSeconds(3) }).BoundFor(TimeSpan.FromSeconds(need)));

    [Theory]
    [InlineData(60)]
    [InlineData(15, 1.0, 4.9)]
    [InlineData(36, 2.0, 12.0, 3.0)]
    [InlineData(15, 2.0, 2.0, 2.0, 2.0, 2.0, 50.0)]
    public void A_service_is_known_to_need_three_times_the_slowest_of_its_last_five_starts(int expected, params double[] starts) =>
        Assert.Equal(TimeSpan.FromSeconds(expected), KnownNeed.Of(starts.Select(TimeSpan.FromSeconds)));

    [Fact]
    public void The_images_own_shell_runs_the_health_command()
    {
        var container = Container(["CMD-SHELL", "true"]);
        container.Config["Shell"] = new JsonArray("/bin/bash", "-ec");

        Assert.Equal(["/bin/bash", "-ec", "true"], HealthCheck.Of(container)!.Command);
    }

    [Theory]
    [InlineData]
    [InlineData("NONE")]
    [InlineData("CMD")]
    [InlineData("curl", "localhost")]
    public void A_health_check_without_a_command_is_none(params string[] test) =>
        Assert.Null(HealthCheck.Of(Container(test)));

    [Theory]
    [InlineData("healthy", -1, null)]
    [InlineData("unhealthy", -1, null)]
    [InlineData("healthy", 1, true)]
    [InlineData("unhealthy", 1, false)]
    [InlineData("starting", 1, null)]
    public void The_engines_verdict_counts_only_after_a_check_of_this_start(string status, int seconds, bool? expected)
    {
        var start = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        var container = new ContainerView(new JsonObject
        {
            ["State"] = new JsonObject
            {
                ["StartedAt"] = "2026-01-02T03:04:05.000000001Z",
                ["Health"] = new JsonObject
                {
                    ["Status"] = status,
                    ["Log"] = new JsonArray(new JsonObject { ["Start"] = start.AddSeconds(seconds).ToString("O") }),
                },
            },
        });

        Assert.Equal(expected, new ContainerSnapshot(container).EngineHealth);
    }

    [Theory]
    [InlineData("a\u001b[1;31mred\u001b[0m", "ared")]
    [InlineData("\u001b]0;title\u0007text", "text")]
    [InlineData("bell\a\ttab", "bell\ttab")]
    [InlineData("abc\u202edef", "abcdef")]
    public void Control_characters_never_reach_the_operators_terminal(string line, string expected) =>
        Assert.Equal(expected, LogText.Clean(line));

    [Fact]
    public void Lines_are_joined_over_frames_and_told_apart_by_stream()
    {
        var text = new LogText(10);
        var bytes = Encoding.UTF8.GetBytes("版本\n");

        text.Add(MultiplexedStream.TargetStream.StandardOut, bytes.AsSpan(0, 2));
        text.Add(MultiplexedStream.TargetStream.StandardError, "error\r\n10 %\r50 %\r100 %\n"u8);
        text.Add(MultiplexedStream.TargetStream.StandardOut, bytes.AsSpan(2));

        Assert.Equal(["error", "100 %", "版本"], text.Lines);
    }

    [Fact]
    public void An_endless_line_takes_no_memory()
    {
        var text = new LogText(2);
        var noise = new byte[64 * 1024];
        Array.Fill(noise, (byte)'x');
        for (var count = 0; count < 200; count++)
        {
            text.Add(MultiplexedStream.TargetStream.StandardOut, noise);
        }

        Assert.Equal(LogText.MaxLineLength + 1, Assert.Single(text.Lines).Length);
    }

    [Theory]
    [InlineData(ProHealth.Exited, "ContainerExited")]
    [InlineData(ProHealth.Restarting, "ContainerRestarting")]
    [InlineData(ProHealth.Unhealthy, "ContainerUnhealthy")]
    [InlineData(ProHealth.TimedOut, "HealthTimeout")]
    public void Each_failure_has_its_error_with_all_that_explains_it(ProHealth health, string id)
    {
        var result = new VerificationResult
        {
            Health = health,
            Proof = ProHealthProof.HealthUrl,
            Container = "pro-api",
            Image = "r/api:v2",
            Reason = "failed",
            HealthLog = ["http://x answered 500"],
            LogTail = ["no database"],
        };

        var error = result.ToError("api v2.0.0", isKept: false);

        Assert.Equal(id, error.Id);
        Assert.StartsWith("api v2.0.0 failed, 0.0 s after", error.Message, StringComparison.Ordinal);
        Assert.EndsWith(
            "Its health URL said last:\n  http://x answered 500\nIts last log lines:\n  no database",
            error.Message,
            StringComparison.Ordinal);
        Assert.Contains("docker run -it --rm --entrypoint /bin/sh r/api:v2", error.RecommendedAction, StringComparison.Ordinal);
    }

    private static HealthCheck Check(int interval, int startPeriod, int retries) => new()
    {
        Command = ["true"],
        Interval = TimeSpan.FromSeconds(interval),
        StartPeriod = TimeSpan.FromSeconds(startPeriod),
        Retries = retries,
    };

    private static ContainerView Container(string[] test) => new(new JsonObject
    {
        ["Config"] = new JsonObject
        {
            ["Healthcheck"] = new JsonObject { ["Test"] = new JsonArray([.. test.Select(word => JsonValue.Create(word))]) },
        },
    });
}
