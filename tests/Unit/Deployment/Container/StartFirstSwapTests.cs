using System.Formats.Tar;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Reporting;
using Xunit;
using Version = System.Version;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed class StartFirstSwapTests : IAsyncLifetime
{
    private SwapScene _scene = null!;

    internal static readonly SwapFlow[] Flows = [SwapFlow.StartFirst, SwapFlow.WarmDetached, SwapFlow.WarmHeld];

    public static TheoryData<string> Warm => [.. Flows.Skip(1).Select(flow => flow.ToString())];

    public async ValueTask InitializeAsync() => _scene = await SwapScene.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_scene is not null)
        {
            await _scene.DisposeAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Warm))]
    public async Task Ports_change_hands_with_a_short_gap_and_the_new_one_is_configured_as_the_old_one_was(string name)
    {
        var flow = Enum.Parse<SwapFlow>(name);
        await PeerAsync(flow);
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(flow));
        SwapResult result;
        var client = await PollingClient.StartAsync(SwapScene.Port);
        await using (client)
        {
            result = await _scene.SwapAsync(flow);
            await client.AnsweredAsync("new");
        }

        var container = await _scene.Engine.InspectAsync(_scene.Name);
        TestContext.Current.SendDiagnosticMessage(
            $"{name}: {client.Requests} requests, {client.Failures} failed, gap {client.Gap.TotalMilliseconds:0} ms");
        Assert.Equal(["old", "new"], client.Versions.Where(version => version.Length > 0));

        // How short it is shows bench/: a busy machine takes what it takes. Here it is only that nothing waits for a time-out.
        Assert.InRange(client.Gap, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(result.ContainerId, container["Id"]!.GetValue<string>());
        AssertConfiguredAs(old, container, flow);
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    /// <summary>A process that looks a peer up once, at its start, and serves what came of it.</summary>
    [Theory]
    [InlineData(nameof(SwapFlow.StartFirst))]
    [InlineData(nameof(SwapFlow.WarmHeld))]
    public async Task A_process_has_its_networks_and_their_names_when_it_starts(string name)
    {
        var flow = Enum.Parse<SwapFlow>(name);
        _ = await _scene.StartPeerAsync("exec sleep 600");
        _ = await _scene.Engine.ImageAsync("once", JsonNode.Parse($$"""
            { "Cmd": [ "sh", "-c",
                "mkdir -p /srv; nslookup {{_scene.Engine.Prefix}}-peer >/srv/said; echo $? >/srv/code; ip -4 addr >/srv/addresses; exec sleep 600" ],
              "StopSignal": "SIGKILL" }
            """)!.AsObject());
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(flow));

        // The engine joins the networks in another order each time.
        for (var round = 0; round < 3; round++)
        {
            var result = await _scene.SwapAsync(flow, "once", async (id, stop) => await UntilAsync(id, "/srv/addresses", stop));

            Assert.Equal("0", (await FileAsync(result.ContainerId, "/srv/code")).Trim());
            Assert.All(
                (int[])[11, 12],
                third => Assert.Matches(
                    $@"{_scene.Engine.Subnet}\.{third}\.", FileAsync(result.ContainerId, "/srv/addresses").GetAwaiter().GetResult()));
        }

        var now = await _scene.Engine.InspectAsync(_scene.Name);
        Assert.True(JsonNode.DeepEquals(old["NetworkSettings"]!["Ports"], now["NetworkSettings"]!["Ports"]),
            now["NetworkSettings"]!["Ports"]!.ToJsonString());
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    /// <summary>On networks with both families, and a peer there: no port of either is bound before its time.</summary>
    [Fact]
    public async Task On_dual_stack_networks_with_a_peer_the_ports_of_both_families_change_hands()
    {
        var networks = new List<string>();
        foreach (var (name, third) in new[] { ("dual", 13), ("dual-back", 14) })
        {
            networks.Add(await _scene.Engine.NetworkAsync(name, JsonNode.Parse($$"""
                { "EnableIPv6": true, "IPAM": { "Config": [ { "Subnet": "{{_scene.Engine.Subnet}}.{{third}}.0/24" },
                  { "Subnet": "fd{{Random.Shared.Next(16, 256):x2}}:{{Random.Shared.Next(1, 65536):x}}:{{third}}::/64" } ] } }
                """)!.AsObject()));
        }

        var peer = await _scene.StartPeerAsync("exec sleep 600");
        await _scene.Engine.ConnectAsync(networks[0], peer, null);
        var id = await _scene.Engine.CreateAsync("web", JsonNode.Parse($$"""
            { "Image": "{{_scene.Engine.Prefix}}:old", "ExposedPorts": { "80/tcp": {} },
              "HostConfig": { "NetworkMode": "{{networks[0]}}", "PortBindings": { "80/tcp": [
                { "HostIp": "127.0.0.1", "HostPort": "{{SwapScene.Port}}" }, { "HostIp": "::1", "HostPort": "{{SwapScene.Port}}" } ] } } }
            """)!.AsObject());
        await _scene.Engine.ConnectAsync(networks[1], id, null);
        await _scene.Engine.StartContainerAsync(id);
        var old = await _scene.Engine.InspectAsync(id);
        SwapResult result;
        var client = await PollingClient.StartAsync(SwapScene.Port);
        await using (client)
        {
            result = await _scene.SwapAsync(SwapFlow.WarmHeld, verify: async (candidate, stop) =>
            {
                await _scene.VerifyAsync(candidate, stop);
                var settings = (await _scene.Engine.InspectAsync(candidate))["NetworkSettings"]!;
                Assert.All(networks, network => Assert.NotEqual("", settings["Networks"]![network]!["GlobalIPv6Address"]!.ToString()));
            });
            await client.AnsweredAsync("new");
        }

        var now = await _scene.Engine.InspectAsync(result.ContainerId);
        Assert.Equal(["old", "new"], client.Versions.Where(version => version.Length > 0));
        Assert.True(JsonNode.DeepEquals(old["NetworkSettings"]!["Ports"], now["NetworkSettings"]!["Ports"]),
            now["NetworkSettings"]!["Ports"]!.ToJsonString());
        Assert.Equal(networks.Order(), now["NetworkSettings"]!["Networks"]!.AsObject().Select(network => network.Key).Order());
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    /// <summary>Older engines join that one first at each start, and would bind the ports there.</summary>
    [Fact]
    public async Task One_that_is_on_the_default_bridge_too_is_swapped_as_the_engine_can()
    {
        var id = await _scene.Engine.CreateAsync("web", JsonNode.Parse($$"""
            { "Image": "{{_scene.Engine.Prefix}}:old", "ExposedPorts": { "80/tcp": {} }, "HostConfig": { "NetworkMode": "{{_scene.App}}",
              "PortBindings": { "80/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "{{SwapScene.Port}}" } ] } } }
            """)!.AsObject());
        await _scene.Engine.ConnectAsync("bridge", id, null);
        await _scene.Engine.StartContainerAsync(id);
        var old = await _scene.Engine.InspectAsync(id);

        var result = await _scene.SwapAsync(
            IsAtLeast28 ? SwapFlow.WarmHeld : SwapFlow.StopFirst, order: UpdateOrder.StartFirst);

        var now = await _scene.Engine.InspectAsync(result.ContainerId);
        Assert.True(JsonNode.DeepEquals(old["NetworkSettings"]!["Ports"], now["NetworkSettings"]!["Ports"]),
            now["NetworkSettings"]!["Ports"]!.ToJsonString());
        Assert.Equal(["bridge", _scene.App], now["NetworkSettings"]!["Networks"]!.AsObject().Select(network => network.Key)
            .Order(StringComparer.Ordinal));
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    /// <summary>It was verified on other addresses than those that it has in the end: the name must not lead to what is gone.</summary>
    [Theory]
    [InlineData(nameof(SwapFlow.StartFirst))]
    [InlineData(nameof(SwapFlow.WarmHeld))]
    public async Task Its_own_host_name_and_alias_lead_to_its_final_addresses(string name)
    {
        var flow = Enum.Parse<SwapFlow>(name);
        var peer = await _scene.StartPeerAsync("exec sleep 600");
        _ = await _scene.StartOldAsync(flow);

        var result = await _scene.SwapAsync(flow);

        var now = await _scene.Engine.InspectAsync(result.ContainerId);
        var addresses = now["NetworkSettings"]!["Networks"]!.AsObject().Select(network => network.Value!["IPAddress"]!.GetValue<string>())
            .Order().ToHashSet();
        Assert.Equal(2, addresses.Count);
        if (IsAtLeast28)
        {
            // Older ones take all lines of the host name away with one network, and their name server answers.
            Assert.Equal(addresses, await HostsAsync(result.ContainerId));
        }

        foreach (var (asker, asked) in ((string, string)[])[(result.ContainerId, "$(hostname)"), (result.ContainerId, "shop"),
            (peer, "shop")])
        {
            var found = await _scene.Engine.ExecAsync(asker, $"nslookup {asked} | grep '^Address: ' | awk '{{ print $2 }}'");
            Assert.NotEqual("", found);
            Assert.Subset(addresses, found.Split('\n').ToHashSet());
        }

        Assert.All(addresses, address =>
            Assert.Equal("new", _scene.Engine.ExecAsync(result.ContainerId, $"wget -q -O - http://{address}").GetAwaiter().GetResult()));
    }

    /// <summary>Engines before 28 would keep the lines of the networks that it has left.</summary>
    [Fact]
    public async Task A_host_name_with_a_domain_never_leads_to_an_address_that_is_gone()
    {
        _ = await _scene.StartPeerAsync("exec sleep 600");
        var id = await _scene.Engine.CreateAsync("web", JsonNode.Parse($$"""
            { "Image": "{{_scene.Engine.Prefix}}:old", "ExposedPorts": { "80/tcp": {} }, "Hostname": "shop.example.com",
              "HostConfig": { "NetworkMode": "{{_scene.App}}",
                "PortBindings": { "80/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "{{SwapScene.Port}}" } ] } } }
            """)!.AsObject());
        await _scene.Engine.StartContainerAsync(id);

        var result = await _scene.SwapAsync(IsAtLeast28 ? SwapFlow.WarmHeld : SwapFlow.StopFirst, order: UpdateOrder.StartFirst);

        var inspection = await _scene.Engine.InspectAsync(result.ContainerId);
        var address = inspection["NetworkSettings"]!["Networks"]![_scene.App]!["IPAddress"]!.GetValue<string>();
        Assert.Equal([address], await HostsAsync(result.ContainerId));
    }

    /// <summary>Seen once on 20.10: the engine said that the network has active endpoints.</summary>
    [Fact]
    public async Task A_network_of_ours_that_the_engine_does_not_remove_is_told_and_undoes_nothing()
    {
        _ = await _scene.StartPeerAsync("exec sleep 600");
        _ = await _scene.StartOldAsync(SwapFlow.WarmHeld);
        await using var stubborn = new FaultyEngine(_scene.Engine.Engine.Endpoint, Fault.Refused, at: int.MaxValue)
        {
            Instead = static request => request.Method == "DELETE" && request.Target.Contains("/networks/", StringComparison.Ordinal)
                ? ScriptedResponse.Json("""{ "message": "error while removing network: network hold id 1 has active endpoints" }""", 403)
                : null,
        };

        var result = await _scene.SwapAsync(SwapFlow.WarmHeld, through: stubborn.Engine);

        Assert.Contains(
            _scene.Reports.OfType<WarningReport>(),
            warning => warning.Message.Contains("The next deployment tries it again.", StringComparison.Ordinal));
        Assert.Equal(result.ContainerId, (await _scene.Engine.InspectAsync(_scene.Name))["Id"]!.GetValue<string>());
        Assert.Equal(2, (await _scene.LeftAsync()).Length);
        _ = await TestSwap.RepairAsync(_scene.Engine.Engine, _scene.Name, Cancel);
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    // Without its networks the old one would come back with the engine, and nobody could ask it.
    [Theory]
    [MemberData(nameof(Warm))]
    public async Task The_one_that_has_the_ports_is_the_one_that_comes_back_with_the_engine(string name)
    {
        var flow = Enum.Parse<SwapFlow>(name);
        await PeerAsync(flow);
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(flow));
        var policies = new List<string>();
        _ = await Assert.ThrowsAsync<InvalidOperationException>(() => _scene.SwapAsync(
            flow,
            verify: async (id, stop) =>
            {
                policies.Add(await PolicyAsync(id));
                await _scene.VerifyAsync(id, stop);
            },
            beforeCommit: async (id, _) =>
            {
                policies.Add(await PolicyAsync(id));
                throw new InvalidOperationException("no");
            }));

        Assert.Equal(["no", .. Enumerable.Repeat("always", policies.Count - 1)], policies);
        Assert.True(policies.Count > 2);
        await AssertUntouchedAsync(old);

        async Task<string> PolicyAsync(string id) =>
            (await _scene.Engine.InspectAsync(id))["HostConfig"]!["RestartPolicy"]!["Name"]!.GetValue<string>();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Without_ports_no_request_fails_by_name_or_alias(bool oldMayAnswer)
    {
        _scene.OldMayAnswer = oldMayAnswer;
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(SwapFlow.StartFirst));
        await using var asking = await AskAsync();

        _ = await asking.Lines.UntilAsync(lines => lines.Count(line => line == "old") > 100, Cancel);
        _ = await _scene.SwapAsync(SwapFlow.StartFirst);
        var lines = await asking.Lines.UntilAsync(lines => lines.Count > 2000 && lines[^1] == "new", Cancel);

        Assert.Equal(["old", "new"], FromTheFirstAnswer(lines).Distinct());
        AssertConfiguredAs(old, await _scene.Engine.InspectAsync(_scene.Name), SwapFlow.StartFirst);
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    /// <summary>The tag was moved since the plan, as a build in another session does.</summary>
    [Theory]
    [InlineData(nameof(SwapFlow.StopFirst))]
    [InlineData(nameof(SwapFlow.WarmDetached))]
    public async Task A_candidate_of_another_image_than_the_planned_one_is_not_started(string name)
    {
        var flow = Enum.Parse<SwapFlow>(name);
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(flow));
        var planned = (await _scene.Engine.InspectImageAsync(_scene.Engine.Prefix + ":sick"))["Id"]!.GetValue<string>();
        var request = TestSwap.Request(
            _scene.Name, _scene.Engine.Prefix + ":new", flow == SwapFlow.StopFirst ? UpdateOrder.StopFirst : UpdateOrder.StartFirst);

        var refused = await Assert.ThrowsAsync<ProException>(() => TestSwap.RunAsync(
            _scene.Engine.Engine, request with { ImageId = planned },
            new TestSwap((_, _) => throw new InvalidOperationException("it was started")), Cancel));

        Assert.Equal("OtherImage", refused.Id);
        Assert.Contains($"and not from {planned}", refused.Message, StringComparison.Ordinal);
        await AssertUntouchedAsync(old);
    }

    [Theory]
    [MemberData(nameof(Warm))]
    public async Task A_version_that_never_gets_healthy_costs_no_request(string name)
    {
        var flow = Enum.Parse<SwapFlow>(name);
        await PeerAsync(flow);
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(flow));
        var client = await PollingClient.StartAsync(SwapScene.Port);
        await using (client)
        {
            var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => _scene.SwapAsync(flow, "sick"));
            Assert.Equal("sick", failure.Message);
        }

        Assert.Equal(["old"], client.Versions);
        await AssertUntouchedAsync(old);
    }

    [Fact]
    public async Task A_version_that_never_gets_healthy_is_never_asked_by_name_or_alias()
    {
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(SwapFlow.StartFirst));
        await using var asking = await AskAsync();
        _ = await asking.Lines.UntilAsync(lines => lines.Count(line => line == "old") > 100, Cancel);

        _ = await Assert.ThrowsAsync<InvalidOperationException>(() => _scene.SwapAsync(SwapFlow.StartFirst, "sick"));

        var before = asking.Lines.Lines.Count;
        Assert.Equal(["old"], FromTheFirstAnswer(await asking.Lines.UntilAsync(lines => lines.Count > before + 100, Cancel)).Distinct());
        await AssertUntouchedAsync(old);
    }

    [Theory]
    [MemberData(nameof(Warm))]
    public async Task What_fails_after_the_ports_changed_hands_gives_them_back(string name)
    {
        var flow = Enum.Parse<SwapFlow>(name);
        await PeerAsync(flow);
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(flow));
        var client = await PollingClient.StartAsync(SwapScene.Port);
        await using (client)
        {
            _ = await Assert.ThrowsAsync<InvalidOperationException>(() =>
                _scene.SwapAsync(flow, beforeCommit: (_, _) => throw new InvalidOperationException("no")));
        }

        TestContext.Current.SendDiagnosticMessage($"{name} and back: gap {client.Gap.TotalMilliseconds:0} ms");
        Assert.Equal("old", client.Versions.Last(version => version.Length > 0));

        // How short it is shows bench/: a busy machine takes what it takes. Here it is only that nothing waits for a time-out.
        Assert.InRange(client.Gap, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        await AssertUntouchedAsync(old);
    }

    [Theory]
    [InlineData(nameof(SwapFlow.StartFirst))]
    [InlineData(nameof(SwapFlow.WarmHeld))]
    public async Task One_that_fails_without_the_old_one_gives_way_to_it(string name)
    {
        var flow = Enum.Parse<SwapFlow>(name);
        await PeerAsync(flow);
        _scene.OldMayAnswer = true;
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(flow));
        var id = old["Id"]!.GetValue<string>();
        var isStopped = false;
        _ = await Assert.ThrowsAsync<InvalidOperationException>(() => _scene.SwapAsync(flow, verify: async (_, _) =>
        {
            isStopped = !(await _scene.Engine.InspectAsync(id))["State"]!["Running"]!.GetValue<bool>();
            if (isStopped)
            {
                throw new InvalidOperationException("it asked the old one");
            }
        }));

        Assert.True(isStopped);
        var now = await _scene.Engine.InspectAsync(_scene.Name);
        Assert.Equal(id, now["Id"]!.GetValue<string>());
        Assert.True(now["State"]!["Running"]!.GetValue<bool>());
        Assert.Empty(SwapScene.Differences(old, now));
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    // A sample is of one flow, by the seed. The one with a peer is the last: the others would do the same with it.
    [Fact]
    public async Task Whichever_call_fails_or_is_the_last_one_repair_makes_it_right()
    {
        var seed = FaultSample.Seed();
        var failures = new List<string>();
        foreach (var flow in FaultSample.Some(seed, Flows))
        {
            await PeerAsync(flow);
            _scene.OldMayAnswer = seed % 2 == 1 && flow != SwapFlow.WarmDetached;
            failures.AddRange((await FailuresAsync(flow, seed)).Select(failure => $"{flow} {failure}"));
        }

        Assert.True(failures.Count == 0, $"{FaultSample.Variable}={seed}\n{string.Join('\n', failures)}");
    }

    private async Task<List<string>> FailuresAsync(SwapFlow flow, int seed)
    {
        var failures = new List<string>();
        var isOver = false;
        for (var at = 1; !isOver; at++)
        {
            if (!FaultSample.Takes(seed, at))
            {
                continue;
            }

            foreach (var fault in FaultSample.IsComplete ? Enum.GetValues<Fault>() : [FaultSample.Choose(seed, at)])
            {
                var (failed, wrong) = await FailAsync(flow, fault, at);
                failures.AddRange(wrong.Select(text => $"{at} {fault} {failed}: {text}"));
                isOver = failed is null;
                Assert.True(!isOver || at > 6, $"Only {at - 1} calls were made.");
            }
        }

        return failures;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private bool IsAtLeast28 => _scene.Engine.Engine.ApiVersion >= new Version(1, 48);

    /// <summary>The addresses that its hosts file has for its own host name.</summary>
    private async Task<HashSet<string>> HostsAsync(string container) =>
        (await _scene.Engine.ExecAsync(container, "grep -w $(hostname) /etc/hosts | awk '{ print $1 }'"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet();

    private async Task UntilAsync(string container, string path, CancellationToken stop)
    {
        while (await new ContainerApi(_scene.Engine.Engine).GetArchiveAsync(container, path, stop) is null)
        {
            await Task.Delay(50, stop);
        }
    }

    private async Task<string> FileAsync(string container, string path)
    {
        var reader = new TarReader(
            new MemoryStream((await new ContainerApi(_scene.Engine.Engine).GetArchiveAsync(container, path, Cancel))!));
        await using var closing = reader.ConfigureAwait(false);
        using var text = new StreamReader((await reader.GetNextEntryAsync(copyData: true, Cancel))!.DataStream!);
        return await text.ReadToEndAsync(Cancel);
    }

    private async Task<(string? Failed, IReadOnlyList<string> Wrong)> FailAsync(SwapFlow flow, Fault fault, int at)
    {
        var old = await _scene.Engine.InspectAsync(await _scene.StartOldAsync(flow));
        await using var faulty = new FaultyEngine(_scene.Engine.Engine.Endpoint, fault, at);
        try
        {
            _ = await _scene.SwapAsync(flow, verify: (_, _) => Task.CompletedTask, through: faulty.Engine);
        }
        catch (ProException)
        {
            // Said; what counts is what runs now.
        }

        var wrong = new List<string>();
        if (fault != Fault.Killed && (await _scene.LeftAsync()) is var here && !here.Contains(_scene.Name))
        {
            wrong.Add("after the swap there are only " + string.Join(", ", here));
        }

        var outcome = await TestSwap.RepairAsync(_scene.Engine.Engine, _scene.Name, Cancel);
        var left = await _scene.LeftAsync();
        if (!left.SequenceEqual([_scene.Name]))
        {
            wrong.Add($"after the repair ({outcome}) there are " + string.Join(", ", left));
        }
        else
        {
            wrong.AddRange(Wrong(old, await _scene.Engine.InspectAsync(_scene.Name), flow, outcome, _scene.OldMayAnswer));
        }

        await _scene.Engine.RemoveIfThereAsync("web");
        foreach (var name in new[] { "web.pro-next", "web.pro-prev", "web.pro-done" })
        {
            await _scene.Engine.RemoveIfThereAsync(name);
        }

        return (faulty.Failed, wrong);
    }

    private static IEnumerable<string> Wrong(JsonObject old, JsonObject now, SwapFlow flow, RepairOutcome outcome, bool mayStop)
    {
        if (!now["State"]!["Running"]!.GetValue<bool>())
        {
            yield return "it does not run";
        }

        var isOld = JsonNode.DeepEquals(old["Id"], now["Id"]);
        if (isOld && !mayStop && old["State"]!["StartedAt"]!.GetValue<string>() != now["State"]!["StartedAt"]!.GetValue<string>())
        {
            yield return "the old one was stopped in between";
        }

        foreach (var difference in isOld ? SwapScene.Differences(old, now) : Unexpected(old, now, flow))
        {
            yield return $"{outcome}: {difference}";
        }
    }

    private static void AssertConfiguredAs(JsonObject old, JsonObject container, SwapFlow flow)
    {
        Assert.True(container["State"]!["Running"]!.GetValue<bool>());
        Assert.Empty(Unexpected(old, container, flow));
    }

    private static IEnumerable<string> Unexpected(JsonObject old, JsonObject container, SwapFlow flow) =>
        SwapScene.Differences(old, container).Where(difference =>
            !new[] { "Image:", "Path:", "Args[", "Config.Image:", "Config.Cmd[", "Config.Labels.pro.", "ResolvConfPath", "HostnamePath",
                "HostsPath", "LogPath" }
                .Any(expected => difference.StartsWith(expected, StringComparison.Ordinal))
            && !IsCarriedVolume(difference)
            && !(flow is SwapFlow.StartFirst or SwapFlow.WarmHeld && difference.Contains(".Aliases", StringComparison.Ordinal)));

    // Anonymous volumes have names from now on.
    private static bool IsCarriedVolume(string difference) =>
        difference.StartsWith("HostConfig.Binds", StringComparison.Ordinal)
            || difference.StartsWith("Mounts[0].Mode", StringComparison.Ordinal);

    private async Task AssertUntouchedAsync(JsonObject old)
    {
        var now = await _scene.Engine.InspectAsync(_scene.Name);
        Assert.Equal(old["Id"]!.GetValue<string>(), now["Id"]!.GetValue<string>());
        Assert.Equal(old["State"]!["StartedAt"]!.GetValue<string>(), now["State"]!["StartedAt"]!.GetValue<string>());
        Assert.Empty(SwapScene.Differences(old, now));
        Assert.Equal([_scene.Name], await _scene.LeftAsync());
    }

    private async Task PeerAsync(SwapFlow flow)
    {
        if (flow == SwapFlow.WarmHeld)
        {
            _ = await _scene.StartPeerAsync("exec sleep 600");
        }
    }

    // Until then the service may not have begun to listen.
    private static IEnumerable<string> FromTheFirstAnswer(IEnumerable<string> lines) => lines.SkipWhile(line => line != "old");

    /// <summary>A peer on the service's network that asks it by its alias and by its name, in turn, all the time.</summary>
    private async Task<FollowedContainer> AskAsync() =>
        await FollowedContainer.StartAsync(_scene.Engine.Engine, await _scene.StartAskerAsync("shop/", _scene.Name + "/"), Cancel);
}
