using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>A service of a swarm that runs an image of a repository.</summary>
internal sealed record SwarmServiceInfo
{
    /// <summary>The service's name.</summary>
    public required string Name { get; init; }

    /// <summary>The image as the specification names it.</summary>
    public required string Image { get; init; }

    /// <summary>The version, by the tag in the specification, else by the image's label; null if neither tells.</summary>
    public required ProVersion? Version { get; init; }

    /// <summary>How far its last update has come, in the engine's word; null if there is none.</summary>
    public required string? UpdateState { get; init; }

    /// <summary>True if an update of ours was interrupted between its steps: <see cref="SwarmUpdate.RepairAsync"/> puts it right.</summary>
    public required bool IsInterrupted { get; init; }
}

/// <summary>Finds services of a swarm.</summary>
internal static class SwarmServices
{
    /// <summary>The stack's name, as docker stack deploy labels it.</summary>
    public const string StackLabel = "com.docker.stack.namespace";

    /// <summary>The services that run an image of a repository, by name; with or without tag and digest. None without a swarm.</summary>
    public static async Task<IReadOnlyList<SwarmServiceInfo>> FindAsync(
        EngineConnection engine,
        ImageReference repository,
        CancellationToken cancellationToken)
    {
        var found = new List<SwarmServiceInfo>();
        foreach (var service in await new SwarmApi(engine).ListServicesOrNoneAsync(cancellationToken).ConfigureAwait(false))
        {
            if (service.Image is not { } image)
            {
                continue;
            }

            var local = await LocalAsync(engine, image, repository, cancellationToken).ConfigureAwait(false);
            if (!local.Belongs)
            {
                continue;
            }

            found.Add(new SwarmServiceInfo
            {
                Name = service.Name,
                Image = image,
                Version = local.Version,
                UpdateState = service.UpdateStatus?.State,
                IsInterrupted = SwarmRollbackPoint.FromLabel(service) is not null,
            });
        }

        return [.. found.OrderBy(service => service.Name, StringComparer.Ordinal)];
    }

    private static async Task<(bool Belongs, ProVersion? Version)> LocalAsync(
        EngineConnection engine,
        string image,
        ImageReference repository,
        CancellationToken cancellationToken)
    {
        // A service may run an image by its id alone, on a swarm of one node.
        var byId = image.StartsWith("sha256:", StringComparison.Ordinal);
        ImageReference? reference = null;
        if (!byId && (!ImageReference.TryParse(image, out reference) || !reference.SameRepository(repository)))
        {
            return (false, null);
        }

        if (ProVersion.TryFromImageTag(reference?.Tag, out var version))
        {
            return (true, version);
        }

        var local = await SwarmDigests.InspectAsync(engine, image, cancellationToken).ConfigureAwait(false);
        var belongs = !byId || (local?.RepoTags ?? []).Concat(local?.RepoDigests ?? [])
            .Any(name => ImageReference.TryParse(name, out var one) && one.SameRepository(repository));
        return local?.Config?.Labels?.TryGetValue(ImageLabels.Version, out var label) == true && ProVersion.TryParse(label, out version)
            ? (belongs, version)
            : (belongs, null);
    }
}
