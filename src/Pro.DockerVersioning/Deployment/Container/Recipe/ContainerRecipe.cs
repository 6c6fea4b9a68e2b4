using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>
/// All that an operator has said about a container, and nothing that its image or the engine has: enough to make it again, on
/// this image or another. It works on the engine's own JSON, so that a field that nobody here has heard of goes along too.
/// </summary>
/// <remarks>
/// Known limits. What equals the image's value is taken for the image's (see <see cref="UserConfig"/>). A MAC address on a further
/// network is told from the engine's own by its form (see <see cref="NetworkAttachment.Of"/>). Addresses that the engine gave are chosen
/// anew.
/// </remarks>
internal sealed record ContainerRecipe
{
    public required string Name { get; init; }

    public required string ImageId { get; init; }

    /// <summary>The reference it was started with, by which it is shown.</summary>
    public required string Reference { get; init; }

    /// <summary>The operator's part of <c>Config</c>.</summary>
    public required JsonObject Config { get; init; }

    /// <summary><c>HostConfig</c>, in which images have no part; anonymous volumes are named.</summary>
    public required JsonObject HostConfig { get; init; }

    /// <summary>The networks, the one with the gateway first.</summary>
    public required IReadOnlyList<NetworkAttachment> Networks { get; init; }

    /// <summary>The one of <see cref="Networks"/> that <c>NetworkMode</c> means, or null.</summary>
    public string? Primary { get; init; }

    /// <summary>The platform for which the container was created, as <c>linux/386</c>; "" for the engine's own.</summary>
    public string Platform { get; init; } = "";

    /// <summary>The host ports in <see cref="HostConfig"/> that only the engine had chosen.</summary>
    [JsonConverter(typeof(ChosenPortsConverter))]
    public IReadOnlyList<ChosenPort> ChosenPorts { get; init; } = [];

    public IReadOnlyList<InjectedFile> Files { get; init; } = [];

    /// <summary>Under which names with digests a registry has its image.</summary>
    public IReadOnlyList<string> Digests { get; init; } = [];

    public static ContainerRecipe From(ContainerView container, JsonObject itsImage)
    {
        var hostConfig = container.HostConfig.DeepClone().AsObject();
        AnonymousVolumes.Name(hostConfig, container);
        EngineDefaults.TakeAway(hostConfig);
        var chosen = PublishedPorts.KeepChosen(hostConfig, container);
        var networks = NetworkAttachment.Of(container);
        var mode = hostConfig.Text("NetworkMode");
        return new ContainerRecipe
        {
            Name = container.Name,
            ImageId = container.ImageId,
            Reference = container.Image,
            Config = UserConfig.From(container, itsImage),
            HostConfig = hostConfig,
            ChosenPorts = chosen,
            Platform = container.Platform,
            Digests = [.. itsImage.Texts("RepoDigests")],
            Networks = networks,
            Primary = networks.Select(network => network.Network).FirstOrDefault(name =>
                NetworkAttachment.IsMeant(mode, name, container.Networks[name])),
        };
    }

    /// <summary>What to ask of the engine for such a container on an image, by the reference or id by which it will be shown.</summary>
    public ContainerCreation On(string image, RecipeOptions options)
    {
        var body = Config.DeepClone().AsObject();
        body["Image"] = image;
        SetLabels(body, options.Labels);
        if (ChosenPorts.Except(options.FreedPorts).ToList() is { Count: > 0 } kept)
        {
            body["Labels"]![ContainerLabels.ChosenPorts] = ChosenPort.Write(kept);
        }

        body["HostConfig"] = HostConfigFor(options);
        var networks = options.WithoutAliases ? [.. Networks.Select(static network => network.WithAliases([]))] : Networks;
        return new ContainerCreation
        {
            Name = options.Name ?? Name,
            Body = body,
            Platform = Platform,
            Networks = networks,
            Primary = Primary,
            Leave = Primary is null && !Config.Flag("NetworkDisabled") ? NetworkToLeave() : null,
        };
    }

    /// <summary>
    /// Starts a container that was made by it. A host port that only the engine had chosen may be somebody else's by now: then the
    /// container is created again, without keeping those ports.
    /// </summary>
    /// <returns>The id of the one that has started.</returns>
    public async Task<string> StartAsync(
        ContainerApi calls, string id, Func<IReadOnlyCollection<ChosenPort>, Task<string>> again, CancellationToken cancellationToken)
    {
        List<ChosenPort> freed = [];
        while (true)
        {
            try
            {
                await calls.StartAsync(id, cancellationToken).ConfigureAwait(false);
                return id;
            }
            catch (ProException failure) when (PublishedPorts.IsBusy(failure)
                && ChosenPorts.Except(freed).Where(port => port.IsNamedIn(failure.Message)).ToList() is { Count: > 0 } busy)
            {
                freed.AddRange(busy);
                id = await again(freed).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Says which of the ports that the engine had chosen are others now.</summary>
    public async Task WarnOfMovedPortsAsync(ContainerApi calls, string id, IProgress<Report>? reports, CancellationToken cancellationToken)
    {
        if (PublishedPorts.Moved(ChosenPorts, await calls.InspectAsync(id, cancellationToken).ConfigureAwait(false)) is { } moved)
        {
            reports?.Report(new WarningReport(moved));
        }
    }

    private static void SetLabels(JsonObject body, IReadOnlyDictionary<string, string?> labels)
    {
        if (body["Labels"] is not JsonObject own)
        {
            body["Labels"] = own = [];
        }

        foreach (var (name, value) in labels)
        {
            _ = own.Remove(name);
            if (value is not null)
            {
                own[name] = value;
            }
        }
    }

    private JsonObject HostConfigFor(RecipeOptions options)
    {
        var hostConfig = HostConfig.DeepClone().AsObject();
        foreach (var port in options.FreedPorts)
        {
            PublishedPorts.Free(hostConfig, port);
        }

        if (options.RestartPolicy is { } policy)
        {
            hostConfig["RestartPolicy"] = new JsonObject { ["Name"] = policy };
        }

        NamespaceFollowers.Redirect(hostConfig, options.Successors);
        return hostConfig;
    }

    private string? NetworkToLeave() => HostConfig.Text("NetworkMode") switch
    {
        "host" or "none" => null,
        var mode when mode.StartsWith("container:", StringComparison.Ordinal) => null,
        "default" or "" => "bridge",
        var mode => mode,
    };
}

/// <summary>In a record they are as in their label.</summary>
internal sealed class ChosenPortsConverter : JsonConverter<IReadOnlyList<ChosenPort>>
{
    public override IReadOnlyList<ChosenPort> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        [.. ChosenPort.Read(reader.GetString() ?? "")];

    public override void Write(Utf8JsonWriter writer, IReadOnlyList<ChosenPort> value, JsonSerializerOptions options) =>
        writer.WriteStringValue(ChosenPort.Write(value));
}
