using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment;

/// <summary>
/// Images that are needed although no container is made of them: compose's <c>up</c> has removed it already, or a swarm has no task here.
/// Pure.
/// </summary>
internal sealed class ImagesInUse
{
    // By image id, by name and tag, and by digest: whichever the holder knows.
    private readonly Dictionary<string, string> _reasons = new(StringComparer.Ordinal);

    public ImagesInUse(IEnumerable<OperationInfo> records, IEnumerable<SwarmServiceState> services)
    {
        foreach (var record in records)
        {
            Hold(record.To, $"an operation brings it to {record.Target}, or was interrupted");
            foreach (var old in record.OldImages)
            {
                Hold(old, $"{record.Target} is restored to it if the operation under way fails, or was interrupted");
            }
        }

        foreach (var service in services)
        {
            Hold(service.Image, $"the swarm service {service.Name} runs it");
            Hold(SwarmRollbackPoint.FromLabel(service)?.Image, $"the swarm service {service.Name} goes back to it");
            Hold(SwarmRollbackPoint.FromPrevious(service)?.Image, $"the swarm service {service.Name} goes back to it");
        }
    }

    public static ImagesInUse None { get; } = new([], []);

    public bool IsEmpty => _reasons.Count == 0;

    public string? ReasonFor(string id, IEnumerable<ImageReference> names) => IsEmpty ? null
        : _reasons.GetValueOrDefault(id)
        ?? names.SelectMany(Keys).Select(key => _reasons.GetValueOrDefault(key)).FirstOrDefault(reason => reason is not null);

    private static IEnumerable<string> Keys(ImageReference name)
    {
        var tagged = name.Tag is null && name.Digest is not null ? null : $"{name.NormalizedName}:{name.Tag ?? "latest"}";
        return new[] { name.Digest, tagged }.OfType<string>();
    }

    private void Hold(string? image, string reason)
    {
        // On a swarm of one node a service may run an image by its id alone, which looks like a name with a tag.
        IEnumerable<string> keys = image is null ? []
            : image.StartsWith("sha256:", StringComparison.Ordinal) ? [image]
            : ImageReference.TryParse(image, out var name) ? Keys(name)
            : [];
        foreach (var key in keys)
        {
            _ = _reasons.TryAdd(key, reason);
        }
    }
}
