using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>Why two versions of a container can't run side by side, each as the end of a sentence; null if they can.</summary>
internal static class StartFirstObstacles
{
    /// <summary>What lies in the container itself.</summary>
    public static string? Of(ContainerView old)
    {
        var mode = old.NetworkMode;
        return old.Status switch
        {
            not "running" and var status => $"it is {status}",
            _ when old.AutoRemove => "it removes itself when it stops",
            _ when mode == "host" => "it uses the host's network",
            _ when mode.StartsWith("container:", StringComparison.Ordinal) => "it shares another container's network",
            _ when old.HostConfig.Texts("Links").Any() => "it is linked to others on the default bridge",
            _ => null,
        };
    }

    /// <summary>Those that follow it.</summary>
    public static string? Of(IReadOnlyList<ContainerView> followers) => followers.Count == 0
        ? null
        : $"{string.Join(", ", followers.Select(follower => follower.Name))} shares its network, IPC or processes";

    private static readonly TimeSpan CrashLoop = TimeSpan.FromSeconds(10);

    /// <summary>
    /// One that keeps ending: the engine may start it again in any moment of the swap, and loses its networks and names on the way.
    /// </summary>
    public static string? OfRestarts(ContainerView old, DateTimeOffset now)
    {
        var restarts = old.RestartCount;
        return restarts > 0 && now - old.StartedAt < CrashLoop
            ? $"it keeps ending: the engine has restarted it {(restarts == 1 ? "once" : $"{restarts} times")}, "
                + $"the last time less than {CrashLoop.TotalSeconds:0} s ago"
            : null;
    }

    /// <summary>
    /// A HEALTHCHECK that asks for the service by its name on the networks. Both answer to it or only the old container does, and the check
    /// says nothing of the new one.
    /// </summary>
    public static string? OfHealthCheck(ContainerRecipe recipe, JsonNode? check)
    {
        var asked = recipe.Networks.Where(network => !network.IsDefaultBridge)
            .SelectMany(network => network.Aliases.Append(recipe.Name)).Distinct(StringComparer.OrdinalIgnoreCase)
            .FirstOrDefault(name => HealthCheckName.IsAsked(check, name));
        return asked is null ? null
            : $"its HEALTHCHECK asks for {asked}, by which the old container answers while both run";
    }

    /// <summary>Where the names can't go over: the candidate runs when it gets the service's.</summary>
    public static string? OnOverlay(IEnumerable<JsonObject> networks) =>
        networks.FirstOrDefault(network => network.Text("Driver") == "overlay") is { } overlay
            ? $"no container can be renamed while it runs on its overlay network {overlay.Text("Name")}"
            : null;

    /// <summary>What two containers on the same network can't both have.</summary>
    public static string? OnOneNetwork(ContainerView old, ContainerRecipe recipe) =>
        OfHealthCheck(recipe, old.Config["Healthcheck"])
        ?? OfHostName(old)
        ?? (recipe.Networks.FirstOrDefault(network => network.FixedAddress.Length > 0) is { } network
            ? $"its address {network.FixedAddress} on {network.Network} is fixed, and two can't have it at once"
            : OfMacAddress(old, recipe));

    /// <summary>
    /// A host name with a domain: its lines in <c>/etc/hosts</c>. Engines before 28 leave all of them there when the container leaves a
    /// network, and some then tell an address that is gone (https://github.com/moby/moby/pull/48857). Of a plain host name they take all
    /// lines away, and the name server answers.
    /// </summary>
    private static string? OfHostName(ContainerView old) =>
        !IsAtLeast28(old) && (old.Hostname.Contains('.', StringComparison.Ordinal) || old.Config.Text("Domainname").Length > 0)
            ? $"engines before 28 would leave a wrong address for its host name {old.Hostname} in its hosts file"
            : null;

    private static bool IsAtLeast28(ContainerView container) =>
        container.Networks.Any(network => NetworkAttachment.IsAtLeast28(network.Value));

