using System.Text.Json;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// How the old container ran before the swap, as a label of the new one: the old one is stopped and has another restart
/// policy while it is kept, so nobody could read it there. Labels are fixed when a container is created, so it is written beforehand.
/// </summary>
/// <param name="Status">The engine's word: running, paused, restarting, exited, created.</param>
/// <param name="RestartPolicy">As it stood in <c>HostConfig</c>, or null.</param>
internal sealed record PreviousState(string Status, JsonObject? RestartPolicy)
{
    /// <summary>True where its processes were there.</summary>
    public bool Ran => Status is "running" or "paused" or "restarting";

    /// <summary>Reads it off the container itself.</summary>
    public static PreviousState Of(JsonObject container) =>
        new(container["State"].Text("Status"), container["HostConfig"]?["RestartPolicy"]?.DeepClone() as JsonObject);

    /// <summary>Reads it off the successor's label. Without one, it ran, and its restart policy stays as it is.</summary>
    public static PreviousState FromSuccessor(JsonObject? successor) =>
        FromLabel((successor?["Config"]?["Labels"]).Text(ContainerLabels.State));

    /// <summary>Reads the label's value; "" is as none.</summary>
    public static PreviousState FromLabel(string label)
    {
        try
        {
            return label.Length > 0 && JsonNode.Parse(label) is JsonObject json
                ? new PreviousState(json.Text("Status"), json["RestartPolicy"]?.DeepClone() as JsonObject)
                : new PreviousState("running", null);
        }
        catch (JsonException)
        {
            // Somebody else's label: a service that runs is the better guess.
            return new PreviousState("running", null);
        }
    }

    /// <summary>The label's value.</summary>
    public string ToLabel() => new JsonObject { ["Status"] = Status, ["RestartPolicy"] = RestartPolicy?.DeepClone() }.ToJsonString();
}
