using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Engine.Api;
using Xunit;
using Version = System.Version;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>
/// Containers with every option, made again on a second image, and compared field by field with (a) what the engine makes of the
/// operator's own request on that image, and (b) the old container's host configuration. What may differ is listed here; anything
/// else fails, and names its path.
/// </summary>
[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed partial class RecreatedContainerTests : IAsyncLifetime
{
    private const string OldImage = """
        { "Env": [ "COLOUR=old", "IMAGE_ONLY=old", "SAME=same" ], "Labels": { "layer": "old", "gone": "old", "same": "same" },
          "Cmd": [ "sleep", "401" ], "Entrypoint": [ "/bin/env" ], "WorkingDir": "/old", "User": "1",
          "ExposedPorts": { "80/tcp": {}, "7001/tcp": {} },
          "Volumes": { "/data": {}, "/onlyold": {} }, "Healthcheck": { "Test": [ "CMD", "true" ], "Interval": 3000000000, "Retries": 7 },
          "StopSignal": "SIGINT", "Shell": [ "/bin/sh", "-e", "-c" ], "OnBuild": [ "RUN true" ] }
        """;

    private const string NewImage = """
        { "Env": [ "COLOUR=new", "ADDED=new", "SAME=same", "IMAGE_ONLY=new" ], "Labels": { "layer": "new", "added": "new", "same": "same" },
          "Cmd": [ "sleep", "402" ], "Entrypoint": [ "env" ], "WorkingDir": "/new", "User": "2",
          "ExposedPorts": { "80/tcp": {}, "7002/tcp": {} },
          "Volumes": { "/data": {} },
          "Healthcheck": { "Test": [ "CMD", "echo" ], "Interval": 4000000000, "Timeout": 5000000000, "Retries": 9 },
          "StopSignal": "SIGQUIT", "Shell": [ "/bin/sh", "-c" ] }
        """;

    private TestEngine _engine = null!;
    private string _network = "";
    private string _second = "";
    private string _other = "";
    private string _folder = "";

    public async ValueTask InitializeAsync()
    {
        _engine = await TestEngine.StartAsync();
        await _engine.DisposeIfFailsAsync(PrepareAsync);
    }

    private async Task PrepareAsync()
    {
        _ = await _engine.ImageAsync("old", Parse(OldImage));
        _ = await _engine.ImageAsync("new", Parse(NewImage));
        _network = await _engine.NetworkAsync("app", Parse($$"""
            { "EnableIPv6": true, "IPAM": { "Config": [ { "Subnet": "{{_engine.Subnet}}.7.0/24" }, { "Subnet": "fd00:213:7::/64" } ] } }
            """));
        _second = await _engine.NetworkAsync(
            "back", Parse($$"""{ "IPAM": { "Config": [ { "Subnet": "{{_engine.Subnet}}.8.0/24" } ] } }"""));
        _other = await _engine.CreateAsync("other", Parse($$"""
            { "Image": "{{TestEngine.Base}}", "Cmd": [ "sleep", "600" ], "Volumes": { "/others": {} },
              "HostConfig": { "IpcMode": "shareable" } }
            """));
        await _engine.ConnectAsync(_network, _other, null);
        await _engine.StartContainerAsync(_other);
        _folder = Directory.CreateTempSubdirectory("pro-recipe").FullName;
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }
    }

    [Fact]
    public async Task Every_option_goes_along_and_the_old_images_values_do_not()
    {
        var failures = new List<string>();
        var cases = RecipeCase.Others(_network, _other).ToDictionary();
        cases["wide"] = RecipeCase.Wide(_network, _second, _engine.Subnet, await _engine.VolumeAsync("named"), _folder);
        cases["unstartable"] = RecipeCase.Unstartable;
        if (_engine.Engine.ApiVersion >= new Version(1, 48))
        {
            var volume = await _engine.VolumeAsync("with-a-folder");
            await FolderInAsync(volume, "inner");
            cases["newer"] = RecipeCase.Newer(_network, _second, volume);
        }

        foreach (var (name, one) in cases)
        {
            try
            {
                failures.AddRange((await DifferencesAsync(one)).Select(difference => $"{name}: {difference}"));
            }
            catch (ProException exception)
            {
                failures.Add($"{name}: {exception.Message}");
                await _engine.RemoveIfThereAsync("subject");
            }
        }

        Assert.True(failures.Count == 0, string.Join('\n', failures));
    }

    [Fact]
    public async Task A_network_that_was_disconnected_by_hand_stays_disconnected()
    {
        var body = Parse($$"""{ "Image": "{{_engine.Prefix}}:old", "HostConfig": { "NetworkMode": "{{_network}}" } }""");
        var old = await _engine.CreateAsync("subject", body);
        await _engine.ConnectAsync(_second, old, null);
        _ = await _engine.Http.PostAsync($"networks/{_network}/disconnect", new JsonObject { ["Container"] = old }, Cancel);
        await _engine.StartContainerAsync(old);

        var id = await RecreateAsync(old);
        await _engine.StartContainerAsync(id);
        var container = await _engine.InspectAsync(id);

        Assert.Equal([_second], container["NetworkSettings"]!["Networks"]!.AsObject().Select(network => network.Key));
        Assert.Equal(_network, container["HostConfig"]!["NetworkMode"]!.GetValue<string>());
    }

    [Fact]
    public async Task Anonymous_volumes_are_the_same_ones_after_two_swaps()
    {
        var old = await _engine.CreateAsync("subject", Parse($$"""{ "Image": "{{_engine.Prefix}}:old", "Volumes": { "/mine": {} } }"""));
        var volumes = Volumes(await _engine.InspectAsync(old));

        var second = await RecreateAsync(await RecreateAsync(old));

        Assert.Equal(["/data", "/mine", "/onlyold"], volumes.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(volumes, Volumes(await _engine.InspectAsync(second)));
    }

    [Fact]
    public async Task The_old_one_is_made_again_from_the_record_alone()
    {
        var one = RecipeCase.Wide(_network, _second, _engine.Subnet, await _engine.VolumeAsync("named"), _folder);
        var old = await MakeAsync(one, "old");
        var before = await _engine.InspectAsync(old);
        var saved = new SwapState(new ContainerView(before), await RecipeAsync(before)).Saved;
        var info = new OperationInfo
        {
            Target = _engine.Prefix, Nonce = _engine.Prefix, To = _engine.Prefix + ":new", OldImages = [saved.Recipe.ImageId],
        };
        var records = new OperationRecords(new ContainerApi(_engine.Engine));
        await records.WriteAsync(new OperationRecord(info, [saved], "a note"), info.To, Cancel);
        await _engine.RemoveAsync(old);

        var found = (await records.FindAsync(_engine.Prefix, Cancel))!;
        var read = (await records.ReadAsync(found, Cancel))!;
        await records.RemoveAsync(found);
        var recipe = Assert.Single(read.Containers).Recipe;
        var again = await CreateAsync(recipe.On(recipe.ImageId, new RecipeOptions()));
        await _engine.StartContainerAsync(again);
        var after = await _engine.InspectAsync(again);

        Assert.Equal("a note", read.Note);
        Assert.Null(await records.FindAsync(_engine.Prefix, Cancel));
        // It is shown by the id that it was made from, and not by the tag.
        Assert.Equal(["Config.Image"], Differences(before, after).Select(difference => difference.Path));
    }

    private async Task<IReadOnlyList<JsonDifference>> DifferencesAsync(RecipeCase one)
    {
        var old = await MakeAsync(one, "old");
        var before = await _engine.InspectAsync(old);
        var recipe = await RecipeAsync(before);
        await _engine.RemoveAsync(old);

        var control = await MakeAsync(one, "new");
        var asked = await _engine.InspectAsync(control);
        await _engine.Http.DeleteAsync($"containers/{control}?force=true&v=true", Cancel);

        var id = await CreateAsync(recipe.On($"{_engine.Prefix}:new", new RecipeOptions()));
        if (one.Starts)
        {
            await _engine.StartContainerAsync(id);
        }

        var made = await _engine.InspectAsync(id);
        await _engine.RemoveAsync(id);

        var lost = Volumes(before).Except(Volumes(made))
            .Select(volume => new JsonDifference("volume " + volume.Key, volume.Value, "(lost)"));
        var host = JsonDifference.Between(Parse($$"""{ "HostConfig": {{Plain(before)["HostConfig"]!.ToJsonString()}} }"""),
            Parse($$"""{ "HostConfig": {{Plain(made)["HostConfig"]!.ToJsonString()}} }"""))
                .Where(difference => !IsNamed(difference) && !IsChosenPort(difference));
        // 7001 is the old image's.
        _ = before["NetworkSettings"]!["Ports"]?.AsObject().Remove("7001/tcp");
        var moved = PublishedPorts.Moved(recipe.ChosenPorts, new ContainerView(made)) is { } text
            ? [new JsonDifference("NetworkSettings.Ports", "", text)]
            : Array.Empty<JsonDifference>();
        return [.. lost, .. host, .. moved, .. Differences(asked, made)];
    }

    private static IEnumerable<JsonDifference> Differences(JsonObject asked, JsonObject made)
    {
        var operators = asked["Config"]!.ToJsonString() + asked["NetworkSettings"]!["Networks"]!.ToJsonString();
        var hasAddress = operators.Contains("IPv4Address", StringComparison.Ordinal);
        var hasMac = asked["Config"]!["MacAddress"] is not null || operators.Contains("02:42:ac:11:00:43", StringComparison.Ordinal);
        return JsonDifference.Between(Plain(asked), Plain(made)).Where(difference =>
            !MadeByEngine().IsMatch(difference.Path)
            && !IsNamed(difference)
            && !IsChosenPort(difference)
            && (hasAddress || !difference.Path.EndsWith(".IPAddress", StringComparison.Ordinal))
            // Engines up to 27 make it from a given IP address, later ones make one up.
            && (hasMac || (hasAddress && difference.Left.Contains("02:42:", StringComparison.Ordinal))
                || !difference.Path.EndsWith(".MacAddress", StringComparison.Ordinal)));
    }

    // All ports published, or a range given: another container gets the next one, and ours keeps its own. A label tells of it.
    private static bool IsChosenPort(JsonDifference difference) =>
        difference.Path.EndsWith(".HostPort", StringComparison.Ordinal) || difference.Path == "Config.Labels." + ContainerLabels.ChosenPorts
        || difference.Path == "HostConfig.PortBindings"
        || difference.Path.StartsWith("HostConfig.PortBindings.", StringComparison.Ordinal);

    // Anonymous volumes have names from now on.
    private static bool IsNamed(JsonDifference difference) =>
        difference.Path.EndsWith("].Source", StringComparison.Ordinal) && VolumeName().IsMatch(difference.Right);

    /// <summary>Without what says which container it is, with mounts in one order and carried volumes as they were asked for.</summary>
    private static JsonObject Plain(JsonObject inspection)
    {
        var id = inspection["Id"]!.GetValue<string>();
        var text = inspection.ToJsonString().Replace(id, "ID", StringComparison.Ordinal)
            .Replace(id[..12], "SHORT", StringComparison.Ordinal);
        var plain = Parse(text);
        var mounts = plain["Mounts"]!.AsArray().Select(mount => mount!.DeepClone())
            .Where(mount => mount["Destination"]!.GetValue<string>() != "/onlyold")
            .OrderBy(mount => mount["Destination"]!.GetValue<string>(), StringComparer.Ordinal).ToArray();
        foreach (var mount in mounts.Where(mount => VolumeName().IsMatch(mount["Name"]?.GetValue<string>() ?? "")))
        {
            mount["Name"] = "ANONYMOUS";
            mount["Source"] = "ANONYMOUS";
            // The engine's default mode for a volume that has a name; it matters to SELinux only.
            mount["Mode"] = "";
        }

        foreach (var mount in mounts.Where(mount => mount["Type"]!.GetValue<string>() == "image"))
        {
            // Where the engine has unpacked it for this container.
            mount["Source"] = "IMAGE";
        }

        plain["Mounts"] = new JsonArray(mounts);
        if (plain["HostConfig"]!["Links"] is JsonArray links)
        {
            // In no order.
            plain["HostConfig"]!["Links"] = new JsonArray(
                [.. links.Select(link => link!.DeepClone()).OrderBy(link => link.GetValue<string>(), StringComparer.Ordinal)]);
        }

        if (plain["HostConfig"]!["Binds"] is JsonArray binds)
        {
            var kept = binds.Where(bind => !VolumeName().IsMatch(bind!.GetValue<string>())).Select(bind => bind!.DeepClone()).ToArray();
            plain["HostConfig"]!["Binds"] = kept.Length == 0 ? null : new JsonArray(kept);
        }

        return plain;
    }

    private async Task FolderInAsync(string volume, string name)
    {
        var id = await _engine.CreateAsync("folder", Parse($$"""
            { "Image": "{{TestEngine.Base}}", "Cmd": [ "mkdir", "-p", "/v/{{name}}" ], "HostConfig": { "Binds": [ "{{volume}}:/v" ] } }
            """));
        await _engine.StartContainerAsync(id);
        _ = await _engine.Http.PostAsync($"containers/{id}/wait", null, Cancel);
        await _engine.RemoveAsync(id);
    }

    private async Task<string> MakeAsync(RecipeCase one, string image)
    {
        var body = one.Body.DeepClone().AsObject();
        body["Image"] = $"{_engine.Prefix}:{image}";
        var id = await _engine.CreateAsync("subject", body);
        foreach (var (network, endpoint) in one.Connects)
        {
            await _engine.ConnectAsync(network, id, endpoint);
        }

        if (one.Starts)
        {
            await _engine.StartContainerAsync(id);
        }

        return id;
    }

    private async Task<ContainerRecipe> RecipeAsync(JsonObject container) =>
        ContainerRecipe.From(new ContainerView(container), await _engine.InspectImageAsync(container["Image"]!.GetValue<string>()));

    private async Task<string> RecreateAsync(string old)
    {
        var recipe = await RecipeAsync(await _engine.InspectAsync(old));
        await _engine.RemoveAsync(old);
        return await CreateAsync(recipe.On($"{_engine.Prefix}:new", new RecipeOptions()));
    }

    private Task<string> CreateAsync(ContainerCreation creation) => new ContainerApi(_engine.Engine).CreateAsync(creation, Cancel);

    private static Dictionary<string, string> Volumes(JsonObject container) => container["Mounts"]!.AsArray()
        .Where(mount => mount!["Type"]!.GetValue<string>() == "volume")
        .ToDictionary(mount => mount!["Destination"]!.GetValue<string>(), mount => mount!["Name"]!.GetValue<string>());

    [GeneratedRegex(@"^(Id|Created|ExecIDs|State\.(Pid|StartedAt|FinishedAt|Health\..*)|GraphDriver\.Data\..*"
        + @"|NetworkSettings\.(SandboxID|SandboxKey|EndpointID|Networks\.[^.]+\.EndpointID))$")]
    private static partial Regex MadeByEngine();

    [GeneratedRegex("^\"?[0-9a-f]{64}(:.*)?\"?$")]
    private static partial Regex VolumeName();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
