using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Compose;

/// <summary>
/// What compose's label for the image holds: the image's id, or, from compose 5.4 on with containerd's image store and a platform in the
/// file, the digest of that platform's manifest. Another kind than compose expects makes it re-create the container.
/// </summary>
internal static class ComposeImageLabel
{
    /// <summary>The label for a container on another image, of the old label's kind, by inspections with manifests. Pure.</summary>
    public static string Next(string label, JsonObject? oldImage, string newId, JsonObject? newImage) =>
        Images(oldImage).FirstOrDefault(manifest => DigestOf(manifest) == label) is { } old
            && Images(newImage).FirstOrDefault(manifest => Platform(manifest) == Platform(old)) is { } next
            ? DigestOf(next)
            : newId;

    private static IEnumerable<JsonNode> Images(JsonObject? image) =>
        image.Elements("Manifests").OfType<JsonNode>().Where(manifest => manifest.Text("Kind") == "image");

    private static string DigestOf(JsonNode manifest) =>
        manifest["Descriptor"].Text("digest") is { Length: > 0 } digest ? digest : manifest.Text("ID");

    private static string Platform(JsonNode manifest) =>
        manifest["ImageData"]?["Platform"] is { } platform
            ? $"{platform.Text("os")}/{platform.Text("architecture")}/{platform.Text("variant")}"
            : "";
}
