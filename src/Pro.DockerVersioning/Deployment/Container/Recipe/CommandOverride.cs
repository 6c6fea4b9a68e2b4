using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>
/// Entrypoint and command belong together: an image's command is inherited only by a container whose entrypoint was not set, or
/// set to an empty list.
/// </summary>
internal static class CommandOverride
{
    /// <summary>Leaves in <paramref name="config"/> what the operator has said, so that the engine makes the same of it again.</summary>
    public static void TakeAway(JsonObject config, JsonObject image)
    {
        var entrypoint = config["Entrypoint"];
        var command = config["Cmd"];
        var sameEntrypoint = EngineJson.Same(entrypoint, image["Entrypoint"]);
        var sameCommand = EngineJson.Same(command, image["Cmd"]);
        if (sameEntrypoint && EngineJson.IsNothing(command) && !sameCommand)
        {
            // The image has a command and the container has none: its entrypoint was set, to what the image has.
            return;
        }

        if (sameEntrypoint)
        {
            _ = config.Remove("Entrypoint");
            RemoveIf(sameCommand, config);
        }
        else if (entrypoint is null)
        {
            // Set to nothing (--entrypoint ""): shown as null, and said as [""], which inherits no command.
            config["Entrypoint"] = new JsonArray("");
        }
        else if (entrypoint is JsonArray { Count: 0 })
        {
            // An empty list by the API: no entrypoint, and yet the image's command.
            RemoveIf(sameCommand, config);
        }
    }

    private static void RemoveIf(bool isImages, JsonObject config)
    {
        if (isImages)
        {
            _ = config.Remove("Cmd");
        }
    }
}
