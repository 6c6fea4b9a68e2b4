using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Services.Containers;
using Xunit;

namespace Pro.DockerVersioning.Tests.Containers;

/// <summary>These tests bind host ports: one after another.</summary>
[CollectionDefinition(nameof(RealContainers), DisableParallelization = true)]
public sealed class RealContainers;

/// <summary>The real engine, and all that a test makes there under one prefix: removed afterwards.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    public const string Base = "pro-sample/base:1";

    private readonly List<string> _made = [];

    private TestEngine(EngineConnection engine) => Engine = engine;

    public EngineConnection Engine { get; }

    public EngineHttp Http => Engine.Http;

    public string Prefix { get; } = "pro-recipe-" + Guid.NewGuid().ToString("N")[..8];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

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

    public Task<JsonObject> InspectAsync(string id) => Http.GetAsync($"containers/{id}/json", Cancel);

    public Task<JsonObject> InspectImageAsync(string id) => Http.GetAsync($"images/{id}/json", Cancel);

    public Task RemoveAsync(string id) => Http.DeleteAsync($"containers/{id}?force=true", Cancel);

    public async Task RemoveIfThereAsync(string name)
    {
        if (await new ContainerCalls(Engine).FindAsync($"{Prefix}-{name}", Cancel) is { } container)
        {
            await RemoveAsync(container["Id"]!.GetValue<string>());
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

    public async ValueTask DisposeAsync()
    {
        var none = CancellationToken.None;
        var filter = Uri.EscapeDataString(new JsonObject { ["name"] = new JsonArray(Prefix) }.ToJsonString());
        var volumes = new HashSet<string>(StringComparer.Ordinal);
        foreach (var container in await Http.GetListAsync($"containers/json?all=true&filters={filter}", none))
        {
            volumes.UnionWith(container!["Mounts"]!.AsArray().Select(mount => mount!["Name"]?.GetValue<string>() ?? "").Where(n => n.Length == 64));
            await Http.DeleteAsync($"containers/{container["Id"]}?force=true&v=true", none);
        }

        foreach (var path in _made.AsEnumerable().Reverse().Concat(volumes.Select(volume => "volumes/" + volume)))
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
}
