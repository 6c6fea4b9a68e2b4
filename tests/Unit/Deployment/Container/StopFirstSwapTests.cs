using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed class StopFirstSwapTests : IAsyncLifetime
{
    private TestEngine _engine = null!;
    private string _network = "";

    private string Name => _engine.Prefix + "-web";

    private string NewImage => _engine.Prefix + ":new";

    public async ValueTask InitializeAsync()
    {
        _engine = await TestEngine.StartAsync();
        await _engine.DisposeIfFailsAsync(PrepareAsync);
    }

    private async Task PrepareAsync()
    {
        _ = await _engine.ImageAsync(
            "old", Parse("""{ "Cmd": [ "sleep", "501" ], "StopSignal": "SIGKILL", "Volumes": { "/data": {} } }"""));
        _ = await _engine.ImageAsync(
            "new", Parse("""{ "Cmd": [ "sleep", "502" ], "StopSignal": "SIGKILL", "Volumes": { "/data": {} } }"""));
        _network = await _engine.NetworkAsync(
            "app", Parse($$"""{ "IPAM": { "Config": [ { "Subnet": "{{_engine.Subnet}}.9.0/24" } ] } }"""));
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }

    [Fact]
    public async Task The_new_one_has_the_name_address_ports_and_volumes_and_the_old_one_is_gone()
    {
        var old = await _engine.InspectAsync(await StartOldAsync());

        var result = await SwapAsync(_engine.Engine);

        var container = await _engine.InspectAsync(Name);
        Assert.Equal(result.ContainerId, container["Id"]!.GetValue<string>());
        Assert.Equal(["502"], container["Args"]!.AsArray().Select(argument => argument!.GetValue<string>()));
        Assert.Equal(Endpoint(old)["IPAddress"]!.GetValue<string>(), Endpoint(container)["IPAddress"]!.GetValue<string>());
        Assert.True(JsonNode.DeepEquals(old["NetworkSettings"]!["Ports"], container["NetworkSettings"]!["Ports"]));
        Assert.Equal(old["Mounts"]![0]!["Name"]!.GetValue<string>(), container["Mounts"]![0]!["Name"]!.GetValue<string>());
        Assert.Equal([Name], await ContainersAsync());
    }

    [Theory]
    [InlineData("running", false)]
    [InlineData("paused", false)]
    [InlineData("exited", false)]
    [InlineData("running", true)]
    public async Task A_version_that_is_not_proven_gives_the_place_back(string state, bool removesItself)
    {
        var old = await StartOldAsync(removesItself);
        if (state != "running")
        {
            _ = await _engine.Http.PostAsync($"containers/{old}/{(state == "paused" ? "pause" : "stop")}", null, Cancel);
        }

        var before = await _engine.InspectAsync(old);
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            SwapAsync(_engine.Engine, (_, _) => throw new InvalidOperationException("sick")));

        var after = await _engine.InspectAsync(Name);
        Assert.Equal("sick", failure.Message);
        Assert.Equal(state, after["State"]!["Status"]!.GetValue<string>());
        Assert.Equal(before["Image"]!.GetValue<string>(), after["Image"]!.GetValue<string>());
        Assert.Equal(before["HostConfig"]!["RestartPolicy"]!.ToJsonString(), after["HostConfig"]!["RestartPolicy"]!.ToJsonString());
        Assert.Equal(before["Mounts"]![0]!["Name"]!.GetValue<string>(), after["Mounts"]![0]!["Name"]!.GetValue<string>());
        Assert.Equal([Name], await ContainersAsync());
    }

    [Fact]
    public async Task A_kept_one_that_a_prune_has_taken_is_made_again()
    {
        var old = await StartOldAsync();
        var before = await _engine.InspectAsync(old);

        _ = await Assert.ThrowsAsync<InvalidOperationException>(() => SwapAsync(_engine.Engine, async (_, _) =>
        {
            await _engine.RemoveAsync(old);
            throw new InvalidOperationException("sick");
        }));

        var after = await _engine.InspectAsync(Name);
        Assert.Equal(["501"], after["Args"]!.AsArray().Select(argument => argument!.GetValue<string>()));
        Assert.True(after["State"]!["Running"]!.GetValue<bool>());
        Assert.Equal(Endpoint(before)["IPAddress"]!.GetValue<string>(), Endpoint(after)["IPAddress"]!.GetValue<string>());
        Assert.Equal(before["Mounts"]![0]!["Name"]!.GetValue<string>(), after["Mounts"]![0]!["Name"]!.GetValue<string>());
        Assert.Equal([Name], await ContainersAsync());
    }

    [Fact]
    public async Task A_process_has_its_network_and_what_was_copied_into_its_layer_when_it_starts()
    {
        _ = await _engine.ImageAsync("new", Parse($$"""
            { "Cmd": [ "sh", "-c",
                "ip -4 addr | grep -q {{_engine.Subnet}}.9.9/ && grep -q secret /run/inline/file && exec sleep 502; exit 1" ] }
            """));
        var old = await StartOldAsync();
        await PutAsync(old);

        var result = await SwapAsync(_engine.Engine, async (id, _) =>
            Assert.Equal(0, (await _engine.InspectAsync(id))["RestartCount"]!.GetValue<int>()), injected: ["/run/inline/file"]);

        var now = await _engine.InspectAsync(result.ContainerId);
        Assert.Equal(("running", 0), (now["State"]!["Status"]!.GetValue<string>(), now["State"]!["ExitCode"]!.GetValue<int>()));
        Assert.Equal("sleep", await _engine.ExecAsync(result.ContainerId, "cat /proc/1/comm"));
    }

    [Fact]
    public async Task An_old_one_that_is_made_again_has_what_was_copied_into_its_layer()
    {
        var old = await StartOldAsync();
        await PutAsync(old);

        _ = await Assert.ThrowsAsync<InvalidOperationException>(() => SwapAsync(
            _engine.Engine,
            async (_, _) =>
            {
                await _engine.RemoveAsync(old);
                throw new InvalidOperationException("sick");
            },
            injected: ["/run/inline/file"]));

        var after = await _engine.InspectAsync(Name);
        Assert.NotEqual(old, after["Id"]!.GetValue<string>());
        Assert.NotNull(await new ContainerApi(_engine.Engine).GetArchiveAsync(after["Id"]!.GetValue<string>(), "/run/inline/file", Cancel));
    }

    [Fact]
    public async Task A_candidate_that_is_not_kept_leaves_no_volume_and_is_not_waited_for()
    {
        _ = await _engine.ImageAsync("old", Parse("""{ "Cmd": [ "sleep", "501" ], "StopSignal": "SIGKILL" }"""));
        _ = await _engine.ImageAsync("new", Parse("""{ "Cmd": [ "sh", "-c", "trap : TERM; while :; do sleep 1; done" ] }"""));
        _ = await _engine.ImageAsync(
            "writes", Parse("""{ "Cmd": [ "sleep", "502" ], "StopSignal": "SIGKILL", "Volumes": { "/extra": {} } }"""));
        var id = await _engine.CreateAsync("web", Parse($$"""{ "Image": "{{_engine.Prefix}}:old" }"""));
        await _engine.StartContainerAsync(id);

        var clock = System.Diagnostics.Stopwatch.StartNew();
        _ = await Assert.ThrowsAsync<InvalidOperationException>(
            () => SwapAsync(_engine.Engine, (_, _) => throw new InvalidOperationException("sick")));
        Assert.InRange(clock.Elapsed, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8));

        var volume = "";
        _ = await Assert.ThrowsAsync<InvalidOperationException>(() => SwapAsync(
            _engine.Engine,
            async (candidate, _) =>
            {
                volume = (await _engine.InspectAsync(candidate))["Mounts"]![0]!["Name"]!.GetValue<string>();
                throw new InvalidOperationException("sick");
            },
            image: _engine.Prefix + ":writes"));
        Assert.Null(await new ContainerApi(_engine.Engine).FindVolumeAsync(volume, Cancel));
        Assert.True((await _engine.InspectAsync(id))["State"]!["Running"]!.GetValue<bool>());
    }

    private async Task PutAsync(string container)
    {
        using var tar = new MemoryStream();
        await using (var writer = new System.Formats.Tar.TarWriter(tar, leaveOpen: true))
        {
            await writer.WriteEntryAsync(
                new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "run/inline/file")
                {
                    DataStream = new MemoryStream("secret"u8.ToArray()),
                },
                Cancel);
        }

        await new ContainerApi(_engine.Engine).PutArchiveAsync(container, "/", tar.ToArray(), Cancel);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_version_that_ends_over_and_over_is_never_in_the_way_of_the_old_one(bool ownNetwork)
    {
        // The engine starts it again by itself, the first time 0.1 s after its end, so also in the middle of the restore.
        _ = await _engine.ImageAsync("ends", Parse("""{ "Cmd": [ "false" ] }"""));
        var failures = new List<string>();
        foreach (var after in FaultSample.Some(FaultSample.Seed(), 70, 90, 110))
        {
            var old = await StartOldAsync(ownNetwork: ownNetwork);
            var failure = await Record.ExceptionAsync(() => SwapAsync(
                _engine.Engine, (id, _) => EndsAsync(id, TimeSpan.FromMilliseconds(after)), image: _engine.Prefix + ":ends"));
            if (failure is not InvalidOperationException)
            {
                failures.Add($"{after} ms: {failure}");
            }

            var left = await ContainersAsync();
            if (!left.SequenceEqual([Name]) || await _engine.InspectAsync(Name) is var one
                && (one["Id"]!.GetValue<string>() != old || !one["State"]!["Running"]!.GetValue<bool>()
                    || one["NetworkSettings"]!["Ports"]!["80/tcp"] is not JsonArray { Count: 1 }))
            {
                failures.Add($"{after} ms: there are {string.Join(", ", left)}");
            }

            foreach (var container in left)
            {
                await _engine.RemoveAsync(container);
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_version_that_ends_over_and_over_gives_way_to_one_that_runs(bool ownNetwork)
    {
        _ = await _engine.ImageAsync("old", Parse("""{ "Cmd": [ "false" ] }"""));
        foreach (var after in FaultSample.Some(FaultSample.Seed(), 60, 80, 100, 120))
        {
            var old = await StartOldAsync(ownNetwork: ownNetwork);
            while (!(await _engine.InspectAsync(old))["State"]!["Restarting"]!.GetValue<bool>())
            {
                Cancel.ThrowIfCancellationRequested();
            }

            await Task.Delay(after, Cancel);
            _ = await SwapAsync(_engine.Engine);

            var now = await _engine.InspectAsync(Name);
            Assert.True(now["State"]!["Running"]!.GetValue<bool>(), $"{after} ms");
            Assert.Equal("always", now["HostConfig"]!["RestartPolicy"]!["Name"]!.GetValue<string>());
            Assert.Single(now["NetworkSettings"]!["Ports"]!["80/tcp"]!.AsArray());
            Assert.Equal([Name], await ContainersAsync());
            await _engine.RemoveAsync(Name);
        }
    }

    // The restart's moment is what is looked for, and no event tells it beforehand.
    private async Task EndsAsync(string id, TimeSpan after)
    {
        while ((await _engine.InspectAsync(id))["State"]! is var state && state["Running"]!.GetValue<bool>()
            && !state["Restarting"]!.GetValue<bool>())
        {
            Cancel.ThrowIfCancellationRequested();
        }

        await Task.Delay(after, Cancel);
        throw new InvalidOperationException("sick");
    }

    [Fact]
    public async Task A_cancelled_swap_gives_the_place_back()
    {
        var old = await StartOldAsync();
        using var source = new CancellationTokenSource();

        _ = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SwapAsync(
            _engine.Engine,
            async (_, token) =>
            {
                await source.CancelAsync();
                token.ThrowIfCancellationRequested();
            },
            source.Token));

        Assert.True((await _engine.InspectAsync(old))["State"]!["Running"]!.GetValue<bool>());
        Assert.Equal([Name], await ContainersAsync());
    }

    [Fact]
    public async Task Whichever_call_fails_one_version_runs_and_one_repair_leaves_nothing_over()
    {
        var failures = new List<string>();
        var seed = FaultSample.Seed();
        foreach (var fault in FaultSample.Some(seed, Fault.Refused, Fault.LostRequest, Fault.LostAnswer))
        {
            failures.AddRange((await FailuresAsync(fault, seed)).Select(failure => $"{fault} {failure}"));
        }

        Assert.True(failures.Count == 0, $"{FaultSample.Variable}={seed}\n" + string.Join('\n', failures));
    }

    private async Task<List<string>> FailuresAsync(Fault fault, int seed)
    {
        var failures = new List<string>();
        for (var at = 1; ; at++)
        {
            if (!FaultSample.Takes(seed, at))
            {
                continue;
            }

            _ = await StartOldAsync();
            await using var faulty = new FaultyEngine(_engine.Engine.Endpoint, fault, at);
            try
            {
                _ = await SwapAsync(faulty.Engine);
            }
            catch (ProException)
            {
                // Said; what counts is what runs now.
            }

            if (faulty.Failed is null)
            {
                Assert.True(at > 6, $"Only {at - 1} calls were made.");
                break;
            }

            failures.AddRange((await WrongAsync()).Select(wrong => $"{at} {faulty.Failed}: {wrong}"));
            await _engine.RemoveIfThereAsync("web");
        }

        await _engine.RemoveIfThereAsync("web");
        return failures;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_that_removes_itself_is_restored_whatever_its_size(bool isKilled)
    {
        var noise = Convert.ToHexString(System.Security.Cryptography.RandomNumberGenerator.GetBytes(60_000));
        var body = OldOnItsNetwork(removesItself: true);
        body["Env"] = new JsonArray("A=" + noise);
        var old = await _engine.CreateAsync("web", body);
        await _engine.StartContainerAsync(old);
        var before = await _engine.InspectAsync(old);

        // Five calls for the record and the candidate, then a rename and the stop.
        await using var faulty = new FaultyEngine(_engine.Engine.Endpoint, Fault.Killed, isKilled ? 7 : int.MaxValue);
        _ = await Assert.ThrowsAnyAsync<Exception>(() => SwapAsync(faulty.Engine, (_, _) => throw new InvalidOperationException("sick")));
        if (isKilled)
        {
            Assert.EndsWith("/stop", faulty.Failed, StringComparison.Ordinal);
            Assert.Equal(RepairOutcome.RestoredPrevious, await TestSwap.RepairAsync(_engine.Engine, Name, Cancel));
        }

        var after = await _engine.InspectAsync(Name);
        Assert.Contains("A=" + noise, after["Config"]!["Env"]!.AsArray().Select(one => one!.GetValue<string>()));
        Assert.Equal(before["Mounts"]![0]!["Name"]!.GetValue<string>(), after["Mounts"]![0]!["Name"]!.GetValue<string>());
        Assert.True(after["State"]!["Running"]!.GetValue<bool>());
        Assert.Equal([Name], await ContainersAsync());
    }

    private async Task<IReadOnlyList<string>> WrongAsync()
    {
        var wrong = new List<string>();
        if (!(await Task.WhenAll((await ContainersAsync()).Select(_engine.InspectAsync)))
            .Any(one => one["State"]!["Running"]!.GetValue<bool>()))
        {
            wrong.Add("nothing runs after the swap");
        }

        _ = await TestSwap.RepairAsync(_engine.Engine, Name, Cancel);
        var left = await ContainersAsync();
        if (!left.SequenceEqual([Name]))
        {
            wrong.Add("after the repair there are " + string.Join(", ", left));
        }
        else if (await _engine.InspectAsync(Name) is var one
            && (!one["State"]!["Running"]!.GetValue<bool>()
                || one["HostConfig"]!["RestartPolicy"]!["Name"]!.GetValue<string>() != "always"
                || Endpoint(one)["IPAddress"]!.GetValue<string>() != _engine.Subnet + ".9.9"
                || one["NetworkSettings"]!["Ports"]!["80/tcp"] is not JsonArray { Count: 1 }))
        {
            wrong.Add("after the repair it is not as it was");
        }

        return wrong;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    private JsonNode Endpoint(JsonObject container) => container["NetworkSettings"]!["Networks"]![_network]!;

    private async Task<string> StartOldAsync(bool removesItself = false, bool ownNetwork = true)
    {
        var id = await _engine.CreateAsync("web", ownNetwork ? OldOnItsNetwork(removesItself) : Parse($$"""
            { "Image": "{{_engine.Prefix}}:old", "ExposedPorts": { "80/tcp": {} },
              "HostConfig": { "PortBindings": { "80/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "28480" } ] },
                "RestartPolicy": { "Name": "always" } } }
            """));
        await _engine.StartContainerAsync(id);
        return id;
    }

    private JsonObject OldOnItsNetwork(bool removesItself) => Parse($$"""
            { "Image": "{{_engine.Prefix}}:old", "ExposedPorts": { "80/tcp": {} },
              "HostConfig": { "NetworkMode": "{{_network}}",
                "PortBindings": { "80/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "28480" } ] },
                "AutoRemove": {{(removesItself ? "true" : "false")}},
                "RestartPolicy": { "Name": "{{(removesItself ? "no" : "always")}}" } },
              "NetworkingConfig": { "EndpointsConfig": { "{{_network}}": { "IPAMConfig": { "IPv4Address": "{{_engine.Subnet}}.9.9" } } } } }
            """);

    private Task<SwapResult> SwapAsync(
        EngineConnection engine,
        Func<string, CancellationToken, Task>? verify = null,
        CancellationToken? cancellationToken = null,
        string? image = null,
        params string[] injected) =>
        TestSwap.RunAsync(
            engine,
            TestSwap.Request(Name, image ?? NewImage) with { InjectedFiles = injected },
            new TestSwap(verify ?? ((_, _) => Task.CompletedTask)),
            cancellationToken ?? Cancel);

    private async Task<string[]> ContainersAsync()
    {
        var filter = Uri.EscapeDataString(new JsonObject { ["name"] = new JsonArray(Name) }.ToJsonString());
        return [.. (await _engine.Http.GetListAsync($"containers/json?all=true&filters={filter}", Cancel))
            .Select(container => container!["Names"]![0]!.GetValue<string>().TrimStart('/'))
            .Concat(await TestSwap.RecordsAsync(_engine.Engine, Name, Cancel)).Order(StringComparer.Ordinal)];
    }
}
