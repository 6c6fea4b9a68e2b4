using Docker.DotNet.Models;

namespace Pro.DockerVersioning.Engine.Api;

/// <summary>The names of containers in the engine's list.</summary>
internal static class ContainerNames
{
    /// <summary>
    /// A container's own name, without the slash; its id where it has none. Links of other containers are among its names as
    /// <c>/other/alias</c>: its own has one slash.
    /// </summary>
    public static string NameOf(this ContainerListResponse container) =>
        (container.Names?.FirstOrDefault(name => name.LastIndexOf('/') == 0) ?? container.Names?.FirstOrDefault())?.TrimStart('/')
        ?? container.ID;
}
