using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Swarm.Api;

/// <summary>
/// Which images a service's tasks really run, by id: a tag without a digest may have moved on since they were started. Known for the tasks
/// on this node; on the only node of a swarm that is all of them.
/// </summary>
internal sealed class SwarmRunningImages(SwarmApi api, List<string> ids)
{
    public static async Task<SwarmRunningImages> LookAsync(SwarmApi api, IEnumerable<SwarmTask> tasks, CancellationToken cancellationToken)
    {
        var ids = new List<string>();
        foreach (var container in tasks.Where(task => task.IsRunning).Select(task => task.ContainerId).OfType<string>())
        {
            try
            {
                var inspected = await api.Engine.CallAsync<ContainerInspectResponse>(client =>
                    client.Containers.InspectContainerAsync(container, cancellationToken)).ConfigureAwait(false);
                ids.Add(inspected.Image);
            }
            catch (ProException)
            {
                // On another node, or gone this moment.
            }
        }

        return new SwarmRunningImages(api, [.. ids.Distinct()]);
    }

    /// <summary>Whether the tasks are known to run this image and no other.</summary>
    public bool AreAll(string? imageId) => imageId is not null && ids.Count > 0 && ids.TrueForAll(id => id == imageId);

    /// <summary>Whether some task is known to run another image.</summary>
    public bool HasOtherThan(string? imageId) => imageId is not null && ids.Exists(id => id != imageId);

    /// <summary>
    /// What to name to get the running image back: the specification's own text while it means that image, else its digest, else its id.
    /// </summary>
    public async Task<string> NameAsync(string text, CancellationToken cancellationToken)
    {
        if (ids.Count != 1 || !ImageReference.TryParse(text, out var reference) || reference.Digest is not null)
        {
            return text;
        }

        var calls = new ContainerApi(api.Engine);
        var tagged = await calls.FindImageAsync(text, cancellationToken).ConfigureAwait(false);
        if (tagged is not null && tagged.Text("Id") == ids[0])
        {
            return text;
        }

        var running = await calls.FindImageAsync(ids[0], cancellationToken).ConfigureAwait(false);
        return running is null ? text
            : SwarmDigests.DigestOf(running, reference) is { } digest ? $"{text}@{digest}"
            : running.Text("Id");
    }
}
