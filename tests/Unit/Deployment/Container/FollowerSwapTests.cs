using System.Globalization;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Reporting;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed class FollowerSwapTests : IAsyncLifetime
{
    private static readonly string[] Roles = ["web", "side", "third"];

    private SwapScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await SwapScene.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_scene is not null)
        {
            await _scene.DisposeAsync();
        }
    }

    [Fact]
    public async Task Followers_follow_the_new_one_and_followers_of_theirs_follow_them()
    {
        var old = await StartAsync();

        _ = await _scene.SwapAsync(SwapFlow.StopFirst);

        var now = await InspectAsync();
        Assert.Equal($"container:{Id(now["web"])}", now["side"]["HostConfig"]!["NetworkMode"]!.GetValue<string>());
        Assert.Equal($"container:{Id(now["side"])}", now["third"]["HostConfig"]!["IpcMode"]!.GetValue<string>());
        Assert.All(now.Values, one => Assert.True(one["State"]!["Running"]!.GetValue<bool>()));
        Assert.All(Roles, role => Assert.NotEqual(Id(old[role]), Id(now[role])));
        Assert.Equal(old["side"]["Image"]!.GetValue<string>(), now["side"]["Image"]!.GetValue<string>());
        Assert.Equal("always", now["side"]["HostConfig"]!["RestartPolicy"]!["Name"]!.GetValue<string>());
        Assert.Equal(Roles.Length, await CountAsync());
    }

    /// <summary>It is the first one that the engine lists, and may move only after both.</summary>
    [Fact]
    public async Task One_that_follows_the_service_and_another_follower_moves_after_both()
    {
        var web = await _scene.StartOldAsync(SwapFlow.StopFirst);
        var side = await StartAsync("side", $$"""{ "NetworkMode": "container:{{web}}" }""");
        _ = await StartAsync("third", $$"""{ "NetworkMode": "container:{{web}}", "PidMode": "container:{{side}}" }""");

        _ = await _scene.SwapAsync(SwapFlow.StopFirst);

        var now = await InspectAsync();
        Assert.All(now.Values, one => Assert.True(one["State"]!["Running"]!.GetValue<bool>()));
        Assert.Equal($"container:{Id(now["web"])}", now["third"]["HostConfig"]!["NetworkMode"]!.GetValue<string>());
        Assert.Equal($"container:{Id(now["side"])}", now["third"]["HostConfig"]!["PidMode"]!.GetValue<string>());

        _ = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _scene.SwapAsync(SwapFlow.StopFirst, beforeCommit: (_, _) => throw new InvalidOperationException("no")));
        Assert.All((await InspectAsync()).Values, one => Assert.True(one["State"]!["Running"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task They_are_why_the_old_one_stops_first()
    {
        _ = await StartAsync();

        var choice = await TestSwap.ChooseAsync(_scene.Engine.Engine, _scene.Name, UpdateOrder.StartFirst, Cancel);

        Assert.Equal(UpdateOrder.StopFirst, choice.Order);
        Assert.Contains($"{_scene.Engine.Prefix}-side shares its network", Assert.Single(choice.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_appears_after_the_plan_is_followed_and_the_other_order_is_said()
    {
        var web = await _scene.StartOldAsync(SwapFlow.WarmDetached);
        var planned = await TestSwap.ChooseAsync(_scene.Engine.Engine, _scene.Name, UpdateOrder.StartFirst, Cancel);
        Assert.Equal(SwapFlow.WarmDetached, planned.Flow);
        _ = await StartAsync("side", $$"""{ "NetworkMode": "container:{{web}}" }""");

        var result = await _scene.RunAsync(planned);

        Assert.Equal(UpdateOrder.StopFirst, result.Order);
        Assert.Contains(_scene.Reports.OfType<WarningReport>(), warning =>
            warning.Message.Contains($"{_scene.Engine.Prefix}-side shares its network", StringComparison.Ordinal));
        var side = await _scene.Engine.InspectAsync(_scene.Engine.Prefix + "-side");
        Assert.Equal("container:" + result.ContainerId, side["HostConfig"]!["NetworkMode"]!.GetValue<string>());
        Assert.True(side["State"]!["Running"]!.GetValue<bool>());
    }

    [Fact]
    public async Task An_order_that_was_typed_holds_after_the_plan_too_and_nothing_is_touched()
    {
        var web = await _scene.StartOldAsync(SwapFlow.WarmDetached);
        var planned = await TestSwap.ChooseAsync(_scene.Engine.Engine, _scene.Name, UpdateOrder.StartFirst, Cancel);
        _ = await StartAsync("side", $$"""{ "NetworkMode": "container:{{web}}" }""");
        var before = await _scene.Engine.InspectAsync(web);

        var refused = await Assert.ThrowsAsync<ProException>(() => _scene.RunAsync(planned, typed: UpdateOrder.StartFirst));

        Assert.Equal("OrderNotPossible", refused.Id);
        Assert.Contains($"{_scene.Engine.Prefix}-side shares its network", refused.Message, StringComparison.Ordinal);
        Assert.Empty(SwapScene.Differences(before, await _scene.Engine.InspectAsync(web)));
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
        Assert.Empty(_scene.Reports.OfType<WarningReport>());
    }

    [Fact]
    public async Task What_fails_last_brings_the_old_followers_back()
    {
        var old = await StartAsync();

        _ = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            _scene.SwapAsync(SwapFlow.StopFirst, beforeCommit: (_, _) => throw new InvalidOperationException("no")));

        Assert.Empty(await WrongAsync(old));
    }

    [Fact]
    public async Task Wherever_it_is_killed_one_repair_makes_leader_and_followers_right()
    {
        var seed = FaultSample.Seed();
        var failures = new List<string>();
        string? failed = "";
        for (var at = 1; failed is not null; at++)
        {
            if (!FaultSample.Takes(seed, at))
            {
                continue;
            }

            var old = await StartAsync();
            await using var faulty = new FaultyEngine(_scene.Engine.Engine.Endpoint, Fault.Killed, at);
            try
            {
                _ = await _scene.SwapAsync(SwapFlow.StopFirst, verify: (_, _) => Task.CompletedTask, through: faulty.Engine);
            }
            catch (ProException)
            {
                // Dead.
            }

            failed = faulty.Failed;
            _ = await TestSwap.RepairAsync(_scene.Engine.Engine, _scene.Name, Cancel);
            failures.AddRange((await WrongAsync(old)).Select(wrong => $"{at} {failed}: {wrong}"));
            await RemoveAsync();
        }

        Assert.True(failures.Count == 0, $"{FaultSample.Variable}={seed}\n{string.Join('\n', failures)}");
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Id(JsonObject container) => container["Id"]!.GetValue<string>();

    private static DateTimeOffset Started(JsonObject container) =>
        DateTimeOffset.Parse(container["State"]!["StartedAt"]!.GetValue<string>(), CultureInfo.InvariantCulture);

    private async Task<Dictionary<string, JsonObject>> StartAsync()
    {
        var web = await _scene.StartOldAsync(SwapFlow.StopFirst);
        var side = await StartAsync(
            "side", $$"""{ "NetworkMode": "container:{{web}}", "IpcMode": "shareable", "RestartPolicy": { "Name": "always" } }""");
        _ = await StartAsync("third", $$"""{ "NetworkMode": "none", "IpcMode": "container:{{side}}" }""");
        return await InspectAsync();
    }

    private async Task<string> StartAsync(string name, string hostConfig)
    {
        var id = await _scene.Engine.CreateAsync(name, JsonNode.Parse($$"""
            { "Image": "{{TestEngine.Base}}", "Cmd": [ "sleep", "600" ], "StopSignal": "SIGKILL", "HostConfig": {{hostConfig}} }
            """)!.AsObject());
        await _scene.Engine.StartContainerAsync(id);
        return id;
    }

    private async Task<Dictionary<string, JsonObject>> InspectAsync()
    {
        var found = new Dictionary<string, JsonObject>();
        foreach (var role in Roles)
        {
            found[role] = await _scene.Engine.InspectAsync($"{_scene.Engine.Prefix}-{role}");
        }

        return found;
    }

    private async Task<int> CountAsync() => (await AllAsync()).Count;

    private async Task<JsonArray> AllAsync()
    {
        var filter = Uri.EscapeDataString(new JsonObject { ["name"] = new JsonArray(_scene.Engine.Prefix) }.ToJsonString());
        return await _scene.Engine.Http.GetListAsync($"containers/json?all=true&filters={filter}", Cancel);
    }

    private async Task RemoveAsync()
    {
        foreach (var container in await AllAsync())
        {
            await _scene.Engine.RemoveAsync(container!["Id"]!.GetValue<string>());
        }
    }

    private async Task<IReadOnlyList<string>> WrongAsync(Dictionary<string, JsonObject> old)
    {
        if (await CountAsync() is var count && count != Roles.Length)
        {
            return [string.Join(", ", (await AllAsync()).Select(one => one!["Names"]![0]!.GetValue<string>()))];
        }

        var now = await InspectAsync();
        var wrong = Roles.Where(role => !now[role]["State"]!["Running"]!.GetValue<bool>()).Select(role => role + " does not run").ToList();
        wrong.AddRange(new[] { ("web", "side"), ("side", "third") }
            .Where(pair => Started(now[pair.Item1]) > Started(now[pair.Item2]))
            .Select(pair => $"{pair.Item2} is older than {pair.Item1}, and shares what that had before"));
        if (Id(now["web"]) == Id(old["web"]))
        {
            wrong.AddRange(
                Roles.SelectMany(role => SwapScene.Differences(old[role], now[role]).Select(difference => $"{role}: {difference}")));
        }
        else if (now["side"]["HostConfig"]!["NetworkMode"]!.GetValue<string>() != $"container:{Id(now["web"])}"
            || now["third"]["HostConfig"]!["IpcMode"]!.GetValue<string>() != $"container:{Id(now["side"])}")
        {
            wrong.Add("a follower follows one that is gone");
        }

        return wrong;
    }
}
