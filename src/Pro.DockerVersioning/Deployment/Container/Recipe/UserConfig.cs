using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

/// <summary>
/// A container's <c>Config</c> without what its image had put there. The engine merges both when it creates the container and
/// doesn't keep them apart, so the rule is: a value that equals the image's is the image's, and the next image's takes its place.
/// An operator who has set the very value that the image has can't be told from one who has set none.
/// </summary>
/// <remarks>
/// How the engine merges: https://github.com/moby/moby/blob/v20.10.24/daemon/commit.go (<c>merge</c>).
/// Left in place, the old image's values would pin the new one (containrrr/watchtower #1601).
/// </remarks>
internal static class UserConfig
{
    // These are who owns the container, and not what the image is. Compose puts some of them on the images that it builds too,
    // with the same values: taken for the image's, the container would be lost to compose.
    private static readonly string[] OwnersLabels = [ComposeLabels.Prefix, "com.docker.swarm.", "com.docker.stack."];

    // Whole values: the engine takes the image's only where the operator says nothing. OnBuild and ArgsEscaped are in no flag.
    private static readonly string[] WholeValues = ["User", "WorkingDir", "StopSignal", "Shell", "OnBuild", "ArgsEscaped"];

    /// <summary>What the operator has said; a new object.</summary>
    public static JsonObject From(ContainerView container, JsonObject image)
    {
        var config = container.Config.DeepClone().AsObject();
        var imageConfig = image["Config"] as JsonObject ?? [];
        foreach (var name in WholeValues.Where(name => EngineJson.Same(config[name], imageConfig[name])))
        {
            _ = config.Remove(name);
        }

        // "NAME" without "=" unsets the image's variable: it equals nothing of the image's, and stays.
        var ofImage = imageConfig.Texts("Env").ToHashSet(StringComparer.Ordinal);
        var kept = config.Texts("Env").Where(variable => !ofImage.Contains(variable)).ToArray();
        config["Env"] = kept.Length == 0 ? null : new JsonArray([.. kept.Select(variable => JsonValue.Create(variable))]);
        TakeAwayMembers(config, imageConfig, "Labels", (label, isImages) =>
            label.StartsWith(ContainerLabels.Prefix, StringComparison.Ordinal)
            || (isImages && !OwnersLabels.Any(owner => label.StartsWith(owner, StringComparison.Ordinal))));

        // A port that the image exposes and the operator publishes must be exposed by the next container as well, or it isn't bound.
        TakeAwayMembers(config, imageConfig, "ExposedPorts", (port, isImages) => isImages && !container.PortBindings.ContainsKey(port));
        TakeAwayMembers(config, imageConfig, "Volumes", static (_, isImages) => isImages);
        TakeAwayHealthcheck(config, imageConfig);
        TakeAwayCommand(config, imageConfig);
        TakeAwayHostname(config, container);
        _ = config.Remove("Image");
        return config;
    }

    private static void TakeAwayMembers(JsonObject config, JsonObject image, string name, Func<string, bool, bool> isTaken)
    {
        var ofImage = image[name] as JsonObject ?? [];
        foreach (var (key, value) in config.Members(name).ToArray())
        {
            var isImages = ofImage.TryGetPropertyValue(key, out var imageValue) && JsonNode.DeepEquals(value, imageValue);
            if (isTaken(key, isImages))
            {
                _ = config[name]!.AsObject().Remove(key);
            }
        }
    }

    // Merged by field: an operator's interval goes with the image's command.
    private static void TakeAwayHealthcheck(JsonObject config, JsonObject image)
    {
        if (config["Healthcheck"] is not JsonObject health || image["Healthcheck"] is not JsonObject ofImage)
        {
            return;
        }

        foreach (var (field, _) in health.Where(one => EngineJson.Same(one.Value, ofImage[one.Key])).ToArray())
        {
            _ = health.Remove(field);
        }

        if (health.Count == 0)
        {
            _ = config.Remove("Healthcheck");
        }
    }

    // The engine names a container's host by its short id; with another container's network, or the host's names, it's not its own.
    private static void TakeAwayHostname(JsonObject config, ContainerView container)
    {
        var shared = container.NetworkMode.StartsWith("container:", StringComparison.Ordinal);
        if (shared || container.HostConfig.Text("UTSMode") == "host" || config.Text("Hostname") == ShortId.Of(container.Id))
        {
            _ = config.Remove("Hostname");
        }

        if (shared)
        {
            _ = config.Remove("Domainname");
        }
    }

    // Entrypoint and command belong together: an image's command is inherited only by a container whose entrypoint was not set, or set to
    // an empty list. What stays is what the operator has said, so that the engine makes the same of it again.
    private static void TakeAwayCommand(JsonObject config, JsonObject image)
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
            _ = sameCommand && config.Remove("Cmd");
        }
        else if (entrypoint is null)
        {
            // Set to nothing (--entrypoint ""): shown as null, and said as [""], which inherits no command.
            config["Entrypoint"] = new JsonArray("");
        }
        else if (entrypoint is JsonArray { Count: 0 })
        {
            // An empty list by the API: no entrypoint, and yet the image's command.
            _ = sameCommand && config.Remove("Cmd");
        }
    }
}
