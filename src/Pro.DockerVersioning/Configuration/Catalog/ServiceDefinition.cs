using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;

namespace Pro.DockerVersioning.Configuration.Catalog;

/// <summary>Where a service is declared.</summary>
internal enum ServiceOrigin
{
    /// <summary>In <c>pro.json</c>, perhaps filled in from the compose file.</summary>
    Configuration,

    /// <summary>In a compose file, with <c>build</c>.</summary>
    ComposeFile,

    /// <summary>By a folder with a Dockerfile.</summary>
    Folder,
}

/// <summary>A service that the repository builds. Paths are relative to the repository's root, with forward slashes.</summary>
internal sealed record ServiceDefinition
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The name of its repository below the registry: its own, unless <c>pro.json</c> or a compose file names another.</summary>
    public required string Image { get; init; }

    /// <summary>
    /// The image that the compose file names outside of the registry: compose runs that one, and not what is built as <see cref="Image"/>.
    /// Null if it names none, or one below the registry.
    /// </summary>
    public string? ForeignImage { get; init; }

    /// <summary>
    /// The folder that the builder gets; "" is the root. As written where <see cref="Refusals"/> refuse it. Says nothing if the service is
    /// <see cref="Unbuildable"/>.
    /// </summary>
    public required string Context { get; init; }

    /// <summary>The Dockerfile; it may lie outside of the context.</summary>
    public required string Dockerfile { get; init; }

    /// <summary>The stage to build; null: the last one.</summary>
    public string? Target { get; init; }

    /// <summary>
    /// Build arguments in order. Those named without a value have the environment's by now; null: it is set nowhere, pass nothing.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string?>> BuildArgs { get; init; } = [];

    /// <summary>Labels that the declaration puts on the image.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>Images whose layers may be reused.</summary>
    public IReadOnlyList<string> CacheFrom { get; init; } = [];

    /// <summary>The declaration asks for a build without the cache.</summary>
    public bool NoCache { get; init; }

    /// <summary>The declaration asks for newer bases.</summary>
    public bool Pull { get; init; }

    /// <summary>May two versions run at once? Null: nothing is said, and stop-first holds.</summary>
    public UpdateOrder? Order { get; init; }

    /// <summary>A URL that answers 2xx when the service is well.</summary>
    public string? HealthUrl { get; init; }

    /// <summary>How long a new version has to get healthy; null if nothing is said.</summary>
    public TimeSpan? HealthTimeout { get; init; }

    /// <summary>Where it is declared.</summary>
    public required ServiceOrigin Origin { get; init; }

    /// <summary>The place as messages name it: "pro.json", "docker-compose.yml", "apps/api".</summary>
    public required string Source { get; init; }

    /// <summary>Why it can't be built as it is declared; listing it is fine all the same.</summary>
    public IReadOnlyList<ServiceRefusal> Refusals { get; init; } = [];

    /// <summary>
    /// Why it isn't built at all, though it can be listed, deployed, rolled back and cleaned; null if it is built. A server has images
    /// only.
    /// </summary>
    public ProException? Unbuildable { get; init; }

    /// <summary>False if the compose file puts it into profiles and none of them is active: <c>-All</c> doesn't build it.</summary>
    public bool IsActive { get; init; } = true;

    /// <summary>Whether both builds give the same image.</summary>
    public bool BuildsTheSameAs(ServiceDefinition other) =>
        (Context, Dockerfile, Target) == (other.Context, other.Dockerfile, other.Target)
        && BuildArgs.OrderBy(one => one.Key, StringComparer.Ordinal)
            .SequenceEqual(other.BuildArgs.OrderBy(one => one.Key, StringComparer.Ordinal))
        && Labels.OrderBy(one => one.Key, StringComparer.Ordinal)
            .SequenceEqual(other.Labels.OrderBy(one => one.Key, StringComparer.Ordinal));

    private static string? ParameterFor(string refused) => refused switch
    {
        "platform" or "platforms" => "-Platform",
        "secrets" => "-Secret",
        "ssh" => "-Ssh",
        _ => null,
    };

    /// <summary>Throws where the service can't be built from a tree: a refused key, no such context, no such Dockerfile.</summary>
    /// <param name="tree">The tree to build from.</param>
    /// <param name="settled">Keys of refusals that a parameter settles: "platforms" and "platform" by -Platform, "secrets", "ssh".</param>
    /// <exception cref="ProException">It can't be built; all reasons are named.</exception>
    public void EnsureBuildable(ISourceTree tree, params IReadOnlyCollection<string> settled)
    {
        if (Unbuildable is not null)
        {
            throw Unbuildable;
        }

        var open = Refusals.Where(refusal => !settled.Contains(refusal.Key, StringComparer.Ordinal)).ToList();
        if (open.Count > 0)
        {
            throw ConfigurationErrors.ServiceRefused(
                Name,
                Source,
                open.Select(refusal => refusal.Reason),
                [.. open.Select(refusal => ParameterFor(refusal.Key)).OfType<string>().Distinct()],
                [.. open.Where(refusal => ParameterFor(refusal.Key) is null && !refusal.IsAnswerable).Select(refusal => refusal.Key)]);
        }

        if (Context.Length > 0 && TreePath.Follow(tree, Context) is not { Kind: SourceEntryKind.Directory })
        {
            throw ConfigurationErrors.ContextNotFound(Name, Context, Source, tree.Description);
        }

        if (!SourceText.Exists(tree, Dockerfile))
        {
            throw ConfigurationErrors.DockerfileNotFound(Name, Dockerfile, Source, tree.Description);
        }
    }
}
