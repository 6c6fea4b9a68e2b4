using System.Net.NetworkInformation;
using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>These tests bind host ports: one after another.</summary>
[CollectionDefinition(nameof(RealContainers), DisableParallelization = true)]
public sealed class RealContainers;

/// <summary>The real engine, and all that a test makes there under one prefix: removed afterwards.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    public const string Base = "pro-sample/base:1";

    private static int _last = Random.Shared.Next(70);

    private readonly List<string> _made = [];
    private readonly HashSet<string> _volumes = new(StringComparer.Ordinal);

    private TestEngine(EngineConnection engine) => Engine = engine;

    public EngineConnection Engine { get; }

    public EngineHttp Http => Engine.Http;

    public string Prefix { get; } = "pro-recipe-" + Guid.NewGuid().ToString("N")[..8];

    /// <summary>
    /// The first two numbers of the test's own networks: runs side by side don't meet, and a run that was killed is in nobody's way.
    /// </summary>
    public string Subnet { get; } = FreeSubnet();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // An engine that was killed leaves its bridges, and with them a route that leads nowhere.
    private static string FreeSubnet()
    {
        var taken = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(one => one.GetIPProperties().UnicastAddresses).Select(one => one.Address.ToString()).ToList();
        return Enumerable.Range(0, 70).Select(_ => $"10.{180 + (Interlocked.Increment(ref _last) % 70)}")
            .First(subnet => !taken.Any(address => address.StartsWith(subnet + ".", StringComparison.Ordinal)));
    }

    public static async Task<TestEngine> StartAsync()
    {
        var engine = EngineConnection.Open(EngineEndpoint.Resolve(Environment.GetEnvironmentVariable));
        try
        {
            _ = await engine.Http.GetAsync("version", Cancel);
        }
        catch (ProException exception)
        {
            Assert.Skip(exception.Message);
        }

        return new TestEngine(engine);
    }

    /// <summary>An image on the base with other image-level values; its id.</summary>
    public async Task<string> ImageAsync(string tag, JsonObject config)
    {
        var container = await CreateAsync("image-" + tag, new JsonObject { ["Image"] = Base });
        var image = await Http.PostAsync($"commit?container={container}&repo={Prefix}&tag={tag}", config, Cancel);
        _made.Add($"images/{Prefix}:{tag}?force=true");
        await Http.DeleteAsync($"containers/{container}?force=true", Cancel);
        return image!["Id"]!.GetValue<string>();
    }

    /// <summary>A container by a name that gets the test's prefix; its id.</summary>
    public async Task<string> CreateAsync(string name, JsonObject body)
    {
        var answer = await Http.PostAsync($"containers/create?name={Prefix}-{name}", body.DeepClone(), Cancel);
        return answer!["Id"]!.GetValue<string>();
    }

    public async Task StartContainerAsync(string id) => _ = await Http.PostAsync($"containers/{id}/start", null, Cancel);

    /// <summary>Runs a command inside, and says what it writes, without the end of its last line.</summary>
    public async Task<string> ExecAsync(string container, string script)
    {
        var exec = await Engine.Client.Exec.CreateContainerExecAsync(
            container, new ContainerExecCreateParameters { AttachStdout = true, Cmd = ["/bin/sh", "-c", script] }, Cancel);
        using var stream = await Engine.Client.Exec.StartContainerExecAsync(exec.ID, new ContainerExecStartParameters(), Cancel);
        return (await stream.ReadOutputToEndAsync(Cancel)).stdout.TrimEnd('\n');
    }

    public async Task<JsonObject> InspectAsync(string id)
    {
        var container = await Http.GetAsync($"containers/{id}/json", Cancel);
        Remember(container["Mounts"]!.AsArray());
        return container;
    }

    public Task<JsonObject> InspectImageAsync(string id) => Http.GetAsync($"images/{id}/json", Cancel);

    public Task RemoveAsync(string id) => Http.DeleteAsync($"containers/{id}?force=true", Cancel);

    public async Task RemoveIfThereAsync(string name)
    {
        if (await new ContainerApi(Engine).FindAsync($"{Prefix}-{name}", Cancel) is { } container)
        {
            await RemoveAsync(container.Id);
        }
    }

    public async Task<string> NetworkAsync(string name, JsonObject body)
    {
        body["Name"] = $"{Prefix}-{name}";
        body["CheckDuplicate"] = true;
        _ = await Http.PostAsync("networks/create", body, Cancel);
        _made.Add($"networks/{Prefix}-{name}");
        return $"{Prefix}-{name}";
    }

    public async Task<string> VolumeAsync(string name)
    {
        _ = await Http.PostAsync("volumes/create", new JsonObject { ["Name"] = $"{Prefix}-{name}" }, Cancel);
        _made.Add($"volumes/{Prefix}-{name}");
        return $"{Prefix}-{name}";
    }

    public async Task ConnectAsync(string network, string container, JsonNode? endpoint) => _ = await Http.PostAsync(
        $"networks/{network}/connect",
        new JsonObject { ["Container"] = container, ["EndpointConfig"] = endpoint?.DeepClone() },
        Cancel);

    /// <summary>A test whose preparation fails is not disposed of by the runner.</summary>
    public async Task DisposeIfFailsAsync(Func<Task> prepare)
    {
        try
        {
            await prepare();
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        var none = CancellationToken.None;
        var filter = Uri.EscapeDataString(new JsonObject { ["name"] = new JsonArray(Prefix) }.ToJsonString());
        foreach (var container in await Http.GetListAsync($"containers/json?all=true&filters={filter}", none))
        {
            Remember(container!["Mounts"]!.AsArray());
            await Http.DeleteAsync($"containers/{container["Id"]}?force=true&v=true", none);
        }

        foreach (var path in _made.AsEnumerable().Reverse().Concat(_volumes.Select(volume => "volumes/" + volume)))
        {
            try
            {
                await Http.DeleteAsync(path, none);
            }
            catch (ProException exception) when (exception.Id == "EngineObjectNotFound")
            {
                // Gone with its container.
            }
        }

        Engine.Dispose();
    }

    // Anonymous volumes stay when their container is made again, and are left by the last one.
    private void Remember(JsonArray mounts) =>
        _volumes.UnionWith(mounts.Select(mount => mount!["Name"]?.GetValue<string>() ?? "").Where(name => name.Length == 64));
}
