using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Configuration.Catalog;

/// <summary>
/// The services of a repository: those of <c>pro.json</c>; without them the compose file's that have <c>build</c>; without those, folders
/// with a Dockerfile. To the latter two come the compose file's services that only have an image below the registry. A definition
/// is read when it is asked for: one that is wrong doesn't keep the others from their work.
/// </summary>
internal sealed class ServiceCatalog
{
    private readonly List<Entry> _services;

    private ServiceCatalog(IEnumerable<Entry> services, string place)
    {
        _services = [.. services];
        Place = place;
    }

    /// <summary>The services' names, in the order of their declaration.</summary>
    public IReadOnlyList<string> Names => [.. _services.Select(service => service.Name)];

    /// <summary>The tree they come from, for messages.</summary>
    public string Place { get; }

    /// <summary>Reads the catalogue of a tree: its own <c>pro.json</c> and compose files, not those of today.</summary>
    /// <param name="tree">The repository's files.</param>
    /// <param name="settings">Names the compose files, and gives the environment's variables.</param>
    /// <param name="reports">Takes the warnings.</param>
    /// <param name="readsOutside">Whether compose files outside of the tree are read too: nothing is built from what they say.</param>
    /// <exception cref="ProException">A file is wrong, or a compose file that was named is missing.</exception>
    public static ServiceCatalog Load(
        ISourceTree tree, ProSettings settings, IProgress<Report>? reports = null, bool readsOutside = false)
    {
        var root = RootOf(settings);
        var inputs = InputsOf(tree, settings, reports, readsOutside);

        // Looked at when somebody needs them: a file for the deployment may lie elsewhere, while pro.json says all that a build needs.
        var files = new Lazy<List<string>>(() => FilesOf(inputs, root, settings.ComposeFiles));
        var reader = new ServiceReader(tree, inputs.Environment, settings.Registry?.Value, reports);
        var configured = ProConfigurationReader.Read(tree).Services;
        if (configured.Count > 0)
        {
            return new ServiceCatalog(FromConfiguration(configured, reader, inputs, files), tree.Description);
        }

        var named = files.Value.Count > 0 ? ComposeProject.Load(inputs, files.Value) : null;
        var usual = named is not null && named.Services.Any(service => service.HasBuild) ? null : ComposeProject.LoadDefault(inputs);
        var images = (named ?? usual)?.Services ?? [];
        var services = (Buildable(named) ?? Buildable(usual)) is { } compose
            ? FromCompose(compose, reader)
            : FromFolders(tree, root, reader, images);
        var known = services.ConvertAll(service => (service.Name, service.Image));
        services.AddRange(OfImages(images, known, reader, settings.Registry is null));
        return new ServiceCatalog(
            services.Select(service => new Entry(service.Name, new Lazy<string>(service.Image), new Lazy<ServiceDefinition>(service.Read))),
            tree.Description);
    }

    /// <summary>
    /// The compose files that are named, as absolute paths: by a parameter, by the environment, else by <c>.env</c>. Empty if none is.
    /// </summary>
    /// <exception cref="ProException">The .env is wrong.</exception>
    public static IReadOnlyList<string> NamedComposeFiles(ISourceTree tree, ProSettings settings) =>
        settings.ComposeFiles.Value is { Count: > 0 } files ? files
        : [.. (ComposeProject.NamedInEnvFile(InputsOf(tree, settings, reports: null)) ?? [])
            .Select(file => Path.GetFullPath(file, RootOf(settings)))];

    /// <summary>
    /// The compose files by which a service is started for the first time, as absolute paths: those that are named, else what compose
    /// would find at the root, if it has the service. Empty if there are none.
    /// </summary>
    /// <exception cref="ProException">A file is wrong.</exception>
    public static IReadOnlyList<string> ComposeFilesOf(string service, ISourceTree tree, ProSettings settings)
    {
        if (settings.ComposeFiles.Value is { Count: > 0 } named)
        {
            return named;
        }

        var project = ComposeProject.LoadDefault(InputsOf(tree, settings, reports: null, readsOutside: true));
        return project?.Find(service) is null ? [] : [.. project.Files.Select(file => Path.GetFullPath(file, RootOf(settings)))];
    }

