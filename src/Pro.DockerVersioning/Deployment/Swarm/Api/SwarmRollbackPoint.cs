using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>
/// The rollback of a service: what an update changes in its specification, as it was. While an update takes several steps (a canary, a
/// rollback) it also is in a label of the service, since the engine keeps one previous specification only, and forgets it with the
/// second step. With the old counter, tasks that still run the old image are left alone.
/// </summary>
internal sealed record SwarmRollbackPoint(string Image, ulong ForceUpdate, JsonObject? UpdateConfig)
{
    /// <summary>The service's label. Swarm replaces no task for a label of the service.</summary>
    public const string Label = "pro.dockerversioning.return";

    public static SwarmRollbackPoint From(SwarmServiceState service) =>
        new(service.Image ?? "", service.ForceUpdate, service.UpdateConfig?.DeepClone() as JsonObject);

    /// <summary>The rollback to what a service was before its last update, or null if the engine doesn't know.</summary>
    public static SwarmRollbackPoint? FromPrevious(SwarmServiceState service) =>
        service.PreviousSpec is { } previous && SwarmServiceState.ImageOf(previous) is { } image
            ? new SwarmRollbackPoint(
                image,
                (ulong?)previous["TaskTemplate"]?["ForceUpdate"] ?? 0,
                previous["UpdateConfig"]?.DeepClone() as JsonObject)
            : null;

    /// <summary>The rollback that an update left in the service's label; null if none was interrupted.</summary>
    public static SwarmRollbackPoint? FromLabel(SwarmServiceState service)
    {
        try
        {
            var json = service.Labels.TryGetValue(Label, out var text) ? JsonNode.Parse(text) : null;
            return (string?)json?["Image"] is { Length: > 0 } image
                ? new SwarmRollbackPoint(image, (ulong?)json["ForceUpdate"] ?? 0, json["UpdateConfig"]?.DeepClone() as JsonObject)
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            // Somebody wrote into it: no rollback, and the update's own rules apply.
            return null;
        }
    }

    public string ToLabel() => new JsonObject
    {
        ["Image"] = Image,
        ["ForceUpdate"] = ForceUpdate,
        ["UpdateConfig"] = UpdateConfig?.DeepClone(),
    }.ToJsonString();
}
