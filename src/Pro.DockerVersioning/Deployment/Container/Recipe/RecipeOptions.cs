using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Recipe;

internal sealed record RecipeOptions
{
    /// <summary>The container's name, without the slash; null for the old one's.</summary>
    public string? Name { get; init; }

    /// <summary>Host ports that the engine had chosen, and may choose anew.</summary>
    public IReadOnlyCollection<ChosenPort> FreedPorts { get; init; } = [];

    /// <summary>
    /// True if the networks must not know it by the service's aliases yet. The engine makes an operator's host name an alias
    /// as well, whatever is asked: a container that has one is known by it from the start.
    /// </summary>
    public bool WithoutAliases { get; init; }

    /// <summary>Labels to set; a null value takes the label away.</summary>
    public IReadOnlyDictionary<string, string?> Labels { get; init; } = new Dictionary<string, string?>();

    /// <summary>The restart policy's name, or null for the old one's.</summary>
    public string? RestartPolicy { get; init; }

    /// <summary>
    /// Containers, whose networks, processes or volumes this one shares, that have a successor: from id to id. For followers.
    /// </summary>
    public IReadOnlyDictionary<string, string> Successors { get; init; } = new Dictionary<string, string>();
}
