using System.Globalization;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>
/// What is on an engine: all images and all containers, asked for in two requests however many there are. Compares image ids, not
/// names: a container may hold an image whose tag has moved on.
/// </summary>
internal sealed class ImageInventory
{
    private readonly List<EngineImage> _images;
    private readonly Dictionary<string, EngineImage> _byId;
    private readonly Dictionary<string, EngineImage> _byReference;
    private readonly List<ContainerListResponse> _containers;
    private readonly ILookup<string, ContainerListResponse> _containersByImage;

    internal ImageInventory(
        IEnumerable<ImagesListResponse> images, IEnumerable<ContainerListResponse> containers, bool isPodman = false)
    {
        _images = [.. images.Select(image => new EngineImage(image, isPodman))];
        _byId = _images.GroupBy(image => image.Id, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        _byReference = new Dictionary<string, EngineImage>(StringComparer.Ordinal);
        foreach (var image in _images)
        {
            foreach (var reference in image.References)
            {
                _byReference[Key(reference)] = image;
            }
        }

        _containers = [.. containers];
        _containersByImage = _containers.ToLookup(container => container.ImageID, StringComparer.Ordinal);
    }

    /// <summary>
    /// On a container that gives access to an operation record: it is made from a service's image, and belongs to no service.
    /// </summary>
    public const string RecordLabel = ContainerLabels.Record;

    /// <summary>All images, but for the unnamed ones in the middle of a build's chain.</summary>
    public IReadOnlyList<EngineImage> Images => _images;

    /// <summary>All containers, running or not.</summary>
    public IReadOnlyList<ContainerListResponse> Containers => _containers;

    /// <summary>Asks the engine for its images and containers, both at once.</summary>
    public static async Task<ImageInventory> LoadAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        var images = engine.CallAsync(client => client.Images.ListImagesAsync(new ImagesListParameters(), cancellationToken));
        var containers = engine.CallAsync(client =>
            client.Containers.ListContainersAsync(new ContainersListParameters { All = true }, cancellationToken));
        await Task.WhenAll(images, containers).ConfigureAwait(false);
        var ids = (await images.ConfigureAwait(false)).Select(image => image.ID).ToHashSet(StringComparer.Ordinal);
        foreach (var container in (await containers.ConfigureAwait(false)).Where(container => !ids.Contains(container.ImageID)))
        {
            await NameByReferenceAsync(engine, container, cancellationToken).ConfigureAwait(false);
        }

        return new ImageInventory(
            await images.ConfigureAwait(false), await containers.ConfigureAwait(false), engine.Podman is not null);
    }

    /// <summary>Asks for the images only, and knows of no container then: enough to build, and to judge aliases.</summary>
    public static async Task<ImageInventory> LoadImagesAsync(EngineConnection engine, CancellationToken cancellationToken)
    {
        var images = await engine.CallAsync(client => client.Images.ListImagesAsync(new ImagesListParameters(), cancellationToken))
            .ConfigureAwait(false);
        return new ImageInventory(images, [], engine.Podman is not null);
    }

    /// <summary>The image that a reference names here, or null.</summary>
    public EngineImage? Find(ImageReference reference) => _byReference.GetValueOrDefault(Key(reference));

    /// <summary>The image with an id, or null.</summary>
    public EngineImage? FindById(string id) => _byId.GetValueOrDefault(id);

    /// <summary>The containers whose image is not among <see cref="Images"/>: it was removed by force.</summary>
    public IEnumerable<ContainerListResponse> ContainersWithoutImage => _containers.Where(container => FindById(container.ImageID) is null);

    /// <summary>The containers that use an image, running or not, by whatever name they were started.</summary>
    public IReadOnlyList<ProContainer> ContainersOf(string imageId) => [.. _containersByImage[imageId].Select(ToContainer)];

    /// <summary>The image that was pushed or pulled under a digest in the same repository, or null.</summary>
    public EngineImage? FindByDigest(ImageReference repository, string digest) =>
        _images.FirstOrDefault(image => image.Digests.Any(one => one.Digest == digest && one.SameRepository(repository)));

    /// <summary>The version of an image in a repository: by its label, else the newest of its tags; null if it shows none.</summary>
    public static ProVersion? VersionOf(EngineImage image, ImageReference repository) => VersionOf(image, repository, prefer: null);

    /// <summary>The versions of a service, newest first; commits right after the release that they came after.</summary>
    /// <param name="service">The service's name.</param>
    /// <param name="repository">Its repository, <c>registry/service</c>.</param>
    /// <param name="isCommit">Whether git knows a commit by these first digits of its hash; null asks only the images' labels.</param>
    public IReadOnlyList<ProImageVersion> VersionsOf(string service, ImageReference repository, Func<string, bool>? isCommit = null)
    {
        var current = CurrentOf(service, repository, isCommit);
        var versions = new List<ProImageVersion>();
        foreach (var image in _images)
        {
            // Once for the image and not for each of its tags: there may be thousands of them.
            ImageFacts? facts = null;
            foreach (var reference in image.References)
            {
                if (reference.SameRepository(repository) && VersionOfTag(image, reference, isCommit) is { } version)
                {
                    facts ??= FactsOf(image, repository);
                    versions.Add(Describe(service, facts, reference, version, current));
                }
            }
        }

        var listed = versions.Select(version => version.ImageId).ToHashSet(StringComparer.Ordinal);
        versions.AddRange(Untagged(service, repository, current, listed));
        PlaceCommits(versions);
        versions.Sort(static (left, right) => right.Version.CompareTo(left.Version));
        return versions;
    }

