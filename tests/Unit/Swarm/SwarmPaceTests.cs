using System.Text.Json.Nodes;
using Pro.DockerVersioning.Services.Swarm;
using Xunit;

namespace Pro.DockerVersioning.Tests.Swarm;

public sealed class SwarmPaceTests
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
        """{ "Parallelism": 0 }""", 3, null, "3 tasks of web, all at a time, stop-first: nobody answers until the new ones run; about 6 s")]
    [InlineData("null", 1, null, "1 task of web, 1 at a time, stop-first: nobody answers until the new ones run; about 6 s")]
    [InlineData("null", 2, 1, "2 tasks of web, 1 at a time, 1 first as a canary, stop-first: 1 of 2 go on answering")]
    [InlineData("null", 0, null, "0 tasks of web, 1 at a time, stop-first: nothing runs that could be cut")]
    public void A_plan_tells_what_is_cut_in_which_order_and_for_how_long(string config, int tasks, int? canary, string told) =>
        Assert.StartsWith(told, SwarmPace.Of(JsonNode.Parse(config) as JsonObject).Describe(tasks, "web", canary), StringComparison.Ordinal);

    [Theory]
    [InlineData(2, "2 at a time with 30 s between")]
    [InlineData(null, "1 at a time with 30 s between")]
    public void What_the_operator_gives_goes_before_the_engines_defaults(int? parallelism, string told)
    {
        var config = SwarmChange.Configure(
            own: null, new SwarmUpdateOptions { Parallelism = (ulong?)parallelism, Delay = TimeSpan.FromSeconds(30) });
        Assert.Contains(told, SwarmPace.Of(config).Describe(4, "web", canary: null), StringComparison.Ordinal);
    }
}
