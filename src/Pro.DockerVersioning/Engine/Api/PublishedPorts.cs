using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>The host's ports that are a container's.</summary>
internal static class PublishedPorts
{
    /// <summary>Whether it asks for any.</summary>
    public static bool IsAskedFor(JsonObject container) =>
        container["HostConfig"].Flag("PublishAllPorts") || Asked(container).Any();

    /// <summary>Whether the engine chose one of them, and would choose another one for the next container.</summary>
    public static bool IsChosenByEngine(JsonObject container) =>
        container["HostConfig"].Flag("PublishAllPorts")
        || Asked(container).SelectMany(port => port.Bindings).Any(IsChosen);

    /// <summary>Whether all ports that it publishes are for UDP or SCTP: nothing tells from outside whether they answer.</summary>
    public static bool HasNoTcp(JsonObject container) =>
        Asked(container).Any() && !container["HostConfig"].Flag("PublishAllPorts")
        && Asked(container).All(port => !port.Port.EndsWith("/tcp", StringComparison.Ordinal) && port.Port.Contains('/', StringComparison.Ordinal));

    /// <summary>
    /// Those that a running container asks for and hasn't got. The engine's answer to a call doesn't tell: it may be 200 for a port
    /// that was busy.
    /// </summary>
    public static IReadOnlyList<string> Unbound(JsonObject container) =>
    [
        .. Asked(container)
            .Select(port => port.Port)
            .Where(port => container["NetworkSettings"]?["Ports"]?[port] is not JsonArray { Count: > 0 }),
    ];

    /// <summary>
    /// Those that a running container must have and hasn't got. A port on an internal or macvlan network binds nothing: so it is those that
    /// the old container had, and if that didn't run, those that are asked for where the new one's networks can bind.
    /// </summary>
    /// <param name="container">The new container's inspection.</param>
    /// <param name="old">The old one's, from when it still had its networks.</param>
    /// <param name="networks">The inspections of the new one's networks.</param>
    public static IReadOnlyList<string> Missing(JsonObject container, JsonObject old, IEnumerable<JsonObject> networks) =>
        old["State"].Flag("Running") ? [.. Unbound(container).Except(Unbound(old))]
            : networks.Any(CanBind) ? Unbound(container)
            : [];

    /// <summary>Whether ports can be bound on a network: on a bridge with a way out.</summary>
    public static bool CanBind(JsonObject network) => network.Text("Driver") is "bridge" or "nat" or "overlay" && !network.Flag("Internal");

    /// <summary>
    /// Puts the host's ports that the engine has chosen into a copy of the container's <c>HostConfig</c>: who uses them goes on finding the
    /// service there.
    /// </summary>
    /// <param name="hostConfig">It is changed.</param>
    /// <param name="container">The container's inspection; one that doesn't run has no ports.</param>
    public static void KeepChosen(JsonObject hostConfig, JsonObject container)
    {
        foreach (var (port, value) in (container["NetworkSettings"]?["Ports"] as JsonObject ?? []).ToArray())
        {
            if (value is not JsonArray { Count: > 0 } bound)
            {
                continue;
            }

            var free = bound.OfType<JsonObject>().ToList();
            if (hostConfig["PortBindings"]?[port] is JsonArray { Count: > 0 } asked)
            {
                foreach (var binding in asked.OfType<JsonObject>().OrderBy(binding => IsChosen(binding)))
                {
                    var has = free.Find(one => Same(binding.Text("HostIp"), one.Text("HostIp"))
                        && (IsChosen(binding) || binding.Text("HostPort") == one.Text("HostPort")));
                    _ = has is not null && free.Remove(has);
                    if (has is not null && IsChosen(binding))
                    {
                        binding["HostPort"] = has.Text("HostPort");
                    }
                }
            }
            else if (hostConfig.Flag("PublishAllPorts"))
            {
                if (hostConfig["PortBindings"] is not JsonObject all)
                {
                    hostConfig["PortBindings"] = all = [];
                }

                all[port] = new JsonArray(new JsonObject { ["HostIp"] = "", ["HostPort"] = free[0].Text("HostPort") });
            }
        }
    }

    /// <summary>Ports that the engine has chosen and that are others now, as a warning; null if there are none.</summary>
    /// <param name="before">The inspection of the container that had them.</param>
    /// <param name="now">The inspection of the one that runs now.</param>
    public static string? Moved(JsonObject before, JsonObject now)
    {
        var moved = before["NetworkSettings"].Members("Ports")
            .Select(port => (port.Key, Had: HostPorts(port.Value), Has: HostPorts(now["NetworkSettings"]?["Ports"]?[port.Key])))
            .Where(port => port.Had.Length > 0 && !port.Had.Intersect(port.Has, StringComparer.Ordinal).Any())
            .Select(port => $"{port.Key} is at {(port.Has.Length == 0 ? "none" : port.Has[0])} instead of {port.Had[0]}")
            .ToArray();
        return moved.Length == 0 ? null
            : $"The host ports of {now.Text("Name").TrimStart('/')} that the engine had chosen could not be kept: {string.Join(", ", moved)}.";
    }

    private static string[] HostPorts(JsonNode? bindings) =>
        [.. (bindings as JsonArray ?? []).Select(binding => binding.Text("HostPort")).Distinct(StringComparer.Ordinal)];

    private static bool IsChosen(JsonNode? binding) =>
        binding.Text("HostPort") is "" or "0" || binding.Text("HostPort").Contains('-', StringComparison.Ordinal);

    // Not said, it is every address; IPv4's is shown first.
    private static bool Same(string asked, string bound) => asked == bound || (asked.Length == 0 && bound is "0.0.0.0" or "::");

    private static IEnumerable<(string Port, JsonArray Bindings)> Asked(JsonObject container) =>
        from port in container["HostConfig"].Members("PortBindings")
        where port.Value is JsonArray { Count: > 0 }
        select (port.Key, port.Value!.AsArray());
}
