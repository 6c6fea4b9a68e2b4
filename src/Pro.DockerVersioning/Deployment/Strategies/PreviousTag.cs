using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>
/// The previous version: on the engine itself, a local tag of the service's repository names the version that was last verified at a target
/// before the current one. It is neither a version nor an alias, and is never pushed. Its name is <c>pro-previous-</c> and eight digits of
/// the target's SHA-256: always, so that it doesn't depend on which target came first. A tag has no room for more; the history has the
/// target's name. A bare <c>pro-previous</c>, set by hand, is kept like one of ours.
/// </summary>
internal static partial class PreviousTag
{
    public static string TagFor(string target) =>
        $"pro-previous-{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(target)))[..8].ToLowerInvariant()}";

    /// <summary>Whether a tag is one of these: no version, no alias, never listed, never pushed. Pure.</summary>
    public static bool IsPreviousTag(string? tag) => tag is not null && Previous().IsMatch(tag);

    public static Task SetAsync(
        EngineConnection engine, ImageReference repository, string target, string imageId, CancellationToken cancellationToken) =>
        engine.CallAsync(client => client.Images.TagImageAsync(
            imageId, new ImageTagParameters { RepositoryName = repository.Name, Tag = TagFor(target) }, cancellationToken));

    /// <summary>The previous version of a target among the engine's images; null if there is none. Pure.</summary>
    public static PreviousVersion? Find(ImageInventory inventory, ImageReference repository, string target)
    {
        var reference = repository.WithTag(TagFor(target));
        return inventory.Find(reference) is { } image
            ? new PreviousVersion(image.Id, ImageInventory.VersionOf(image, reference), reference) : null;
    }

    [GeneratedRegex(@"\Apro-previous(-[0-9a-f]{8})?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Previous();
}

/// <summary>The previous version of a target by its tag: the version by its label or its other tags, null if it shows none.</summary>
internal sealed record PreviousVersion(string ImageId, ProVersion? Version, ImageReference Reference);
