using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>Which of a service's targets is meant.</summary>
internal sealed record TargetFilter
{
    /// <summary>A container's name, or its id (twelve digits at least); or the target's own name.</summary>
    public string? Container { get; init; }

    /// <summary>The full path of a compose file of the project.</summary>
    public string? ComposeFile { get; init; }

    public bool Accepts(ServiceTarget target) => (Container is null || HasContainer(target)) && (ComposeFile is null || HasFile(target));

    // A swarm's tasks have other names each time, and may run on other nodes.
    private bool HasContainer(ServiceTarget target) => target.Name == Container
        || target.Containers.Concat(target.Leftovers).Any(one =>
        SwapNames.BaseOf(one.Name) == Container!.TrimStart('/')
        || (Container.Length >= 12 && one.Id.StartsWith(Container, StringComparison.Ordinal)));

    private bool HasFile(ServiceTarget target) => target.ComposeFiles.Any(file => string.Equals(
        Path.GetFullPath(file),
        Path.GetFullPath(ComposeFile!),
        OperatingSystem.IsLinux() ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase));
}
