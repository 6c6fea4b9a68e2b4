using Docker.DotNet.Models;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>An image of the engine's list, as far as we need it, with its references parsed once.</summary>
internal sealed class EngineImage
{
    private static readonly IReadOnlyDictionary<string, string> NoLabels = new Dictionary<string, string>();

    /// <summary>Reads one.</summary>
    /// <param name="response">As the engine lists it.</param>
    /// <param name="isPodman">Podman lists the digest of its own copy under each name, whether or not a registry has it.</param>
    public EngineImage(ImagesListResponse response, bool isPodman = false)
    {
        Id = response.ID;
        // The engine dates images in UTC.
        Created = new DateTimeOffset(DateTime.SpecifyKind(response.Created, DateTimeKind.Utc));
        Size = response.Size;
        ParentId = string.IsNullOrEmpty(response.ParentID) ? null : response.ParentID;
        Labels = response.Labels?.AsReadOnly() ?? NoLabels;
        References = Parse(response.RepoTags);
        Digests = isPodman ? [] : Parse(response.RepoDigests);
    }

    /// <summary>The image id.</summary>
    public string Id { get; }

    /// <summary>When the engine says it was made; reproducible images are dated 1970 or 1980.</summary>
    public DateTimeOffset Created { get; }

    /// <summary>Bytes, with shared layers.</summary>
    public long Size { get; }

    /// <summary>The image that the classic builder made this one from, while the engine still has it; else null.</summary>
    public string? ParentId { get; }

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>Its names with tags.</summary>
    public IReadOnlyList<ImageReference> References { get; }

    /// <summary>Its names with digests.</summary>
    public IReadOnlyList<ImageReference> Digests { get; }

    /// <summary>A label's value, or null.</summary>
    public string? Label(string name) => Labels.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <summary>
    /// Whether it is of a service: a name or a digest in its repository says so, or, where no name is left, what it was built for.
    /// </summary>
    public bool BelongsTo(string service, ImageReference repository) =>
        References.Concat(Digests).Any(reference => reference.SameRepository(repository))
        || (References.Count == 0 && Label(ImageLabels.Service) == service && Label(ImageLabels.Repository) == repository.NormalizedName);

    /// <summary>
    /// Whether a label says that the image was built from a commit. Dates, run numbers and words of hex letters look like hashes: a tag
    /// alone says nothing.
    /// </summary>
    /// <param name="hash">The commit's hash, or its first digits.</param>
    public bool IsOfCommit(string hash) =>
        (Label(ImageLabels.Revision) is { } revision
            && (IsStart(hash, revision) || (VersionGrammar.IsHash(revision, 7) && IsStart(revision, hash))))
        || (ProVersion.TryParse(Label(ImageLabels.Version), out var version) && version.CommitHash is { } named
            && (version.Kind == ProVersionKind.Describe || Label(ImageLabels.Service) is not null)
            && (IsStart(hash, named) || IsStart(named, hash)));

    /// <summary>The digest under which it was pushed to a repository or pulled from there; null if neither happened.</summary>
    public string? DigestIn(ImageReference repository) => Digests.FirstOrDefault(digest => digest.SameRepository(repository))?.Digest;

    private static bool IsStart(string start, string hash) => hash.StartsWith(start, StringComparison.OrdinalIgnoreCase);

    // "<none>:<none>" is how an untagged image lists on older engines.
    private static List<ImageReference> Parse(IList<string>? references)
    {
        var parsed = new List<ImageReference>(references?.Count ?? 0);
        foreach (var text in references ?? [])
        {
            if (ImageReference.TryParse(text, out var reference))
            {
                parsed.Add(reference);
            }
        }

        return parsed;
    }
}
