using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>What a compose project is read from.</summary>
/// <param name="Tree">The files: a commit's, or those on disk.</param>
/// <param name="Environment">The process's environment.</param>
/// <param name="DiskRoot">The repository's root on disk, or null.</param>
/// <param name="Reports">Takes the warnings, or null.</param>
internal sealed record ComposeInputs(
    ISourceTree Tree, Func<string, string?> Environment, string? DiskRoot = null, IProgress<Report>? Reports = null);

/// <summary>Reads the files of one project, and those that they include and extend.</summary>
internal sealed class ComposeLoader
{
    private readonly ComposeInputs _inputs;
    private readonly List<string> _including;

    /// <summary>A loader for a project.</summary>
    public ComposeLoader(ComposeInputs inputs)
        : this(inputs, [])
    {
    }

    private ComposeLoader(ComposeInputs inputs, List<string> including)
    {
        _inputs = inputs;
        _including = including;
    }

    /// <summary>Reads the files, later ones over earlier ones; the project's folder is the first one's.</summary>
    /// <exception cref="ProException">A file is missing or wrong.</exception>
    public IReadOnlyList<KeyValuePair<string, ComposeMapping>> Load(IReadOnlyList<string> files)
    {
        var directory = RepositoryPath.Directory(files[0]);
        var envFile = RepositoryPath.Join(directory, ".env");
        var variables = new ComposeVariables(
            _inputs.Environment, ReadEnvFile(envFile, _inputs.Environment), $"{envFile} of {_inputs.Tree.Description}", _inputs.Reports);
        return Load(files, directory, variables);
    }

    /// <summary>Reads a .env; without the file, it says nothing.</summary>
    public IReadOnlyDictionary<string, string> ReadEnvFile(string path, Func<string, string?> environment) =>
        SourceText.Read(_inputs.Tree, path) is { } text
            ? DotEnvFile.Parse(text, path, environment)
            : new Dictionary<string, string>();

    private List<KeyValuePair<string, ComposeMapping>> Load(
        IReadOnlyList<string> files, string directory, ComposeVariables variables)
    {
        ComposeMapping? services = null;
        var included = new List<KeyValuePair<string, ComposeMapping>>();
        foreach (var file in files)
        {
            var source = new ComposeSource(file, directory, variables, _inputs.DiskRoot);
            foreach (var document in ReadDocuments(source))
            {
                included.AddRange(LoadIncluded(document));
                if (ServicesOf(document) is { } found)
                {
                    services = services is null ? found : ComposeMerge.Merge(services, found);
                }
            }
        }

        var extends = new ComposeExtends(ReadExtended);
        var own = services is null ? [] : services.Entries.Select(entry => extends.Resolve(entry.Key, services)).ToList();
        return Combine(own, included);
    }

    private static List<KeyValuePair<string, ComposeMapping>> Combine(
        List<KeyValuePair<string, ComposeMapping>> own, List<KeyValuePair<string, ComposeMapping>> included)
    {
        foreach (var (name, service) in included)
        {
            var other = own.FindIndex(entry => entry.Key == name);
            if (other >= 0)
            {
                throw ConfigurationErrors.IncludeConflict(name, own[other].Value.At, service.At);
            }

            own.Add(new(name, service));
        }

        return own;
    }

    private IEnumerable<ComposeMapping> ReadDocuments(ComposeSource source)
    {
        var text = SourceText.Read(_inputs.Tree, source.File)
            ?? throw ConfigurationErrors.ComposeFileNotFound(source.File, _inputs.Tree.Description);
        foreach (var document in ComposeYaml.Parse(text, source))
        {
            switch (document)
            {
                case ComposeMapping mapping:
                    yield return mapping;
                    break;
                case ComposeScalar { IsNull: true }:
                    break;
                default:
                    throw ConfigurationErrors.WrongCompose(document.At, $"the file must hold a mapping, not {document.Kind}");
            }
        }
    }

    private static ComposeMapping? ServicesOf(ComposeMapping document)
    {
        switch (document["services"])
        {
            case null:
                return null;
            case ComposeMapping services:
                foreach (var (name, node) in services.Entries)
                {
                    if (node is not ComposeMapping && node.MergeMode != ComposeMergeMode.Reset)
                    {
                        throw ConfigurationErrors.WrongCompose(node.At, $"the service {name} must be a mapping, not {node.Kind}");
                    }
                }

                return services;
            case var other:
                throw ConfigurationErrors.WrongCompose(other.At, $"\"services\" must be a mapping, not {other.Kind}");
        }
    }

    private IEnumerable<KeyValuePair<string, ComposeMapping>> LoadIncluded(ComposeMapping document)
    {
        if (document["include"] is not { } include)
        {
            return [];
        }

        return include is ComposeSequence list
            ? list.Items.SelectMany(LoadIncluded)
            : throw ConfigurationErrors.WrongCompose(include.At, $"\"include\" must be a list, not {include.Kind}");
    }

    private List<KeyValuePair<string, ComposeMapping>> LoadIncluded(ComposeNode entry)
    {
        var mapping = entry as ComposeMapping;
        var source = entry.Source;
        var files = Paths(mapping is null ? entry : mapping["path"], entry, source);
        var directory = mapping?["project_directory"] is { } folder ? Paths(folder, entry, source)[0] : RepositoryPath.Directory(files[0]);
        if (_including.Contains(files[0], StringComparer.Ordinal))
        {
            throw ConfigurationErrors.WrongCompose(entry.At, $"the files include each other in a circle: {files[0]}");
        }

        var envFiles = mapping?["env_file"] is { } named ? Paths(named, entry, source) : [RepositoryPath.Join(directory, ".env")];
        var values = envFiles
            .SelectMany(file => ReadEnvFile(file, source.Variables.Find))
            .GroupBy(pair => pair.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Last().Value, StringComparer.Ordinal);
        var variables = source.Variables.Include(values, $"{string.Join(", ", envFiles)} of {_inputs.Tree.Description}");
        return new ComposeLoader(_inputs, [.. _including, files[0]]).Load(files, directory, variables);
    }

    /// <summary>One path or a list of them, inside the repository.</summary>
    private static List<string> Paths(ComposeNode? node, ComposeNode owner, ComposeSource source)
    {
        var items = node is ComposeSequence list ? list.Items : node is null ? [] : [node];
        var texts = items.OfType<ComposeScalar>().Where(item => !item.IsNull).Select(ComposeInterpolation.Expand).ToList();
        if (texts.Count == 0)
        {
            throw ConfigurationErrors.WrongCompose(owner.At, "\"include\" must name a file");
        }

        return [.. texts.Select(text => (ComposePaths.IsRemote(text) ? null : source.Resolve(text))
            ?? throw ConfigurationErrors.OutsideOfRepository(text, owner.At))];
    }

    /// <summary>The services of a file that another one's service extends; its paths start at its own folder.</summary>
    private ComposeMapping ReadExtended(ComposeScalar file)
    {
        var text = ComposeInterpolation.Expand(file);
        var path = (ComposePaths.IsRemote(text) ? null : file.Source.Resolve(text))
            ?? throw ConfigurationErrors.OutsideOfRepository(text, file.At);
        var source = file.Source with { File = path, BaseDirectory = RepositoryPath.Directory(path) };
        return ReadDocuments(source).Select(ServicesOf).OfType<ComposeMapping>().Aggregate(ComposeMerge.Merge);
    }
}
