using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>Why two versions of a container can't run side by side, each as the end of a sentence; null where they can.</summary>
internal static class SideBySideObstacles
{
    /// <summary>What lies in the container itself.</summary>
    public static string? Of(JsonObject old)
    {
        var mode = old["HostConfig"].Text("NetworkMode");
        return old["State"].Text("Status") switch
        {
            not "running" and var status => $"it is {status}",
            _ when old["HostConfig"].Flag("AutoRemove") => "it removes itself when it stops",
            _ when mode == "host" => "it uses the host's network",
            _ when mode.StartsWith("container:", StringComparison.Ordinal) => "it shares another container's network",
            _ when old["HostConfig"].Texts("Links").Any() => "it is linked to others on the default bridge",
            _ => null,
        };
    }

    /// <summary>Those that follow it.</summary>
    public static string? Of(IReadOnlyList<JsonObject> followers) => followers.Count == 0
        ? null
        : $"{string.Join(", ", followers.Select(follower => follower.Text("Name").TrimStart('/')))} shares its network, IPC or processes";

    /// <summary>What two containers on the same network can't both have.</summary>
    public static string? OnOneNetwork(JsonObject old, ContainerRecipe recipe)
    {
        if (recipe.Networks.FirstOrDefault(network => network.FixedAddress.Length > 0) is { } network)
        {
            return $"its address {network.FixedAddress} on {network.Network} is fixed, and two can't have it at once";
        }

        return old["Config"].Text("MacAddress") is { Length: > 0 } mac ? $"its MAC address {mac} is fixed, and two can't have it at once" : null;
    }

    /// <summary>What keeps ports from changing hands.</summary>
    public static string? ToHandingPortsOver(JsonObject old, IReadOnlyList<JsonObject> networks)
    {
        if (PublishedPorts.IsChosenByEngine(old))
        {
            return "the engine chose one of its host ports, and would choose another one";
        }

        if (networks.FirstOrDefault(network => network.Text("Driver") != "bridge") is { } other)
        {
            return $"its network {other.Text("Name")} is of the driver {other.Text("Driver")}";
        }

        return PublishedPorts.Unbound(old) is { Count: > 0 } unbound ? $"its port {unbound[0]} is not bound" : null;
    }

    /// <summary>What keeps a network from taking the gateway's role.</summary>
    public static string? ToHolding(IReadOnlyList<JsonObject> networks) =>
        networks.FirstOrDefault(network => !SwapNetworks.SortsBehindHold(network.Text("Name"))) is { } first
            ? $"no network can sort before its network {first.Text("Name")}"
            : null;

    /// <summary>What doesn't keep them from it, and yet should be known.</summary>
    public static IEnumerable<string> Warnings(JsonObject old, SwapFlow flow)
    {
        var name = old.Text("Name").TrimStart('/');
        var written = old.Elements("Mounts")
            .Where(mount => mount.Flag("RW") && mount.Text("Type") is "volume" or "bind" && !IsSocket(mount))
            .Select(mount => mount.Text("Destination"))
            .ToArray();
        if (written.Length > 0)
        {
            yield return $"While both versions of {name} run, both can write to {string.Join(", ", written)}.";
        }

        var host = old["Config"].Text("Hostname");
        if (flow is SwapFlow.StartFirst or SwapFlow.WarmHeld && host.Length > 0 && host != ContainerIds.Short(old.Text("Id")))
        {
            yield return $"The new version of {name} is known on its networks by its host name {host} before it is proven.";
        }
    }

    private static bool IsSocket(JsonNode? mount) => mount.Text("Source").EndsWith(".sock", StringComparison.Ordinal);
}