    /// <summary>
    /// The version that a tag names; null if it names none. A tag of hex digits is a commit only if the image's label or git says so:
    /// 20240131 is a date.
    /// </summary>
    /// <param name="image">The image.</param>
    /// <param name="reference">One of its names.</param>
    /// <param name="isCommit">Whether git knows a commit by these first digits of its hash.</param>
    public static ProVersion? VersionOfTag(EngineImage image, ImageReference reference, Func<string, bool>? isCommit = null) =>
        ProVersion.TryFromImageTag(reference.Tag, out var version)
            && (version is not { Kind: ProVersionKind.Commit, CommitHash: { } hash }
                || image.IsOfCommit(hash)
                || isCommit?.Invoke(hash) == true)
                ? version
                : null;

    /// <summary>The versions that a repository's tags name here.</summary>
    public IEnumerable<ProVersion> TaggedVersionsOf(ImageReference repository) =>
        from image in _images
        from reference in image.References
        where reference.SameRepository(repository)
        let version = VersionOfTag(image, reference)
        where version is not null
        select WithTime(version, image);

    /// <summary>Who holds each alias of a repository on this engine.</summary>
    public IReadOnlyList<AliasHolder> AliasHolders(ImageReference repository)
    {
        var holders = new List<AliasHolder>();
        foreach (var image in _images)
        {
            foreach (var reference in image.References)
            {
                if (reference.SameRepository(repository) && AliasPolicy.IsAlias(reference.Tag))
                {
                    holders.Add(new AliasHolder(
                        reference.Tag!,
                        VersionOf(image, repository, prefer: null),
                        image.Label(ImageLabels.Revision) ?? image.Id));
                }
            }
        }

        return holders;
    }

    /// <summary>
    /// The containers of a service, running or not, each with its version: by the reference it was started with if that still
    /// names its image, else by the image's label or tags; null if nothing says it. A container whose image was removed by force is
    /// known by the reference with which it was started, and by its labels.
    /// </summary>
    public IEnumerable<(ContainerListResponse Container, ProVersion? Version)> ContainersOf(
        string service, ImageReference repository, Func<string, bool>? isCommit = null)
    {
        foreach (var container in _containers.Where(container => container.Labels?.ContainsKey(RecordLabel) != true))
        {
            // The engine shows the reference with which the container was started only while that still names its image.
            var started = ImageReference.TryParse(container.Image, out var reference) && reference.SameRepository(repository)
                ? reference.Tag
                : null;
            if (FindById(container.ImageID) is not { } image)
            {
                if (started is not null || IsLabelled(container, service, repository))
                {
                    yield return (container, VersionOfRemoved(container, started));
                }
            }
            else if (started is not null || image.BelongsTo(service, repository))
            {
                yield return (container, VersionOf(image, repository, started, isCommit));
            }
        }
    }

    /// <summary>
    /// A container whose image was removed by force is listed by the image's id. Its own inspection still has the reference with which it
    /// was started.
    /// </summary>
    private static async Task NameByReferenceAsync(
        EngineConnection engine, ContainerListResponse container, CancellationToken cancellationToken)
    {
        try
        {
            var found = await engine.CallAsync(client => client.Containers.InspectContainerAsync(container.ID, cancellationToken))
                .ConfigureAwait(false);
            container.Image = found.Config?.Image ?? container.Image;
        }
        catch (ProException gone) when (gone.Id == EngineErrors.NotFoundId)
        {
            // Gone meanwhile.
        }
    }

    // A container's labels are its image's too, also when that is gone.
    private static bool IsLabelled(ContainerListResponse container, string service, ImageReference repository) =>
        Label(container, ImageLabels.Service) == service && Label(container, ImageLabels.Repository) == repository.NormalizedName;

    private static ProVersion? VersionOfRemoved(ContainerListResponse container, string? started) =>
        ProVersion.TryFromImageTag(started, out var tagged) ? tagged
            : ProVersion.TryParse(Label(container, ImageLabels.Version), out var labelled) ? labelled : null;

    private static string? Label(ContainerListResponse container, string name) =>
        container.Labels is { } labels && labels.TryGetValue(name, out var value) ? value : null;

    private static string Key(ImageReference reference) => $"{reference.NormalizedName}:{reference.Tag}";

    private static ProVersion WithTime(ProVersion version, EngineImage image) => version.WithTime(TimeOf(image));

    private static DateTimeOffset TimeOf(EngineImage image) =>
        image.Label(ImageLabels.Created) is { } text
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : image.Created;

