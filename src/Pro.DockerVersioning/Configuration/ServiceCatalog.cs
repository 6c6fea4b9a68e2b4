using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Versions;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Configuration;

/// <summary>
/// The services of a repository: those of <c>pro.json</c>; without them the compose file's that have <c>build</c>; without those, folders
/// with a Dockerfile. A definition is read when it is asked for: one that is wrong doesn't keep the others from their work.
/// </summary>
internal sealed class ServiceCatalog
{
    private readonly List<KeyValuePair<string, Lazy<ServiceDefinition>>> _services;

    private ServiceCatalog(IEnumerable<(string Name, Func<ServiceDefinition> Read)> services, string place)
    {
        _services = [.. services.Select(service =>
            new KeyValuePair<string, Lazy<ServiceDefinition>>(service.Name, new Lazy<ServiceDefinition>(service.Read)))];
        Place = place;
    }

    /// <summary>The services' names, in the order of their declaration.</summary>
    public IReadOnlyList<string> Names => [.. _services.Select(service => service.Key)];

    /// <summary>The tree they come from, for messages.</summary>
    public string Place { get; }

    /// <summary>Reads the catalogue of a tree: its own <c>pro.json</c> and compose files, not those of today.</summary>
    /// <param name="tree">The repository's files.</param>
    /// <param name="settings">Names the compose files, and gives the environment's variables.</param>
    /// <param name="reports">Takes the warnings.</param>
    /// <exception cref="ProException">A file is wrong, or a compose file that was named is missing.</exception>
    public static ServiceCatalog Load(ISourceTree tree, ProSettings settings, IProgress<Report>? reports = null)
    {
        var root = Path.GetFullPath(settings.Location.Root ?? settings.Location.CurrentFolder);
        var inputs = new ComposeInputs(tree, settings.Variables.Raw, root, reports);

        // Looked at when somebody needs them: a file for the deployment may lie elsewhere, while pro.json says all that a build needs.
        var files = new Lazy<List<string>>(() => FilesInside(root, settings.ComposeFiles));
        var configured = ProConfigurationReader.Read(tree).Services;
        if (configured.Count > 0)
        {
            return new ServiceCatalog(FromConfiguration(configured, inputs, files), tree.Description);
        }

        var compose = Buildable(files.Value.Count > 0 ? ComposeProject.Load(inputs, files.Value) : null)
            ?? Buildable(ComposeProject.LoadDefault(inputs));
        return new ServiceCatalog(compose is null ? FromFolders(tree, root) : FromCompose(compose), tree.Description);
    }

    /// <summary>A service by name; the case matters only where two names differ by nothing else.</summary>
    /// <exception cref="ProException">There is no such service, or its declaration is wrong.</exception>
    public ServiceDefinition Get(string name) => Find(name).Value.Value;

    /// <summary>The names that the given ones mean, wildcards and all, in the order given, each once.</summary>
    /// <exception cref="ProException">A name without wildcards is unknown, or there are no services at all.</exception>
    public IReadOnlyList<string> Match(params IEnumerable<string> names)
    {
        EnsureNotEmpty();
        var result = new List<string>();
        foreach (var name in names)
        {
            if (NamePattern.IsWildcard(name))
            {
                var matches = NamePattern.Compile(name);
                result.AddRange(_services.Select(service => service.Key).Where(matches));
            }
            else
            {
                result.Add(Find(name).Key);
            }
        }

        return [.. result.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Throws where there are no services, and says how to declare some.</summary>
    /// <exception cref="ProException">There are none.</exception>
    public void EnsureNotEmpty()
    {
        if (_services.Count == 0)
        {
            throw ConfigurationErrors.NoServices(Place);
        }
    }

    private KeyValuePair<string, Lazy<ServiceDefinition>> Find(string name)
    {
        EnsureNotEmpty();
        var index = _services.FindIndex(service => service.Key == name);
        if (index < 0)
        {
            var others = _services.FindAll(service => string.Equals(service.Key, name, StringComparison.OrdinalIgnoreCase));
            index = others.Count == 1 ? _services.IndexOf(others[0]) : -1;
        }

        return index >= 0 ? _services[index] : throw ConfigurationErrors.UnknownService(name, Names, NameSuggestion.Nearest(name, Names));
    }

    private static List<string> FilesInside(string root, Setting<IReadOnlyList<string>> files) =>
        [.. files.Value.Select(file => Path.GetRelativePath(root, file) is var relative && !Path.IsPathFullyQualified(relative)
            ? RepositoryPath.Resolve(string.Empty, relative) ?? throw ConfigurationErrors.ComposeFileOutside(file, files.Source, root)
            : throw ConfigurationErrors.ComposeFileOutside(file, files.Source, root))];

    private static IEnumerable<(string Name, Func<ServiceDefinition> Read)> FromConfiguration(
        IReadOnlyList<ServiceConfiguration> services, ComposeInputs inputs, Lazy<List<string>> files)
    {
        var reader = new ServiceReader(inputs.Tree, inputs.Environment);
        var compose = new Lazy<ComposeProject?>(() =>
            files.Value.Count > 0 ? ComposeProject.Load(inputs, files.Value) : ComposeProject.LoadDefault(inputs));
        return services.Select(service => (
            service.Name,
            (Func<ServiceDefinition>)(() => reader.FromConfiguration(service, FilledInBy(service)))));

        // A tree's files can't be read from outside of it. Who says where the service lives needs nobody to fill in.
        ComposeService? FilledInBy(ServiceConfiguration service)
        {
            try
            {
                return compose.Value?.Find(service.Name);
            }
            catch (ProException outside) when (outside.Id == ConfigurationErrors.ComposeFileOutsideId && SaysWhere(service))
            {
                inputs.Reports?.Report(new VerboseReport(
                    $"{outside.Message} {service.Name} is built as {ProConfiguration.FileName} declares it."));
                return null;
            }
        }

        bool SaysWhere(ServiceConfiguration service) =>
            (service.Context ?? service.Dockerfile) is not null || ServiceFolders.Of(inputs.Tree, service.Name).Count == 1;
    }

    private static IEnumerable<(string Name, Func<ServiceDefinition> Read)> FromCompose(IEnumerable<ComposeService> services) =>
        services.Select(service => (service.Name, (Func<ServiceDefinition>)(() => ServiceReader.FromCompose(service))));

    private static IEnumerable<(string Name, Func<ServiceDefinition> Read)> FromFolders(ISourceTree tree, string root) =>
        ServiceFolders.Find(tree, Path.GetFileName(Path.TrimEndingDirectorySeparator(root)))
            .Select(found => (found.Key, (Func<ServiceDefinition>)(() => ServiceReader.FromFolder(found.Key, found.Value))));

    /// <summary>The services with <c>build</c>; null where there are none: a file for production often only runs images.</summary>
    private static List<ComposeService>? Buildable(ComposeProject? project) =>
        project?.Services.Where(service => service.HasBuild).ToList() is { Count: > 0 } services ? services : null;
}
