using Docker.DotNet.Models;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>
/// Which images a service's tasks really run, by id: a tag without a digest may have moved on since they were started. Known for the tasks
/// on this node; on the only node of a swarm that is all of them.
/// </summary>
internal sealed class SwarmRunningImages
{
    private readonly SwarmApi _api;
    private readonly List<string> _ids;

    private SwarmRunningImages(SwarmApi api, List<string> ids)
    {
        _api = api;
        _ids = ids;
    }

    /// <summary>Looks at the containers.</summary>
    public static async Task<SwarmRunningImages> LookAsync(SwarmApi api, IEnumerable<SwarmTask> tasks, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        foreach (var container in tasks.Where(task => task.IsRunning).Select(task => task.ContainerId).OfType<string>())
        {
            if (await ImageOfAsync(api, container, cancellationToken).ConfigureAwait(false) is { } id && !ids.Contains(id))
            {
                ids.Add(id);
            }
        }

        return new SwarmRunningImages(api, ids);
    }

    /// <summary>Whether the tasks are known to run this image and no other.</summary>
    public bool AreAll(string? imageId) => imageId is not null && _ids.Count > 0 && _ids.TrueForAll(id => id == imageId);

    /// <summary>Whether some task is known to run another image.</summary>
    public bool HasOtherThan(string? imageId) => imageId is not null && _ids.Exists(id => id != imageId);

    /// <summary>
    /// What to name to get the running image back: the specification's own text while it means that image, else its digest, else its id.
    /// </summary>
    public async Task<string> NameAsync(string text, CancellationToken cancellationToken)
    {
        if (_ids.Count != 1 || !ImageReference.TryParse(text, out var reference) || reference.Digest is not null)
        {
            return text;
        }

        var tagged = await SwarmDigests.InspectAsync(_api.Engine, text, cancellationToken).ConfigureAwait(false);
        if (tagged?.ID == _ids[0])
        {
            return text;
        }

        var running = await SwarmDigests.InspectAsync(_api.Engine, _ids[0], cancellationToken).ConfigureAwait(false);
        return running is null ? text
            : SwarmDigests.DigestOf(running, reference) is { } digest ? $"{text}@{digest}"
            : running.ID;
    }

    private static async Task<string?> ImageOfAsync(SwarmApi api, string container, CancellationToken cancellationToken)
    {
        try
        {
            var inspected = await api.Engine.CallAsync<ContainerInspectResponse>(client =>
                client.Containers.InspectContainerAsync(container, cancellationToken)).ConfigureAwait(false);
            return inspected.Image;
        }
        catch (ProException)
        {
            // On another node, or gone this moment.
            return null;
        }
    }
}
