using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Services.Compose;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>Finds who runs a service on an engine: everything that was made from an image of its repository, by its owner.</summary>
internal static class ContainerTargets
{
    private static readonly IReadOnlyDictionary<string, string> NoLabels = new Dictionary<string, string>();

    /// <summary>All targets of a service, by name. What <c>compose run</c> has started belongs to none.</summary>
    /// <param name="inventory">The engine's images and containers.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="repository">Its repository, <c>registry/service</c>.</param>
    public static IReadOnlyList<ServiceTarget> Find(ImageInventory inventory, string service, ImageReference repository) =>
        [.. inventory.ContainersOf(service, repository)
            .Where(one => !ComposeLabels.IsOneOff(one.Container.Labels))
            .GroupBy(one => Owner(one.Container))
            .Select(group => Target(group.Key, [.. group]))
            .OrderBy(target => target.TargetId, StringComparer.Ordinal)];

    /// <summary>
    /// The one that is meant, or null where the service is on this engine in no container. Where some run, those that don't are no
    /// candidates.
    /// </summary>
    /// <exception cref="ProException">Several are, or the one that was named is none of the service's.</exception>
    public static ServiceTarget? Single(IReadOnlyList<ServiceTarget> targets, string service, TargetFilter filter)
    {
        var meant = targets.Where(filter.Accepts).ToArray();
        if (filter.Container is { } container && meant.Length == 0)
        {
            throw ContainerErrors.ContainerIsNotTheServices(container, service, targets.Select(target => target.ToString()));
        }

        // A swap that was cut off counts as running: it must be put right first.
        var candidates = meant.Where(target => target.IsRunning || target.Leftovers.Count > 0).ToArray();
        candidates = candidates.Length > 0 ? candidates : meant;
        return candidates.Length > 1
            ? throw ContainerErrors.SeveralTargets(service, [.. candidates.Select(target => (target.ToString(), Hint(target)))])
            : candidates.FirstOrDefault();
    }

    private static string Hint(ServiceTarget target) => target.Kind switch
    {
        ServiceTargetKind.Container => $"-Container {target.Name}",
        ServiceTargetKind.Compose when target.Labels.TryGetValue(ComposeLabels.Files, out var files) =>
            $"-ComposeFile '{Path.Combine(target.Labels.GetValueOrDefault(ComposeLabels.WorkingDirectory, ""), files.Split(',')[0])}'",
        _ => $"-Container {target.Containers.Concat(target.Leftovers).First().Name}",
    };

    private static (ServiceTargetKind Kind, string Name, string Id) Owner(ContainerListResponse container)
    {
        if (Label(container, ContainerLabels.SwarmServiceId) is { } id)
        {
            var name = Label(container, ContainerLabels.SwarmServiceName) ?? id;
            return (ServiceTargetKind.Swarm, name, "swarm." + name);
        }

        if (Label(container, ComposeLabels.Project) is { } project
            && Label(container, ComposeLabels.Service) is { } service)
        {
            return (ServiceTargetKind.Compose, $"{project}/{service}", $"compose.{project}.{service}");
        }

        var plain = SwapNames.BaseOf(container.NameOf());
        return (ServiceTargetKind.Container, plain, "container." + plain);
    }

    private static ServiceTarget Target(
        (ServiceTargetKind Kind, string Name, string Id) owner,
        IReadOnlyList<(ContainerListResponse Container, ProVersion? Version)> members)
    {
        var containers = members
            .Select(one => ToTarget(one.Container, one.Version))
            .OrderBy(container => container.Name, StringComparer.Ordinal)
            .ToLookup(container => SwapNames.IsLeftover(container.Name));
        return new ServiceTarget
        {
            Kind = owner.Kind,
            Name = owner.Name,
            TargetId = owner.Id,
            Containers = [.. containers[false]],
            Leftovers = [.. containers[true]],
            Labels = members[0].Container.Labels?.AsReadOnly() ?? NoLabels,
        };
    }

    private static TargetContainer ToTarget(ContainerListResponse container, ProVersion? version) =>
        new(container.ID, container.NameOf(), container.State, container.ImageID, version);

    private static string? Label(ContainerListResponse container, string name) =>
        container.Labels is { } labels && labels.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
}
