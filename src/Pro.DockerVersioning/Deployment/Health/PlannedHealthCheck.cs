using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Health;

/// <summary>The HEALTHCHECK that a container will have, before there is one.</summary>
internal static class PlannedHealthCheck
{
    /// <summary>That of a container that is re-created on another image: its operator's fields, else the image's.</summary>
    public static HealthCheck? Of(ContainerView old, JsonObject? oldImage, JsonObject? newImage) =>
        Merge(UserConfig.From(old, oldImage ?? [])["Healthcheck"], newImage?["Config"]?["Healthcheck"]);

    /// <summary>The same, and whether the new image is on the engine.</summary>
    public static async Task<(bool IsHere, HealthCheck? Check)> FindAsync(
        ContainerApi calls, ContainerView old, string image, CancellationToken cancellationToken)
    {
        var oldImage = await calls.FindImageAsync(old.ImageId, cancellationToken).ConfigureAwait(false);
        var newImage = await calls.FindImageAsync(image, cancellationToken).ConfigureAwait(false);
        return (newImage is not null, Of(old, oldImage, newImage));
    }

    /// <summary>An operator's HEALTHCHECK over an image's, field by field, as the engine merges them; null if there is none.</summary>
    public static HealthCheck? Merge(JsonNode? own, JsonNode? ofImage)
    {
        var check = ofImage?.DeepClone() as JsonObject ?? [];
        foreach (var (field, value) in own as JsonObject ?? [])
        {
            if (!EngineJson.IsNothing(value))
            {
                check[field] = value!.DeepClone();
            }
        }

        return HealthCheck.Read(check);
    }
}
