using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>The host's ports that are a container's.</summary>
internal static class PublishedPorts
{
    /// <summary>Whether it asks for any.</summary>
    public static bool IsAskedFor(JsonObject container) =>
        container["HostConfig"].Flag("PublishAllPorts") || Asked(container).Any();

    /// <summary>Whether the engine chose one of them, and would choose another one for the next container.</summary>
    public static bool IsChosenByEngine(JsonObject container) =>
        container["HostConfig"].Flag("PublishAllPorts")
        || Asked(container).SelectMany(port => port.Bindings).Any(binding =>
            binding.Text("HostPort") is "" or "0" || binding.Text("HostPort").Contains('-', StringComparison.Ordinal));

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

    /// <summary>Throws where a running container on a network lacks a port.</summary>
    public static void MustBeBound(JsonObject container)
    {
        if (Unbound(container) is { Count: > 0 } missing
            && container["State"].Flag("Running")
            && NetworkAttachment.Of(container).Count > 0)
        {
            throw ContainerErrors.PortsNotBound(container.Text("Name").TrimStart('/'), missing);
        }
    }

    private static IEnumerable<(string Port, JsonArray Bindings)> Asked(JsonObject container) =>
        from port in container["HostConfig"].Members("PortBindings")
        where port.Value is JsonArray { Count: > 0 }
        select (port.Key, port.Value!.AsArray());
}