    /// <summary>
    /// A MAC address that the operator has given it. Engines take it only when a container is created, and two can't have it.
    /// </summary>
    public static string? OfMacAddress(ContainerView old, ContainerRecipe recipe)
    {
        var mac = recipe.Networks.Select(network => network.MacAddress).Append(old.MacAddress)
            .FirstOrDefault(address => address.Length > 0);
        return mac is null ? null : $"its MAC address {mac} is fixed, and two can't have it at once";
    }

    /// <summary>What keeps ports from changing hands.</summary>
    public static string? ToHandingPortsOver(ContainerView old, IReadOnlyList<JsonObject> networks)
    {
        if (PublishedPorts.IsChosenByEngine(old))
        {
            return "the engine chose one of its host ports, and would choose another one if the old container got it back";
        }

        if (PublishedPorts.HasNoTcp(old))
        {
            return "it publishes no TCP port, and nothing tells from outside whether its ports answer";
        }

        if (networks.FirstOrDefault(network => network.Text("Driver") != "bridge") is { } other)
        {
            return $"its network {other.Text("Name")} is of the driver {other.Text("Driver")}";
        }

        return PublishedPorts.Unbound(old) is { Count: > 0 } unbound ? $"its port {unbound[0]} is not bound" : null;
    }

    /// <summary>What keeps a network from taking the gateway's role, which the first of them has.</summary>
    public static string? ToHolding(ContainerView old, IReadOnlyList<JsonObject> networks)
    {
        // Each start there would bind the ports, whatever else it is on (seen on 20.10, and not on 28.5).
        if (!IsAtLeast28(old) && networks.Any(network => network.Text("Name") == "bridge"))
        {
            return "engines before 28 join the default bridge before any other network";
        }

        if (networks.FirstOrDefault(network => !PortHoldSwap.SortsBehindHold(network.Text("Name"))) is { } first)
        {
            return $"no network can sort before its network {first.Text("Name")}";
        }

        // The hold has the families of the first one: another one's would keep its gateway, and with it its ports.
        return networks.Skip(1).FirstOrDefault(network => network.Flag("EnableIPv6") && !networks[0].Flag("EnableIPv6")) is { } dual
            ? $"its network {dual.Text("Name")} has IPv6, and {networks[0].Text("Name")}, which has the gateway, doesn't"
            : networks.FirstOrDefault(network => network["EnableIPv4"] is not null && !network.Flag("EnableIPv4")) is { } only
            ? $"its network {only.Text("Name")} has no IPv4"
            : null;
    }

    /// <summary>What doesn't keep them from it, and yet should be known.</summary>
    public static IEnumerable<string> Warnings(ContainerView old, SwapFlow flow)
    {
        var name = old.Name;
        var written = old.Mounts
            .Where(mount => mount.Flag("RW") && mount.Text("Type") is "volume" or "bind" && !IsSocket(mount))
            .Select(mount => mount.Text("Destination"))

            // The engine lists them in another order each time.
            .Order(StringComparer.Ordinal)
            .ToArray();
        if (written.Length > 0)
        {
            yield return $"While both versions of {name} run, both can write to {string.Join(", ", written)}.";
        }

        if (flow is SwapFlow.StartFirst or SwapFlow.WarmHeld && ProxyLabels.Find(old) is { } label)
        {
            yield return $"A proxy finds {name} by {label}: it may send requests to the new version before that is verified, "
                + "and to the old container while that stops.";
        }

        if (flow == SwapFlow.WarmHeld)
        {
            yield return $"The new version of {name} reaches nothing outside of its networks until it has the ports. "
                + "If it needs more at its start, use -Order StopFirst.";
        }

        var host = old.Hostname;
        if (flow is SwapFlow.StartFirst or SwapFlow.WarmHeld && host.Length > 0 && host != ShortId.Of(old.Id))
        {
            yield return $"The new version of {name} is known on its networks by its host name {host} before it is verified.";
        }
    }

    private static bool IsSocket(JsonNode? mount) => mount.Text("Source").EndsWith(".sock", StringComparison.Ordinal);
}
