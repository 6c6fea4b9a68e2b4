using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>Puts a service over the one that it <c>extends</c>, of the same file or of another one.</summary>
/// <param name="readFile">Reads the services of another file.</param>
internal sealed class ComposeExtends(Func<ComposeScalar, ComposeMapping> readFile)
{
    private const string Key = "extends";

    /// <summary>The service with all that it extends.</summary>
    /// <exception cref="ProException">What it extends doesn't exist, or extends it in turn.</exception>
    public KeyValuePair<string, ComposeMapping> Resolve(string name, ComposeMapping services) =>
        new(name, Resolve(name, services, []));

    private ComposeMapping Resolve(string name, ComposeMapping services, List<FilePosition> path)
    {
        var service = services.Node(name) as ComposeMapping ?? ComposeLoader.Empty(services.Node(name)!);
        if (service[Key] is not { } extends)
        {
            return service;
        }

        if (path.Contains(service.At))
        {
            throw ConfigurationErrors.WrongCompose(extends.At, $"the service {name} extends itself in a circle");
        }

        var (baseName, file) = Read(extends);
        var others = file is null ? services : readFile(file);
        if (others[baseName] is not ComposeMapping)
        {
            throw ConfigurationErrors.WrongCompose(extends.At, $"the service {name} extends {baseName}, which isn't there");
        }

        return ComposeMerge.Merge(Resolve(baseName, others, [.. path, service.At]), service);
    }

    private static (string Service, ComposeScalar? File) Read(ComposeNode extends) => extends switch
    {
        ComposeScalar name => (ComposeInterpolation.Expand(name), null),
        ComposeMapping mapping when mapping["service"] is ComposeScalar name =>
            (ComposeInterpolation.Expand(name), mapping["file"] as ComposeScalar),
        _ => throw ConfigurationErrors.WrongCompose(extends.At, "\"extends\" must name a service"),
    };
}
