using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>All that makes an old container again, also if a prune has taken it: its recipe, and the files in its layer.</summary>
/// <param name="Recipe">How it was made.</param>
/// <param name="Files">What was copied into it.</param>
/// <param name="Digests">Under which names with digests a registry has its image.</param>
internal sealed record SavedRecipe(ContainerRecipe Recipe, IReadOnlyList<InjectedFile> Files, IReadOnlyList<string> Digests)
{
    /// <summary>Reads it.</summary>
    /// <exception cref="FormatException">A part is missing.</exception>
    public static SavedRecipe Read(JsonObject json) => new(
        new ContainerRecipe
        {
            Name = Text(json, "Name"),
            ImageId = Text(json, "ImageId"),
            Reference = Text(json, "Reference"),
            Primary = json["Primary"]?.GetValue<string>(),
            Platform = json.Text("Platform"),
            ChosenPorts = [.. ChosenPort.Read(json.Text("ChosenPorts"))],
            Config = Take(json, "Config"),
            HostConfig = Take(json, "HostConfig"),
            Networks = [.. json.Elements("Networks").OfType<JsonObject>().Select(network =>
                new NetworkAttachment(Text(network, "Network"), Take(network, "Endpoint")))],
        },
        [.. json.Elements("Files").Select(file => new InjectedFile(file.Text("Path"), Convert.FromBase64String(file.Text("Tar"))))],
        [.. json.Texts("Digests")]);

    /// <summary>Writes it.</summary>
    public JsonObject ToJson() => new()
    {
        ["Name"] = Recipe.Name,
        ["ImageId"] = Recipe.ImageId,
        ["Reference"] = Recipe.Reference,
        ["Primary"] = Recipe.Primary,
        ["Platform"] = Recipe.Platform,
        ["ChosenPorts"] = ChosenPort.Write(Recipe.ChosenPorts),
        ["Config"] = Recipe.Config.DeepClone(),
        ["HostConfig"] = Recipe.HostConfig.DeepClone(),
        ["Networks"] = new JsonArray([.. Recipe.Networks.Select(network =>
            new JsonObject { ["Network"] = network.Network, ["Endpoint"] = network.Endpoint.DeepClone() })]),
        ["Files"] = new JsonArray([.. Files.Select(file =>
            new JsonObject { ["Path"] = file.Path, ["Tar"] = Convert.ToBase64String(file.Tar) })]),
        ["Digests"] = new JsonArray([.. Digests.Select(digest => (JsonNode)digest)]),
    };

    private static string Text(JsonObject json, string name) =>
        json.Text(name) is { Length: > 0 } text ? text : throw new FormatException($"it has no {name}");

    private static JsonObject Take(JsonObject json, string name)
    {
        var value = json[name] as JsonObject ?? throw new FormatException($"it has no {name}");
        _ = json.Remove(name);
        return value;
    }
}
