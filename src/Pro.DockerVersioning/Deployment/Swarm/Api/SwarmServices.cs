using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>
/// A service of a swarm that runs an image of a repository. The version is by the tag in the specification, else by the image's label; null
/// if neither tells. The update's state is the engine's word, null if there was none. One that was interrupted is one of ours, between its
/// steps: <see cref="SwarmUpdate"/> puts it right.
/// </summary>
internal sealed record SwarmServiceInfo(string Name, string Image, ProVersion? Version, string? UpdateState, bool IsInterrupted);

internal static class SwarmServices
{
    /// <summary>The stack's name, as docker stack deploy labels it.</summary>
    public const string StackLabel = "com.docker.stack.namespace";

    /// <summary>The services that run an image of a repository, by name; with or without tag and digest. None without a swarm.</summary>
    public static async Task<IReadOnlyList<SwarmServiceInfo>> FindAsync(
        EngineConnection engine, ImageReference repository, CancellationToken cancellationToken)
    {
        var found = new List<SwarmServiceInfo>();
        foreach (var service in await new SwarmApi(engine).ListServicesOrNoneAsync(cancellationToken).ConfigureAwait(false))
        {
            if (service.Image is { } image
                && await LocalAsync(engine, image, repository, cancellationToken).ConfigureAwait(false) is (true, var version))
            {
                found.Add(new SwarmServiceInfo(
                    service.Name, image, version, service.UpdateStatus?.State, SwarmRollbackPoint.FromLabel(service) is not null));
            }
        }

        return [.. found.OrderBy(service => service.Name, StringComparer.Ordinal)];
    }

    private static async Task<(bool Belongs, ProVersion? Version)> LocalAsync(
        EngineConnection engine, string image, ImageReference repository, CancellationToken cancellationToken)
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

        var local = await new ContainerApi(engine).FindImageAsync(image, cancellationToken).ConfigureAwait(false);
        var belongs = !byId || local.Texts("RepoTags").Concat(local.Texts("RepoDigests"))
            .Any(name => ImageReference.TryParse(name, out var one) && one.SameRepository(repository));
        return (belongs, ProVersion.TryParse((local?["Config"]?["Labels"]).Text(ImageLabels.Version), out version) ? version : null);
    }
}
