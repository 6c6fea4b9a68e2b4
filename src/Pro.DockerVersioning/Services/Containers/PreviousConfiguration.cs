using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// The old container's configuration, as it stands in a label of the new one: should a <c>docker system prune</c> take the old
/// container that is kept for the way back, it can be made again by its image's id. The text is gzip in base64, behind the
/// number of its format.
/// </summary>
internal static class PreviousConfiguration
{
    /// <summary>
    /// The longest label, in characters. Every listing of containers and every event carries all labels along. The widest
    /// configuration of the tests takes about 2,000; a whole seccomp profile about 5,000 more.
    /// </summary>
    public const int LongestLabel = 64 * 1024;

    private const string Format = "1:";

    /// <summary>The label's value, or null where it would be longer than <see cref="LongestLabel"/>.</summary>
    public static string? Encode(ContainerRecipe recipe) => Pack(recipe) is { Length: <= LongestLabel } text ? text : null;

    /// <summary>The same at any length: a volume's labels are listed by nobody but us, and have no limit.</summary>
    public static string Pack(ContainerRecipe recipe)
    {
        var json = new JsonObject
        {
            ["Name"] = recipe.Name,
            ["ImageId"] = recipe.ImageId,
            ["Reference"] = recipe.Reference,
            ["Primary"] = recipe.Primary,
            ["Platform"] = recipe.Platform,
            ["Config"] = recipe.Config.DeepClone(),
            ["HostConfig"] = recipe.HostConfig.DeepClone(),
            ["Networks"] = new JsonArray([.. recipe.Networks.Select(network =>
                new JsonObject { ["Network"] = network.Network, ["Endpoint"] = network.Endpoint.DeepClone() })]),
        };
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        using (var writer = new Utf8JsonWriter(gzip))
        {
            json.WriteTo(writer);
        }

        return Format + Convert.ToBase64String(packed.GetBuffer(), 0, (int)packed.Length);
    }

    /// <summary>Reads the label's value.</summary>
    /// <exception cref="ProException">It is none of ours, or of a newer format.</exception>
    public static ContainerRecipe Decode(string container, string label)
    {
        try
        {
            if (!label.StartsWith(Format, StringComparison.Ordinal))
            {
                throw new FormatException($"it begins with '{label[..Math.Min(8, label.Length)]}' instead of '{Format}'");
            }

            using var packed = new MemoryStream(Convert.FromBase64String(label[Format.Length..]));
            using var gzip = new GZipStream(packed, CompressionMode.Decompress);
            var json = JsonNode.Parse(gzip) as JsonObject ?? [];
            return new ContainerRecipe
            {
                Name = Text(json, "Name"),
                ImageId = Text(json, "ImageId"),
                Reference = Text(json, "Reference"),
                Primary = json["Primary"]?.GetValue<string>(),
                Platform = json.Text("Platform"),
                Config = Take(json, "Config"),
                HostConfig = Take(json, "HostConfig"),
                Networks = [.. json.Elements("Networks").OfType<JsonObject>().Select(network =>
                    new NetworkAttachment(Text(network, "Network"), Take(network, "Endpoint")))],
            };
        }
        catch (Exception exception) when (exception is FormatException or JsonException or InvalidDataException
            or InvalidOperationException)
        {
            throw ContainerErrors.PreviousConfigurationUnreadable(container, exception);
        }
    }

    private static string Text(JsonObject json, string name) =>
        json.Text(name) is { Length: > 0 } text ? text : throw new FormatException($"it has no {name}");

    private static JsonObject Take(JsonObject json, string name)
    {
        var value = json[name] as JsonObject ?? throw new FormatException($"it has no {name}");
        _ = json.Remove(name);
        return value;
    }
}
