using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images;

namespace Pro.DockerVersioning.Deployment;

/// <summary>
/// Looks again whether a secured image is there, once the lock is ours: until then cleaning may take it, from then on it leaves the service
/// alone.
/// </summary>
internal static class ImageRecheck
{
    /// <summary>Brings it back where it is gone.</summary>
    /// <returns>The same image, as it is here now.</returns>
    /// <exception cref="ProException">It can't be had any more, or what there is now is another image.</exception>
    public static async Task<SuppliedImage> RunAsync(
        ImageSupply supply,
        SuppliedImage image,
        ImageInventory now,
        Func<Task<string?>> recordedDigest,
        bool force,
        CancellationToken cancellationToken)
    {
        if (image.LocalId is not { } id)
        {
            return image;
        }

        if (now.Find(image.Reference) is { } named && named.Id != id)
        {
            return force ? image with { LocalId = named.Id } : throw DeploymentErrors.ImageChanged(image.Reference.ToString(), id, named.Id);
        }

        if (now.FindById(id) is not null)
        {
            return now.Find(image.Reference) is not null
                ? image
                : await supply.EnsureAsync(image with { PullFrom = null, LostItsName = true }, force, cancellationToken).ConfigureAwait(false);
        }

        var found = await supply.FindAsync(image.Reference, now, verifiedId: null, recordedDigest, force, cancellationToken).ConfigureAwait(false);
        var again = await supply.EnsureAsync(found with { Platform = image.Platform }, force, cancellationToken).ConfigureAwait(false);
        return again.LocalId == id || force ? again : throw DeploymentErrors.ImageChanged(image.Reference.ToString(), id, again.LocalId!);
    }
}
