using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>The host's ports that are a container's.</summary>
internal static class PublishedPorts
{
    /// <summary>Whether it asks for any.</summary>
    public static bool IsAskedFor(ContainerView container) =>
        container.PublishesAllPorts || Asked(container).Any();

    /// <summary>Whether the engine chose one of them, and would choose another one for the next container.</summary>
    public static bool IsChosenByEngine(ContainerView container) =>
        container.PublishesAllPorts
        || Asked(container).SelectMany(port => port.Bindings).Any(IsChosen);

    /// <summary>Whether all ports that it publishes are for UDP or SCTP: nothing tells from outside whether they answer.</summary>
    public static bool HasNoTcp(ContainerView container) =>
        Asked(container).Any() && !container.PublishesAllPorts
        && Asked(container)
            .All(port => !port.Port.EndsWith("/tcp", StringComparison.Ordinal) && port.Port.Contains('/', StringComparison.Ordinal));

    /// <summary>
    /// Those that a running container asks for and hasn't got. The engine's answer to a call doesn't tell: it may be 200 for a port
    /// that was busy.
    /// </summary>
    public static IReadOnlyList<string> Unbound(ContainerView container) =>
    [
        .. Asked(container)
            .Select(port => port.Port)
            .Where(port => container.Ports[port] is not JsonArray { Count: > 0 }),
    ];

    /// <summary>
    /// Those that a running container must have and hasn't got. A port on an internal or macvlan network binds nothing: so it is those that
    /// the old container had, and if that didn't run, those that are asked for where the new one's networks can bind.
    /// </summary>
    /// <param name="container">The new container's inspection.</param>
    /// <param name="old">The old one's, from when it still had its networks.</param>
    /// <param name="networks">The inspections of the new one's networks.</param>
    public static IReadOnlyList<string> Missing(ContainerView container, ContainerView old, IEnumerable<JsonObject> networks) =>
        old.IsRunning ? [.. Unbound(container).Except(Unbound(old))]
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
    /// <returns>Those ports, and those that were kept so before: the container's label tells of them.</returns>
    public static IReadOnlyList<ChosenPort> KeepChosen(JsonObject hostConfig, ContainerView container)
    {
        var chosen = ChosenPort.Read(container.Labels.GetValueOrDefault(ContainerLabels.ChosenPorts, ""))
            .Where(one => Bindings(hostConfig, one).Any()).ToList();
        foreach (var (port, value) in container.Ports.ToArray())
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
                        chosen.Add(new ChosenPort(port, has.Text("HostPort"), binding.Text("HostPort")));
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

                chosen.Add(new ChosenPort(port, free[0].Text("HostPort"), ""));
                all[port] = new JsonArray(new JsonObject { ["HostIp"] = "", ["HostPort"] = free[0].Text("HostPort") });
            }
        }

        return [.. chosen.Distinct()];
    }

    /// <summary>Lets the engine choose a port again that it had chosen before.</summary>
    public static void Free(JsonObject hostConfig, ChosenPort port)
    {
        foreach (var binding in Bindings(hostConfig, port).ToList())
        {
            binding["HostPort"] = port.Asked;
        }
    }

    /// <summary>Ports that the engine had chosen and that are others now, as a warning; null if there are none.</summary>
    /// <param name="chosen">The ports that it had chosen.</param>
    /// <param name="now">The inspection of the container that runs now.</param>
    public static string? Moved(IReadOnlyList<ChosenPort> chosen, ContainerView now)
    {
        var moved = chosen
            .Select(port => (port.Port, port.HostPort, Has: HostPorts(now.Ports[port.Port])))
            .Where(port => port.Has.Length > 0 && !port.Has.Contains(port.HostPort, StringComparer.Ordinal))
            .Select(port => $"{port.Port} is at {port.Has[0]} instead of {port.HostPort}")
            .ToArray();
        return moved.Length == 0 ? null
            : $"The host ports of {SwapNames.BaseOf(now.Name)} that the engine had chosen could not be kept: "
                + $"{string.Join(", ", moved)}.";
    }

    /// <summary>
    /// Whether a container could not start because a port was somebody else's: the engine's own words, or those of whoever binds it.
    /// </summary>
    public static bool IsBusy(ProException failure) =>
        failure.Message.Contains("port is already allocated", StringComparison.OrdinalIgnoreCase)
        || failure.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase);

    private static string[] HostPorts(JsonNode? bindings) =>
        [.. (bindings as JsonArray ?? []).Select(binding => binding.Text("HostPort")).Distinct(StringComparer.Ordinal)];

    private static IEnumerable<JsonObject> Bindings(JsonObject hostConfig, ChosenPort port) =>
        (hostConfig["PortBindings"]?[port.Port] as JsonArray ?? []).OfType<JsonObject>()
            .Where(binding => binding.Text("HostPort") == port.HostPort);

    private static bool IsChosen(JsonNode? binding) =>
        binding.Text("HostPort") is "" or "0" || binding.Text("HostPort").Contains('-', StringComparison.Ordinal);

    // Not said, it is every address; IPv4's is shown first.
    private static bool Same(string asked, string bound) => asked == bound || (asked.Length == 0 && bound is "0.0.0.0" or "::");

    private static IEnumerable<(string Port, JsonArray Bindings)> Asked(ContainerView container) =>
        from port in container.PortBindings
        where port.Value is JsonArray { Count: > 0 }
        select (port.Key, port.Value!.AsArray());
}