    /// <summary>
    /// The version of an image: by the preferred tag if that still names it, else by its label, else the newest of its tags.
    /// </summary>
    private static ProVersion? VersionOf(
        EngineImage image, ImageReference repository, string? prefer, Func<string, bool>? isCommit = null)
    {
        // What somebody has started by its tag, they call by it: also where nothing else says that it is a commit's.
        var references = image.References.Where(reference => reference.SameRepository(repository)).ToList();
        if (prefer is not null
            && references.Exists(reference => reference.Tag == prefer)
            && ProVersion.TryFromImageTag(prefer, out var preferred))
        {
            return WithTime(preferred, image);
        }

        var tagged = references.Select(reference => VersionOfTag(image, reference, isCommit)).OfType<ProVersion>().ToList();
        var label = image.Label(ImageLabels.Version);
        var labelled = tagged.Find(version => version.ToString() == label)
            ?? (tagged.Count == 0 && ProVersion.TryParse(label, out var parsed) ? parsed : null)
            ?? tagged.Max();
        return labelled is null ? null : WithTime(labelled, image);
    }

    private ImageFacts FactsOf(EngineImage image, ImageReference repository) => new(
        image,
        TimeOf(image),
        [.. image.References
            .Where(other => other.SameRepository(repository) && AliasPolicy.IsAlias(other.Tag))
            .Select(other => other.Tag!)
            .Order(StringComparer.Ordinal)],
        image.DigestIn(repository),
        [.. _containersByImage[image.Id].Select(ToContainer)]);

    private static ProImageVersion Describe(
        string service,
        ImageFacts facts,
        ImageReference? reference,
        ProVersion version,
        HashSet<(string ImageId, string Version)> current) => new()
        {
            Service = service,
            Version = version.WithTime(facts.Created),
            Tag = reference?.Tag,
            Reference = reference?.ToString() ?? facts.Image.Id,
            Aliases = facts.Aliases,
            ImageId = facts.Image.Id,
            Digest = facts.Digest,
            Commit = facts.Image.Label(ImageLabels.Revision),
            Created = facts.Created,
            Size = facts.Image.Size,
            Containers = facts.Containers,
            IsCurrent = current.Count > 0 && current.Contains((facts.Image.Id, version.ToString())),
            IsBuiltByPro = facts.Image.Label(ImageLabels.Service) is not null,
        };

    private static ProContainer ToContainer(ContainerListResponse container) =>
        new(container.NameOf(), container.ID, container.State);

    /// <summary>Which versions run now, as pairs of image id and version.</summary>
    private HashSet<(string ImageId, string Version)> CurrentOf(
        string service, ImageReference repository, Func<string, bool>? isCommit) =>
        [.. ContainersOf(service, repository, isCommit)
            .Where(one => one.Version is not null && ToContainer(one.Container).IsRunning)
            .Select(one => (one.Container.ImageID, one.Version!.ToString()))];

    /// <summary>
    /// Images of the service that a container still uses, and that have lost their version's tag. Other tags of the repository may be left:
    /// then only an image of ours is named by its label, which another's may have from its base.
    /// </summary>
    private IEnumerable<ProImageVersion> Untagged(
        string service,
        ImageReference repository,
        HashSet<(string ImageId, string Version)> current,
        HashSet<string> listed)
    {
        foreach (var image in _images)
        {
            if (_containersByImage.Contains(image.Id)
                && !listed.Contains(image.Id)
                && (image.Label(ImageLabels.Service) is not null
                    || !image.References.Any(reference => reference.SameRepository(repository)))
                && image.BelongsTo(service, repository)
                && VersionOf(image, repository, prefer: null) is { } version)
            {
                yield return Describe(service, FactsOf(image, repository), null, version, current);
            }
        }
    }

    /// <summary>
    /// A commit comes right after its release: the one that its label describes it by, else the highest that there was at its time.
    /// </summary>
    private void PlaceCommits(List<ProImageVersion> versions)
    {
        var releases = versions.Where(version => version.Version is { Kind: ProVersionKind.Release, IsDirty: false }).ToList();
        foreach (var (index, commit) in versions.Select((version, index) => (index, version))
            .Where(one => one.version.Version.Kind == ProVersionKind.Commit).ToList())
        {
            var image = _byId[commit.ImageId];
            var place = VersionPlace.Of(Parse(image.Label(ImageLabels.Description)))
                ?? (Parse(image.Label(ImageLabels.Version)) is { Kind: ProVersionKind.Describe } described
                    ? VersionPlace.Of(described)
                    : null)
                ?? (releases.Where(release => release.Created <= commit.Created)
                    .MaxBy(release => release.Version)?.Version.SemVer is { } release
                    ? new VersionPlace(release, null)
                    : null);
            if (place is not null)
            {
                versions[index] = commit.At(commit.Version.At(place));
            }
        }

        static ProVersion? Parse(string? text) => ProVersion.TryParse(text, out var version) ? version : null;
    }

    /// <summary>What all versions of one image have in common.</summary>
    private sealed record ImageFacts(
        EngineImage Image,
        DateTimeOffset Created,
        IReadOnlyList<string> Aliases,
        string? Digest,
        IReadOnlyList<ProContainer> Containers);
}
