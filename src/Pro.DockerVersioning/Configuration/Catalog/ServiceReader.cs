using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Configuration.Catalog;

/// <summary>Makes definitions of what <c>pro.json</c>, compose files and folders declare.</summary>
/// <param name="tree">The repository's files.</param>
/// <param name="environment">Gives build arguments without a value theirs.</param>
/// <param name="registry">Where images go: an image's name in a compose file counts below it. Null if nobody says.</param>
/// <param name="reports">Hears of a name that is not the one that somebody has written.</param>
internal sealed class ServiceReader(ISourceTree tree, Func<string, string?> environment, string? registry, IProgress<Report>? reports)
{
    /// <summary>A service of a compose file.</summary>
    public ServiceDefinition FromCompose(ComposeService service)
    {
        var build = service.ReadBuild();
        var image = ImageOf(service);
        if (ImageBelowRegistry(service) is null)
        {
            TellIfOther(service.Name, service.At.File, image);
        }

        return new ServiceDefinition
        {
            Name = service.Name,
            Image = image,
            ForeignImage = ForeignImageOf(service),
            Context = build?.Context ?? string.Empty,
            Dockerfile = build is null ? string.Empty : build.Dockerfile ?? DockerfileIn(build.Context),
            Target = build?.Target,
            BuildArgs = build?.Args ?? [],
            Labels = build?.Labels ?? [],
            CacheFrom = build?.CacheFrom ?? [],
            NoCache = build?.NoCache ?? false,
            Pull = build?.Pull ?? false,
            Order = service.Order,
            Origin = ServiceOrigin.ComposeFile,
            Source = service.At.File,
            Refusals = build?.Refusals ?? [],
            Unbuildable = build is null ? ConfigurationErrors.ServiceWithoutBuild(service.Name, service.At) : null,
            IsActive = service.IsActive,
        };
    }

    /// <summary>A service by convention; two places of one name are refused when it is built.</summary>
    /// <param name="places">Where it may live.</param>
    /// <param name="compose">The compose service of that name, which may name the image; or null.</param>
    public ServiceDefinition FromFolder(IGrouping<string, ServiceFolder> places, ComposeService? compose)
    {
        var folders = places.ToList();
        if (folders[0].Written != places.Key)
        {
            Tell($"The service of the folder {folders[0].Written} is named {places.Key}");
        }

        return new()
        {
            Name = places.Key,
            Image = compose is null ? places.Key : ImageOf(compose),
            ForeignImage = compose is null ? null : ForeignImageOf(compose),
            Context = folders[0].Context,
            Dockerfile = folders[0].Dockerfile,
            Order = compose?.Order,
            Origin = ServiceOrigin.Folder,
            Source = folders[0].Folder.Length == 0 ? folders[0].Dockerfile : folders[0].Folder,
            Refusals = folders.Count == 1 ? [] :
            [
                new(
                    "folder",
                    $"{string.Join(" and ", folders.Select(Describe))} are both named {places.Key}; "
                        + $"declare it in {ProConfiguration.FileName}"),
            ],
        };

        static string Describe(ServiceFolder folder) => folder.Folder.Length == 0 ? folder.Dockerfile : folder.Folder;
    }

    /// <summary>A service of <c>pro.json</c>: its keys win one by one; the compose entry of the same name fills in the others.</summary>
    /// <param name="service">What pro.json says.</param>
    /// <param name="compose">The compose entry, or null.</param>
    /// <param name="whyNotCompose">Why the compose files can't be read, if they can't; it counts only if the service is built.</param>
    public ServiceDefinition FromConfiguration(ServiceConfiguration service, ComposeService? compose, ProException? whyNotCompose)
    {
        var build = compose?.ReadBuild();
        var image = ImageOf(service, compose);
        if (service.Image is null && (compose is null || ImageBelowRegistry(compose) is null))
        {
            TellIfOther(service.Name, ProConfiguration.FileName, image);
        }

        var folders = ServiceFolders.Of(tree, service.Name);
        var context = service.Context ?? build?.Context ?? (service.Dockerfile is { } dockerfile ? TreePath.Parent(dockerfile)
            : folders.Count == 1 ? folders[0].Context : null);
        return new ServiceDefinition
        {
            Name = service.Name,
            Image = image,
            ForeignImage = service.Image is null && compose is not null ? ForeignImageOf(compose) : null,
            Context = context ?? string.Empty,
            Dockerfile = service.Dockerfile ?? build?.Dockerfile ?? (context is null ? string.Empty : DockerfileIn(context)),
            Target = service.Target ?? build?.Target,
            BuildArgs = MergeArgs(build?.Args ?? [], service.BuildArgs),
            Labels = build?.Labels ?? [],
            CacheFrom = build?.CacheFrom ?? [],
            NoCache = build?.NoCache ?? false,
            Pull = build?.Pull ?? false,
            Order = service.Order ?? compose?.Order,
            HealthUrl = service.HealthUrl,
            HealthTimeout = service.HealthTimeout,
            Origin = ServiceOrigin.Configuration,
            Source = ProConfiguration.FileName,
            Refusals = [.. (build?.Refusals ?? []).Where(refusal => !IsAnswered(refusal, service))],
            Unbuildable = context is not null ? null
                : whyNotCompose ?? ConfigurationErrors.ServiceWithoutContext(
                    service.Name, service.At, [.. folders.Select(folder => folder.Folder)]),
            IsActive = compose?.IsActive ?? true,
        };
    }

    /// <summary>
    /// The name of a service's repository below the registry: what the file's <c>image</c> says, since compose runs that; else its own
    /// name.
    /// </summary>
    public string ImageOf(ComposeService service) => ImageBelowRegistry(service) ?? service.Name.ToLowerInvariant();

    /// <summary>The same of a service of <c>pro.json</c>, whose own word goes first.</summary>
    public string ImageOf(ServiceConfiguration service, ComposeService? compose) =>
        service.Image ?? (compose is null ? service.Name.ToLowerInvariant() : ImageOf(compose));

    /// <summary>What the file's <c>image</c> says below the registry; null if it isn't there.</summary>
    public string? ImageBelowRegistry(ComposeService service) => registry is null ? null : service.ImageBelow(registry);

    private string? ForeignImageOf(ComposeService service) =>
        registry is not null && ImageBelowRegistry(service) is null ? service.ImageText : null;

    /// <summary>What compose says and we refuse doesn't matter where <c>pro.json</c> says something else.</summary>
    private static bool IsAnswered(ServiceRefusal refusal, ServiceConfiguration service) => refusal.Key switch
    {
        "context" => service.Context is not null,
        "dockerfile" or "dockerfile_inline" => service.Dockerfile is not null,
        _ => false,
    };

    private List<KeyValuePair<string, string?>> MergeArgs(
        IReadOnlyList<KeyValuePair<string, string?>> compose, IReadOnlyList<KeyValuePair<string, string?>> own)
    {
        var result = compose.ToList();
        foreach (var (name, value) in own)
        {
            var index = result.FindIndex(pair => pair.Key == name);
            var pair = new KeyValuePair<string, string?>(name, value ?? environment(name));
            if (index < 0)
            {
                result.Add(pair);
            }
            else
            {
                result[index] = pair;
            }
        }

        return result;
    }

    private void TellIfOther(string service, string place, string image)
    {
        if (image != service)
        {
            Tell($"The image of the service {service} ({place}) is named {image}");
        }
    }

    private void Tell(string what) => reports?.Report(new VerboseReport($"{what}: an image's name has no capital letters."));

    private static string DockerfileIn(string context) => TreePath.Join(context, ServiceFolders.DockerfileName);
}
