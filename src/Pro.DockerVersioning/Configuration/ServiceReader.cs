using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;

namespace Pro.DockerVersioning.Configuration;

/// <summary>Makes definitions of what <c>pro.json</c>, compose files and folders declare.</summary>
/// <param name="tree">The repository's files.</param>
/// <param name="environment">Gives build arguments without a value theirs.</param>
internal sealed class ServiceReader(ISourceTree tree, Func<string, string?> environment)
{
    /// <summary>A service of a compose file.</summary>
    public static ServiceDefinition FromCompose(ComposeService service)
    {
        var build = service.ReadBuild()!;
        return new ServiceDefinition
        {
            Name = service.Name,
            Image = service.Name,
            Context = build.Context,
            Dockerfile = build.Dockerfile ?? DockerfileIn(build.Context),
            Target = build.Target,
            BuildArgs = build.Args,
            Labels = build.Labels,
            CacheFrom = build.CacheFrom,
            NoCache = build.NoCache,
            Pull = build.Pull,
            Order = service.Order,
            Origin = ServiceOrigin.ComposeFile,
            Source = service.At.File,
            Refusals = build.Refusals,
        };
    }

    /// <summary>A service by convention; two folders of one name are refused when it is built.</summary>
    public static ServiceDefinition FromFolder(string name, IReadOnlyList<string> folders) => new()
    {
        Name = name,
        Image = name,
        Context = folders[0],
        Dockerfile = DockerfileIn(folders[0]),
        Origin = ServiceOrigin.Folder,
        Source = folders[0].Length == 0 ? ServiceFolders.DockerfileName : folders[0],
        Refusals = folders.Count == 1
            ? []
            : [new("folder", $"{string.Join(" and ", folders)} are both named {name}; declare it in {ProConfiguration.FileName}")],
    };

    /// <summary>A service of <c>pro.json</c>: its keys win one by one; the compose entry of the same name fills in the others.</summary>
    /// <exception cref="ProException">Nobody says where its context is.</exception>
    public ServiceDefinition FromConfiguration(ServiceConfiguration service, ComposeService? compose)
    {
        var build = compose?.ReadBuild();
        var context = service.Context ?? build?.Context ?? ContextOf(service);
        return new ServiceDefinition
        {
            Name = service.Name,
            Image = service.Image ?? service.Name,
            Context = context,
            Dockerfile = service.Dockerfile ?? build?.Dockerfile ?? DockerfileIn(context),
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
        };
    }

    /// <summary>What compose says and we refuse doesn't matter where <c>pro.json</c> says something else.</summary>
    private static bool IsAnswered(ServiceRefusal refusal, ServiceConfiguration service) => refusal.Key switch
    {
        "context" => service.Context is not null,
        "dockerfile" or "dockerfile_inline" => service.Dockerfile is not null,
        _ => false,
    };

    private string ContextOf(ServiceConfiguration service)
    {
        if (service.Dockerfile is { } dockerfile)
        {
            return RepositoryPath.Directory(dockerfile);
        }

        var folders = ServiceFolders.Of(tree, service.Name);
        return folders.Count == 1 ? folders[0] : throw ConfigurationErrors.ServiceWithoutContext(service.Name, service.At, folders);
    }

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

    private static string DockerfileIn(string context) => RepositoryPath.Join(context, ServiceFolders.DockerfileName);
}
