using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>Finds who runs a service on an engine: everything that was made from an image of its repository, by its owner.</summary>
internal static class ContainerTargets
{
    /// <summary>All targets of a service, by name. What <c>compose run</c> has started belongs to none.</summary>
    public static IReadOnlyList<ServiceTarget> Find(ImageInventory inventory, string service, ImageReference repository) =>
        [.. inventory.ContainersOf(service, repository)
            .Where(one => !ComposeLabels.IsOneOff(one.Container.Labels))
            .Where(one => !IsStartedAsAnother(one.Container, repository))
            .GroupBy(one => Owner(one.Container))
            .Select(group => Target(group.Key, [.. group]))
            .OrderBy(target => target.TargetId, StringComparer.Ordinal)];

    /// <summary>The ids of all targets that have a container, by whatever image.</summary>
    public static IReadOnlySet<string> IdsOf(IEnumerable<ContainerListResponse> containers) =>
        containers.Select(container => Owner(container).Id).ToHashSet(StringComparer.Ordinal);

    /// <summary>
    /// The one that is meant, or null if the service is on this engine in no container. Where some run, those that don't are no
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

        // A swap that was interrupted counts as running: it must be repaired first.
        // A swarm service's tasks may all be on other nodes. One that is gone has left containers that have ended.
        var candidates = meant
            .Where(target => target.IsRunning || target.Leftovers.Count > 0 || target is { IsOfEngine: false, Containers.Count: 0 })
            .ToArray();
        candidates = candidates.Length > 0 ? candidates : meant;
        return candidates.Length > 1 ? throw Several(service, candidates) : candidates.FirstOrDefault();
    }

    /// <summary>
    /// Whether no container of a target is there any more, by whatever image; false for a target that may have none on this node.
    /// </summary>
    public static async Task<bool> IsGoneAsync(EngineConnection engine, string targetId, CancellationToken cancellationToken) =>
        !targetId.StartsWith("swarm.", StringComparison.Ordinal)
        && (await NamesOfAsync(engine, targetId, cancellationToken).ConfigureAwait(false)).Count == 0;

    /// <summary>The names of all containers of a target, by whatever image. What <c>compose run</c> has started belongs to none.</summary>
    public static async Task<IReadOnlyList<string>> NamesOfAsync(
        EngineConnection engine, string targetId, CancellationToken cancellationToken)
    {
        var parameters = new ContainersListParameters { All = true };
        var all = await engine.CallAsync(api => api.Containers.ListContainersAsync(parameters, cancellationToken)).ConfigureAwait(false);
        return
        [
            .. all.Where(container => Owner(container).Id == targetId && !ComposeLabels.IsOneOff(container.Labels))
                .Select(container => container.NameOf()),
        ];
    }

    /// <summary>Refuses a target in which this very command runs, or whose namespaces its container shares.</summary>
    public static async Task ThrowIfOwnAsync(
        EngineConnection engine, ServiceTarget target, string? own, CancellationToken cancellationToken)
    {
        if (own is null || await new ContainerApi(engine).FindAsync(own, cancellationToken).ConfigureAwait(false) is not { } container)
        {
            return;
        }

        var meant = target.Containers
            .FirstOrDefault(one => one.Id == own || NamespaceFollowers.Find([container], one.Id, one.Name).Count > 0);
        if (meant is not null)
        {
            throw ContainerErrors.IsOwnContainer(meant.Name);
        }
    }

    /// <summary>Refuses a target of which a container's image was removed by force.</summary>
    public static async Task ThrowIfImageIsGoneAsync(
        EngineConnection engine, ServiceTarget target, ImageInventory inventory, CancellationToken cancellationToken)
    {
        foreach (var container in target.IsOfEngine ? target.Containers : [])
        {
            // The list leaves out what only other images are built on.
            if (inventory.FindById(container.ImageId) is null
                && await new ContainerApi(engine).FindImageAsync(container.ImageId, cancellationToken).ConfigureAwait(false) is null)
            {
                throw ContainerErrors.ImageIsGone(container.Name, container.ImageId, container.Version?.ToString());
            }
        }
    }

    public static ProException Several(string service, IReadOnlyList<ServiceTarget> candidates) => ContainerErrors.SeveralTargets(
        service,
        [.. candidates.Select(target => (
            target.ToString(),
            candidates.Count(other => Hint(other) == Hint(target)) == 1 ? Hint(target) : ContainerHint(target)))]);

    /// <summary>
    /// One image may have names in several registries. A container that was started by another repository's name is that one's, and nothing
    /// that we should change.
    /// </summary>
    private static bool IsStartedAsAnother(ContainerListResponse container, ImageReference repository) =>
        !IsId(container) && ImageReference.TryParse(container.Image, out var started) && !started.SameRepository(repository);

    // A container whose name has moved on, and one that was started by an id, is shown with the id.
    private static bool IsId(ContainerListResponse container) =>
        container.Image is not { } image
        || image.StartsWith("sha256:", StringComparison.Ordinal)
        || (image.Length >= 6 && container.ImageID?.StartsWith("sha256:" + image, StringComparison.Ordinal) == true);

    private static string ContainerHint(ServiceTarget target) =>
        $"-Container {SwapNames.BaseOf(target.Containers.Concat(target.Leftovers).FirstOrDefault()?.Name ?? target.Name)}";

    // A stack tool has its files elsewhere, or gave them to compose as its input, which compose calls "-".
    private static string Hint(ServiceTarget target) =>
        target.Kind != ServiceTargetKind.Compose ? $"-Container {target.Name}"
        : target.ComposeFiles.FirstOrDefault() is { } file && File.Exists(file) ? $"-ComposeFile '{file}'"
        : ContainerHint(target);

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
        var containers = (owner.Kind == ServiceTargetKind.Compose ? WithoutInterrupted(members) : members)
            .Select(one => new TargetContainer(
                one.Container.ID, one.Container.NameOf(), one.Container.State, one.Container.ImageID, one.Version))
            .OrderBy(container => container.Name, StringComparer.Ordinal)
            .ToLookup(container => SwapNames.IsLeftover(container.Name));
        return new ServiceTarget
        {
            Kind = owner.Kind,
            Name = owner.Name,
            TargetId = owner.Id,
            Containers = [.. containers[false]],
            Leftovers = [.. containers[true]],
            Labels = (members[0].Container.Labels ?? new Dictionary<string, string>()).AsReadOnly(),
        };
    }

    /// <summary>
    /// Of an interrupted <c>up</c> two containers are left with one number: the one that runs, or else has compose's usual name, counts.
    /// </summary>
    private static IEnumerable<(ContainerListResponse Container, ProVersion? Version)> WithoutInterrupted(
        IReadOnlyList<(ContainerListResponse Container, ProVersion? Version)> members) => members
        .GroupBy(one => SwapNames.IsLeftover(one.Container.NameOf()) ? one.Container.ID
            : Label(one.Container, ComposeLabels.Number) ?? one.Container.ID)
        .SelectMany(group => group.Any(one => ComposeLabels.IsInterruptedName(one.Container.NameOf()))
            ? group
                .OrderByDescending(one => one.Container.State is "running" or "paused" or "restarting")
                .ThenBy(one => ComposeLabels.IsInterruptedName(one.Container.NameOf()))
                .Take(1)
            : group);

    private static string? Label(ContainerListResponse container, string name) =>
        container.Labels is { } labels && labels.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
}