    /// <summary>A service by name; the case matters only where two names differ by nothing else.</summary>
    /// <exception cref="ProException">There is no such service, or its declaration is wrong.</exception>
    public ServiceDefinition Get(string name) => Refused(Find(name));

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
                result.AddRange(_services.Select(service => service.Name).Where(matches));
            }
            else
            {
                result.Add(Find(name).Name);
            }
        }

        return [.. result.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>The services that are built when none is named: those that can be built, and are in no inactive profile.</summary>
    /// <exception cref="ProException">There are no services, or none that is built.</exception>
    public IReadOnlyList<string> Built()
    {
        EnsureNotEmpty();
        var built = Names.Where(IsBuilt).ToList();
        return built.Count > 0 ? built : throw ConfigurationErrors.NothingToBuild(Place);
    }

    /// <summary>Throws if there are no services, and says how to declare some.</summary>
    /// <exception cref="ProException">There are none.</exception>
    public void EnsureNotEmpty()
    {
        if (_services.Count == 0)
        {
            throw ConfigurationErrors.NoServices(Place);
        }
    }

    private static string RootOf(ProSettings settings) => Path.GetFullPath(settings.Location.Root ?? settings.Location.CurrentFolder);

    private static ComposeInputs InputsOf(
        ISourceTree tree, ProSettings settings, IProgress<Report>? reports, bool readsOutside = false) => new(
            tree,
            settings.Variables.Raw,
            RootOf(settings),
            reports,
            settings.Location.CurrentFolder,
            readsOutside ? new DiskFiles(RootOf(settings)) : null)
        {
            TakesUsualNames = settings.TakesUsualComposeFiles,
        };

    private Entry Find(string name)
    {
        EnsureNotEmpty();
        var index = _services.FindIndex(service => service.Name == name);
        if (index < 0)
        {
            var others = _services.FindAll(service => string.Equals(service.Name, name, StringComparison.OrdinalIgnoreCase));
            index = others.Count == 1 ? _services.IndexOf(others[0]) : -1;
        }

        return index >= 0 ? _services[index] : throw ConfigurationErrors.UnknownService(name, Names, NameSuggestion.Nearest(name, Names));
    }

    /// <summary>
    /// The definition; refused if another service builds something else under the same image, since each would overwrite the other. One in
    /// an inactive profile is in nobody's way until it is built itself.
    /// </summary>
    private ServiceDefinition Refused(Entry entry)
    {
        var own = entry.Declared.Value;
        var rival = own.Unbuildable is not null ? null : _services
            .Where(other => other != entry)
            .Select(other => other.ReadIfOf(own.Image))
            .OfType<ServiceDefinition>()
            .FirstOrDefault(other => other.Unbuildable is null && (other.IsActive || !own.IsActive) && !other.BuildsTheSameAs(own));
        return rival is null ? own : own with
        {
            Refusals =
            [
                .. own.Refusals,
                new(
                    "image",
                    $"its image {own.Image} is also that of the service {rival.Name} of {rival.Source}, which builds something else; "
                        + "give one of them another \"image\""),
            ],
        };
    }

    // One that is declared wrongly stays among them: who builds it gets the error.
    private bool IsBuilt(string name)
    {
        try
        {
            return Get(name) is { Unbuildable: null, IsActive: true };
        }
        catch (ProException)
        {
            return true;
        }
    }

    private static List<string> FilesOf(ComposeInputs inputs, string root, Setting<IReadOnlyList<string>> files) =>
        [.. files.Value.Select(file => inputs.Locate(string.Empty, file)
            ?? throw ConfigurationErrors.ComposeFileOutside(file, files.Source, root))];

    private static IEnumerable<Entry> FromConfiguration(
        IReadOnlyList<ServiceConfiguration> services, ServiceReader reader, ComposeInputs inputs, Lazy<List<string>> files)
    {
        var compose = new Lazy<ComposeProject?>(() =>
            files.Value.Count > 0 ? ComposeProject.Load(inputs, files.Value) : ComposeProject.LoadDefault(inputs));
        return services.Select(service => new Entry(
            service.Name,
            new Lazy<string>(() => ImageOf(service)),
            new Lazy<ServiceDefinition>(() => Read(service))));

        string ImageOf(ServiceConfiguration service)
        {
            try
            {
                return service.Image ?? reader.ImageOf(service, compose.Value?.Find(service.Name));
            }
            catch (ProException outside) when (outside.Id == ConfigurationErrors.ComposeFileOutsideId)
            {
                return reader.ImageOf(service, compose: null);
            }
        }

        // A tree's files can't be read from outside of it. Who says where the service lives, or only deploys it, needs nobody to fill in.
        ServiceDefinition Read(ServiceConfiguration service)
        {
            try
            {
                return reader.FromConfiguration(service, compose.Value?.Find(service.Name), null);
            }
            catch (ProException outside) when (outside.Id == ConfigurationErrors.ComposeFileOutsideId)
            {
                inputs.Reports?.Report(new VerboseReport(
                    $"{outside.Message} {service.Name} is built as {ProConfiguration.FileName} declares it."));
                return reader.FromConfiguration(service, null, outside);
            }
        }
    }

    private static List<(string Name, string Image, Func<ServiceDefinition> Read)> FromCompose(
        IEnumerable<ComposeService> services, ServiceReader reader) =>
        [.. services.Select(service => (service.Name, reader.ImageOf(service), Lazily(() => reader.FromCompose(service))))];

    private static List<(string Name, string Image, Func<ServiceDefinition> Read)> FromFolders(
        ISourceTree tree, string root, ServiceReader reader, IReadOnlyList<ComposeService> compose) =>
        [.. ServiceFolders.Find(tree, Path.GetFileName(Path.TrimEndingDirectorySeparator(root))).Select(found =>
        {
            var named = compose.FirstOrDefault(service => service.Name == found.Key);
            return (found.Key, named is null ? found.Key : reader.ImageOf(named), Lazily(() => reader.FromFolder(found, named)));
        })];

    /// <summary>
    /// The services that only have an image, if it is below the registry: what runs there is this repository's. Several that run one image
    /// are one service, as a deployment finds all of them by it. Without a registry any image will do if there is no other service.
    /// </summary>
    private static IEnumerable<(string Name, string Image, Func<ServiceDefinition> Read)> OfImages(
        IReadOnlyList<ComposeService> compose, List<(string Name, string Image)> known, ServiceReader reader, bool hasNoRegistry)
    {
        var candidates = compose
            .Where(service => !service.HasBuild && service.ImageText is not null && known.TrueForAll(one => one.Name != service.Name))
            .Select(service => (Service: service, Image: hasNoRegistry ? service.Name : reader.ImageBelowRegistry(service)))
            .Where(one => one.Image is not null && known.TrueForAll(other => other.Image != one.Image))
            .Where(_ => !hasNoRegistry || known.Count == 0);
        return candidates
            .GroupBy(one => one.Image!, StringComparer.Ordinal)
            .Select(group => group.FirstOrDefault(one => one.Service.Name == TreePath.Name(group.Key), group.First()))
            .Select(one => (one.Service.Name, one.Image!, Lazily(() => reader.FromCompose(one.Service))));
    }

    private static Func<ServiceDefinition> Lazily(Func<ServiceDefinition> read) => read;

    /// <summary>The services with <c>build</c>; null if there are none: a file for production often only runs images.</summary>
    private static List<ComposeService>? Buildable(ComposeProject? project) =>
        project?.Services.Where(service => service.HasBuild).ToList() is { Count: > 0 } services ? services : null;

    /// <summary>A service, as far as it was read.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Image">The name of its repository below the registry.</param>
    /// <param name="Declared">Its definition, as the files have it.</param>
    private sealed record Entry(string Name, Lazy<string> Image, Lazy<ServiceDefinition> Declared)
    {
        /// <summary>The definition if it is of this image; null if it isn't, or is declared wrongly.</summary>
        public ServiceDefinition? ReadIfOf(string image)
        {
            try
            {
                return string.Equals(Image.Value, image, StringComparison.OrdinalIgnoreCase) ? Declared.Value : null;
            }
            catch (ProException)
            {
                return null;
            }
        }
    }
}
