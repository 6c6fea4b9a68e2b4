using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment;

/// <summary>What is on the engine, and what of it runs the service: as targets, and as services of a swarm.</summary>
internal sealed record EngineSnapshot(
    ImageInventory Inventory, IReadOnlyList<ServiceTarget> Targets, IReadOnlyList<SwarmServiceInfo> Swarm)
{
    /// <summary>Looks. A history tells whose a container was whose image is gone.</summary>
    public static async Task<EngineSnapshot> LoadAsync(
        EngineConnection engine, string service, ImageReference repository, CancellationToken cancellationToken, HistoryLog? history = null)
    {
        var loading = ImageInventory.LoadAsync(engine, cancellationToken);
        var swarming = SwarmServices.FindAsync(engine, repository, cancellationToken);
        var recording = new OperationRecords(new ContainerApi(engine)).FindAllAsync(cancellationToken);
        await Task.WhenAll(loading, swarming, recording).ConfigureAwait(false);
        var inventory = await loading.ConfigureAwait(false);
        var swarm = await swarming.ConfigureAwait(false);
        if (history is not null)
        {
            await NameByHistoryAsync(inventory, service, repository, history, cancellationToken).ConfigureAwait(false);
        }

        // A swarm's service may have no task on this node, or none at all. An operation that was interrupted may have left no container.
        var unseen = swarm
            .Select(info => new ServiceTarget { Kind = ServiceTargetKind.Swarm, Name = info.Name, TargetId = "swarm." + info.Name })
            .Concat((await recording.ConfigureAwait(false)).Where(record => IsOf(record, repository)).Select(TargetOf));
        IEnumerable<ServiceTarget> targets = ContainerTargets.Find(inventory, service, repository);
        return new EngineSnapshot(inventory, [.. targets.Concat(unseen).DistinctBy(target => target.TargetId)], swarm);
    }

    /// <summary>The target that is meant; null if nothing runs the service here.</summary>
    /// <exception cref="ProException">Several are, or -Container names none of them.</exception>
    public ServiceTarget? Target(DeploymentRequest request)
    {
        var targets = MeantProject.Among(Targets, request);
        var found = ContainerTargets.Single(targets, request.Service.Name, request.Filter);

        // COMPOSE_FILE of a session is a hint; what was named for this command is an order.
        return found is null && request.Filter.ComposeFile is not null && !request.ComposeFilesAreMeant
            ? ContainerTargets.Single(targets, request.Service.Name, request.Filter with { ComposeFile = null })
            : found;
    }

    public ServiceTarget? Find(string targetId) => Targets.FirstOrDefault(target => target.TargetId == targetId);

    public SwarmServiceInfo? SwarmOf(ServiceTarget target) => Swarm.FirstOrDefault(info => "swarm." + info.Name == target.TargetId);

    /// <summary>The version that a target runs; null if none does, or nothing says which.</summary>
    public ProVersion? VersionOf(ServiceTarget target) => SwarmOf(target)?.Version
        ?? target.CurrentVersions.Max()
        ?? target.Containers.Select(container => container.Version).FirstOrDefault(version => version is not null);

    private static ServiceTarget TargetOf(OperationInfo record)
    {
        var project = record.Owner.GetValueOrDefault(ComposeLabels.Project);
        return new ServiceTarget
        {
            Kind = project is null ? ServiceTargetKind.Container : ServiceTargetKind.Compose,
            Name = project is null
                ? record.Target["container.".Length..] : $"{project}/{record.Owner.GetValueOrDefault(ComposeLabels.Service)}",
            TargetId = record.Target,
            Labels = record.Owner,
        };
    }

    /// <summary>
    /// A container that was started by its image's id, and whose image was removed by force, has no name of the service left: the history
    /// knows which version that image was.
    /// </summary>
    private static async Task NameByHistoryAsync(
        ImageInventory inventory, string service, ImageReference repository, HistoryLog history, CancellationToken cancellationToken)
    {
        var unnamed = inventory.ContainersWithoutImage
            .Where(container => container.Image is null || container.Image.StartsWith("sha256:", StringComparison.Ordinal)).ToList();
        if (unnamed.Count == 0)
        {
            return;
        }

        var filter = new HistoryFilter { Services = [name => name == service] };
        await foreach (var entry in history.ReadAsync(filter, new Progress<Report>(), cancellationToken).ConfigureAwait(false))
        {
            foreach (var container in unnamed.Where(container => container.ImageID == entry.ImageId).ToArray())
            {
                container.Image = entry.Version is { } version ? repository.WithTag(version.ImageTag).ToString() : container.Image;
                _ = unnamed.Remove(container);
            }

            if (unnamed.Count == 0)
            {
                return;
            }
        }
    }

    private static bool IsOf(OperationInfo record, ImageReference repository) =>
        ImageReference.TryParse(record.To, out var to) && to.SameRepository(repository);
}
