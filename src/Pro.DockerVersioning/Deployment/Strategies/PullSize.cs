using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Registry;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>
/// How much a pull has to fetch: the layers of the engine's platform, less those that other versions have brought already.
/// </summary>
internal sealed class PullSize(EngineConnection engine, RegistryClient registry, ImageReference source)
{
    // Each is a question to the registry, and neighbours share most: the base, and what changes seldom.
    private const int MostVersionsAsked = 5;

    /// <summary>
    /// The compressed bytes; 0 if the registry has no such image. At a size that is enough or below, nobody needs to know better.
    /// </summary>
    public async Task<long> FindAsync(long enough, CancellationToken cancellationToken)
    {
        var version = await engine.CallAsync(client => client.System.GetVersionAsync(cancellationToken)).ConfigureAwait(false);
        var platform = $"{version.Os}/{version.Arch}";
        var layers = (await LayersAsync(source.Digest!, platform, cancellationToken).ConfigureAwait(false)).ToList();
        if (Sum(layers) <= enough)
        {
            return Sum(layers);
        }

        var images = await engine.CallAsync(client => client.Images.ListImagesAsync(new ImagesListParameters(), cancellationToken))
            .ConfigureAwait(false);
        foreach (var digest in images.OrderByDescending(image => image.Created).SelectMany(DigestsHere).Take(MostVersionsAsked))
        {
            var here = await LayersAsync(digest, platform, cancellationToken).ConfigureAwait(false);
            _ = layers.RemoveAll(layer => here.Any(one => one.Digest == layer.Digest));
            if (Sum(layers) <= enough)
            {
                break;
            }
        }

        return Sum(layers);
    }

    /// <summary>The image of an index that an engine takes: its own platform, in whatever variant, and none that only attests.</summary>
    internal static ManifestChild? ChildFor(string platform, IReadOnlyList<ManifestChild> children)
    {
        var images = children.Where(child => !child.IsAttestation).ToList();
        return images.Find(child => child.Platform == platform)
            ?? images.Find(child => child.Platform?.StartsWith(platform + "/", StringComparison.Ordinal) == true);
    }

    private static long Sum(IEnumerable<ManifestDescriptor> layers) => layers.DistinctBy(layer => layer.Digest).Sum(layer => layer.Size);

    private IEnumerable<string> DigestsHere(ImagesListResponse image) =>
        from text in image.RepoDigests ?? []
        let reference = ImageReference.TryParse(text, out var parsed) && parsed.SameRepository(source) ? parsed : null
        where reference?.Digest is not null
        select reference.Digest;

    private async Task<IReadOnlyList<ManifestDescriptor>> LayersAsync(string digest, string platform, CancellationToken cancellationToken)
    {
        var manifest = await registry.GetManifestAsync(source.Repository, digest, cancellationToken).ConfigureAwait(false);
        if (manifest?.IsIndex == true)
        {
            manifest = ChildFor(platform, manifest.Children) is { } child
                ? await registry.GetManifestAsync(source.Repository, child.Descriptor.Digest, cancellationToken).ConfigureAwait(false)
                : null;
        }

        return manifest?.Layers ?? [];
    }
}
