using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Swarm;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

public sealed class SwarmUpdatePaceTests
{
    [Theory]
    [InlineData(
        """{ "Parallelism": 1, "Delay": 30000000000, "Monitor": 10000000000, "Order": "stop-first" }""",
        4,
        null,
        "4 tasks of web, 1 at a time with 30 s between, stop-first: 3 of 4 go on answering; about 104 s")]
    [InlineData(
        """{ "Parallelism": 2, "Order": "start-first" }""",
        3,
        null,
        "3 tasks of web, 2 at a time, start-first: each goes when its successor runs; about 7 s")]
    [InlineData(
        """{ "Parallelism": 0 }""", 3, null,
        "3 tasks of web, all at a time, stop-first: nobody answers until the new tasks run; about 6 s")]
    [InlineData("null", 1, null, "1 task of web, 1 at a time, stop-first: nobody answers until the new tasks run; about 6 s")]
    [InlineData("null", 2, 1, "2 tasks of web, 1 at a time, 1 first as a canary, stop-first: 1 of 2 go on answering")]
    [InlineData("null", 0, null, "0 tasks of web, 1 at a time, stop-first: nothing runs that could be cut")]
    public void A_plan_tells_what_is_cut_in_which_order_and_for_how_long(string config, int tasks, int? canary, string told) =>
        Assert.StartsWith(
            told, SwarmUpdatePace.Of(JsonNode.Parse(config) as JsonObject).Describe(tasks, "web", canary), StringComparison.Ordinal);

    [Theory]
    [InlineData(2, "2 at a time with 30 s between")]
    [InlineData(null, "1 at a time with 30 s between")]
    public void What_the_operator_gives_goes_before_the_engines_defaults(int? parallelism, string told)
    {
        var config = SwarmChange.Configure(
            own: null, new SwarmUpdateOptions { Parallelism = (ulong?)parallelism, Delay = TimeSpan.FromSeconds(30) });
        Assert.Contains(told, SwarmUpdatePace.Of(config).Describe(4, "web", canary: null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, false, "running starting", 600)] // the HEALTHCHECK of an image of another node isn't known
    [InlineData(null, 300, false, "running starting", 300)]
    [InlineData(null, 30, false, "starting", 120)]
    [InlineData(null, 300, false, "running pending", 120)]
    [InlineData(null, 300, false, "starting preparing", 1800)] // it pulls
    [InlineData(20, 300, false, "starting", 20)]
    [InlineData(20, 300, false, "preparing", 1800)]
    [InlineData(null, 300, true, "starting", 120)] // it comes up and dies again
    public void A_task_that_starts_or_pulls_is_waited_for_as_long_as_that_takes(
        int? given, int? allowance, bool hasFailed, string states, int expected)
    {
        var patience = SwarmPatience.Of(Seconds(given), Seconds(allowance));
        Assert.Equal(Seconds(expected), patience.For(states.Split(' '), hasFailed));
        Assert.Equal(Seconds(expected + 5), patience.And(TimeSpan.FromSeconds(5)).For(states.Split(' '), hasFailed));

        static TimeSpan? Seconds(int? number) => number is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    [Theory]
    [InlineData("shop", "registry.example.com/pro/api:v1.1.0", "registry.example.com/pro/api:v1.0.0",
        "stack.yml:3 ('image: registry.example.com/pro/api:v1.1.0')")]
    [InlineData("shop", "${REGISTRY}/api:${API_VERSION:-latest}", "registry.example.com/pro/api:v1.0.0", "or set its variable")]
    [InlineData("shop", "registry.example.com/pro/other:v1", "registry.example.com/pro/api:v1.0.0",
        "change the image of 'api' in the stack's file to")]
    [InlineData("shop", "registry.example.com/old/api:v1", "registry.example.com/pro/api:v1.0.0",
        "change the image of 'api' in the stack's file to")]
    [InlineData("shop", "registry.example.com/pro/api:v1.0.0", "registry.example.com/pro/api:v1.0.0", null)]
    [InlineData(null, "registry.example.com/pro/api:v1.1.0", "registry.example.com/pro/api:v1.0.0", null)]
    public void What_the_next_stack_deploy_would_undo_is_told_with_the_line_to_change(
        string? stack, string line, string image, string? told)
    {
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "stack.yml");
        File.WriteAllText(file, $"services:\n  api:\n    image: {line}\n");
        var service = new SwarmServiceState(new JsonObject
        {
            ["Spec"] = new JsonObject
            {
                ["Name"] = "shop_api",
                ["Labels"] = stack is null ? [] : new JsonObject { [SwarmServices.StackLabel] = stack },
            },
        });

        var warnings = SwarmStackWarning.For(service, ImageReference.Parse(image), new([file, Path.Combine(folder.Path, "none.yml")]));

        Assert.Equal(told is null ? 0 : 1, warnings.Count);
        Assert.All(warnings, warning => Assert.Contains(told!, warning, StringComparison.Ordinal));
        Assert.All(warnings, warning => Assert.Contains($"'image: {image}'", warning, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_line_to_change_is_the_services_own_and_a_pipe_is_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such files.");
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "stack.yml");
        var pipe = Path.Combine(folder.Path, "pipe.yml");
        await File.WriteAllTextAsync(
            file,
            "services:\n  job:\n    image: registry.example.com/pro/api:v1.1.0\n  api:\n"
                + "    image: &api registry.example.com/pro/api:v1.2.0\n",
            TestContext.Current.CancellationToken);
        using var made = System.Diagnostics.Process.Start("mkfifo", pipe);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        var service = new SwarmServiceState(new JsonObject
        {
            ["Spec"] = new JsonObject { ["Name"] = "shop_api", ["Labels"] = new JsonObject { [SwarmServices.StackLabel] = "shop" } },
        });

        var warnings = await Task.Run(
            () => SwarmStackWarning.For(service, ImageReference.Parse("registry.example.com/pro/api:v1.0.0"), new([pipe, file])),
            TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.Contains("stack.yml:5 ('image: registry.example.com/pro/api:v1.2.0')", Assert.Single(warnings), StringComparison.Ordinal);
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("pro-test-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
