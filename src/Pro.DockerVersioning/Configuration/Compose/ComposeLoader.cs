using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Configuration.Compose;

/// <summary>What a compose project is read from.</summary>
/// <param name="Tree">The files: a commit's, or those on disk.</param>
/// <param name="Environment">The process's environment.</param>
/// <param name="DiskRoot">The repository's root on disk, or null.</param>
/// <param name="Reports">Takes the warnings, or null.</param>
/// <param name="CurrentFolder">Where relative paths of the session's variables start; null: the root on disk.</param>
/// <param name="Disk">Has the project's files that the tree doesn't have: those outside of it. Null: there are none.</param>
internal sealed record ComposeInputs(
    ISourceTree Tree,
    Func<string, string?> Environment,
    string? DiskRoot = null,
    IProgress<Report>? Reports = null,
    string? CurrentFolder = null,
    DiskFiles? Disk = null)
{
    /// <summary>True if COMPOSE_FILE of <c>.env</c> doesn't count: the tree lacks a file that it names.</summary>
    public bool TakesUsualNames { get; init; }

    /// <summary>The files on disk that were told of.</summary>
    public HashSet<string> Told { get; } = new(StringComparer.Ordinal);

    /// <summary>Says, once a file, that one of the disk stands in for one that the tree lacks.</summary>
    public void TellOnDisk(string file, string full)
    {
        if (Told.Add(full))
        {
            Reports?.Report(new VerboseReport($"{file} isn't in {Tree.Description}: {full} on disk is read, as compose does."));
        }
    }

    /// <summary>A file's text; null if there is no such file.</summary>
    /// <exception cref="ProException">It can't be read, or is not UTF-8 text.</exception>
    public string? Read(string path) =>
        SourceText.Read(Tree, path) ?? (FindOnDisk(path) is { } file ? SourceText.Read(Disk!, file, path) : null);

    /// <summary>Whether there is such a file.</summary>
    public bool Exists(string path) => SourceText.Exists(Tree, path) || FindOnDisk(path) is not null;

    /// <summary>The path of one of the project's files, seen from the root; null if nothing outside of the root may be read.</summary>
    public string? Locate(string directory, string path) => ComposePaths.IsRemote(path) ? null
        : ComposePaths.Inside(DiskRoot, directory, path)
            ?? (Disk is null || DiskRoot is null || path.StartsWith('~') ? null : ComposePaths.Anywhere(DiskRoot, directory, path));

    private SourceEntry? FindOnDisk(string path) => Disk?.Find(path) is { Kind: SourceEntryKind.File } file ? file : null;
}

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
        var directory = TreePath.Parent(files[0]);
        var (values, searched) = ReadProjectEnv(directory);
        return Load(files, directory, new ComposeVariables(_inputs.Environment, values, searched, _inputs.Reports));
    }

    /// <summary>An empty mapping in the place of a node without a value.</summary>
    public static ComposeMapping Empty(ComposeNode node) => new(node.Source, node.At.Line, node.At.Column, []);

    /// <summary>
    /// The variables of a project's files, as compose reads them: those that COMPOSE_ENV_FILES names, later ones over earlier ones; else
    /// the <c>.env</c> of its folder, unless COMPOSE_DISABLE_ENV_FILE says no.
    /// </summary>
    /// <exception cref="ProException">A file that is named isn't there, or is wrong.</exception>
    public (IReadOnlyDictionary<string, string> Values, string Searched) ReadProjectEnv(string directory)
    {
        var named = ProEnvironmentVariables.EnvFiles(_inputs.Environment, _inputs.CurrentFolder ?? _inputs.DiskRoot);
        if (named.Count > 0)
        {
            var values = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var file in named)
            {
                foreach (var (name, value) in ReadNamedEnvFile(file, name => _inputs.Environment(name) ?? values.GetValueOrDefault(name)))
                {
                    values[name] = value;
                }
            }

            return (values, string.Join(", ", named));
        }

        if (_inputs.Environment(ProEnvironmentVariables.ComposeDisableEnvFileName) is { Length: > 0 } disable
            && DockerBoolean.TryParse(disable, out var isDisabled) && isDisabled)
        {
            return (
                new Dictionary<string, string>(),
                $".env, which {ProEnvironmentVariables.ComposeDisableEnvFileName} keeps from being read");
        }

        return ReadEnvFile(TreePath.Join(directory, ".env"), _inputs.Environment);
    }

    /// <summary>The tree's own file; one that the tree doesn't have is the session's, as its variables are.</summary>
    private IReadOnlyDictionary<string, string> ReadNamedEnvFile(string file, Func<string, string?> environment)
    {
        var inside = ComposePaths.Inside(_inputs.DiskRoot, string.Empty, file);
        var text = (inside is null ? null : SourceText.Read(_inputs.Tree, inside))
            ?? ReadFromDisk(inside ?? file, Path.IsPathFullyQualified(file) ? file : null)
            ?? throw ConfigurationErrors.EnvFileNotFound(inside ?? file, $"neither in {_inputs.Tree.Description} nor on disk");
        return DotEnvFile.Parse(text, inside ?? file, environment);
    }

    /// <summary>
    /// Reads a .env: the tree's own, else the one on disk. Git ignores it in most repositories, and compose reads it there. Without the
    /// file, it says nothing.
    /// </summary>
    private (IReadOnlyDictionary<string, string> Values, string Searched) ReadEnvFile(string path, Func<string, string?> environment)
    {
        if (SourceText.Read(_inputs.Tree, path) is { } own)
        {
            return (DotEnvFile.Parse(own, path, environment), $"{path} of {_inputs.Tree.Description}");
        }

        return ReadFromDisk(path, _inputs.DiskRoot is { } root ? Path.GetFullPath(path, root) : null) is { } text
            ? (DotEnvFile.Parse(text, path, environment), $"{path} on disk")
            : (new Dictionary<string, string>(), $"{path} of {_inputs.Tree.Description}");
    }

    private string? ReadFromDisk(string file, string? full)
    {
        if (full is null || !File.Exists(full))
        {
            return null;
        }

        _inputs.TellOnDisk(file, full);
        return SourceText.ReadFile(full);
    }

    private List<KeyValuePair<string, ComposeMapping>> Load(
        IReadOnlyList<string> files, string directory, ComposeVariables variables)
    {
        var documents = files
            .SelectMany(file => ReadDocuments(new ComposeSource(file, directory, variables, _inputs.DiskRoot)))
            .ToList();
        variables.ProjectName ??= ProjectNameOf(documents, directory);

        // As compose does: each file with what it extends and includes, and then over the earlier files.
        ComposeMapping? services = null;
        foreach (var document in documents)
        {
            var found = Combine(document, ExtendedServices(document), LoadIncluded(document));
            services = services is null ? found : ComposeMerge.Merge(services, found);
        }

        return services is null
            ? []
            : [.. ComposeMerge.WithoutResets(services).Entries.Select(entry => new KeyValuePair<string, ComposeMapping>(
                entry.Key, (ComposeMapping)entry.Value))];
    }

    private List<KeyValuePair<string, ComposeNode>> ExtendedServices(ComposeMapping document)
    {
        var extends = new ComposeExtends(ReadExtended);
        return ServicesOf(document) is not { } services ? [] :
        [
            .. services.Entries.Select(entry => entry.Value.MergeMode == ComposeMergeMode.Reset
                ? entry
                : new KeyValuePair<string, ComposeNode>(entry.Key, extends.Resolve(entry.Key, services).Value)),
        ];
    }

    /// <summary>A service that is included twice, and is the same both times, is not a conflict.</summary>
    private static ComposeMapping Combine(
        ComposeMapping document, List<KeyValuePair<string, ComposeNode>> own, IEnumerable<KeyValuePair<string, ComposeMapping>> included)
    {
        foreach (var (name, service) in included)
        {
            var other = own.FindIndex(entry => entry.Key == name);
            if (other < 0)
            {
                own.Add(new(name, service));
            }
            else if (!ComposeMerge.AreEqual(own[other].Value, service))
            {
                throw ConfigurationErrors.IncludeConflict(name, own[other].Value.At, service.At);
            }
        }

        return document.With(own);
    }

    /// <summary>
    /// What <c>${COMPOSE_PROJECT_NAME}</c> is if nobody sets it: the last <c>name</c>, else the folder's name in compose's alphabet.
    /// </summary>
    private string ProjectNameOf(List<ComposeMapping> documents, string directory)
    {
        if (documents.Select(document => document["name"]).OfType<ComposeScalar>().LastOrDefault() is { } name)
        {
            return ComposeInterpolation.Expand(name);
        }

        var folder = _inputs.DiskRoot is { } root
            ? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory, root)))
            : TreePath.Name(directory);
        var letters = folder.ToLowerInvariant().Where(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_');
        return string.Concat(letters).TrimStart('-', '_');
    }

    private IEnumerable<ComposeMapping> ReadDocuments(ComposeSource source)
    {
        var text = _inputs.Read(source.File)
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
                return services.With(
                    [.. services.Entries.Select(entry => new KeyValuePair<string, ComposeNode>(entry.Key, ServiceOf(entry)))]);
            case var other:
                throw ConfigurationErrors.WrongCompose(other.At, $"\"services\" must be a mapping, not {other.Kind}");
        }
    }

    /// <summary>A service without a value says nothing; another file may say something of it.</summary>
    private static ComposeNode ServiceOf(KeyValuePair<string, ComposeNode> entry) => entry.Value switch
    {
        ComposeMapping or { MergeMode: ComposeMergeMode.Reset } => entry.Value,
        ComposeScalar { IsNull: true } nothing => Empty(nothing),
        var other => throw ConfigurationErrors.WrongCompose(other.At, $"the service {entry.Key} must be a mapping, not {other.Kind}"),
    };

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
        var directory = mapping?["project_directory"] is { } folder ? Paths(folder, entry, source)[0] : TreePath.Parent(files[0]);
        if (_including.Contains(files[0], StringComparer.Ordinal))
        {
            throw ConfigurationErrors.WrongCompose(entry.At, $"the files include each other in a circle: {files[0]}");
        }

        EnsureThere(files, "include", entry.At);
        var envFiles = mapping?["env_file"] is { } named ? Paths(named, entry, source) : [TreePath.Join(directory, ".env")];
        var values = envFiles
            .SelectMany(file => ReadEnvFile(file, source.Variables.Find).Values)
            .GroupBy(pair => pair.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Last().Value, StringComparer.Ordinal);
        var variables = source.Variables.Include(values, $"{string.Join(", ", envFiles)} of {_inputs.Tree.Description}");
        return new ComposeLoader(_inputs, [.. _including, files[0]]).Load(files, directory, variables);
    }

    /// <summary>A file that another one names is missing where it is named.</summary>
    private void EnsureThere(IEnumerable<string> files, string key, FilePosition at)
    {
        if (files.FirstOrDefault(file => !_inputs.Exists(file)) is { } missing)
        {
            throw ConfigurationErrors.NamedFileNotFound(missing, key, at, _inputs.Tree.Description);
        }
    }

    /// <summary>One path or a list of them.</summary>
    private List<string> Paths(ComposeNode? node, ComposeNode owner, ComposeSource source)
    {
        var items = node is ComposeSequence list ? list.Items : node is null ? [] : [node];
        var texts = items.OfType<ComposeScalar>().Where(item => !item.IsNull).Select(ComposeInterpolation.Expand).ToList();
        if (texts.Count == 0)
        {
            throw ConfigurationErrors.WrongCompose(owner.At, "\"include\" must name a file");
        }

        return [.. texts.Select(text => _inputs.Locate(source.BaseDirectory, text)
            ?? throw ConfigurationErrors.OutsideOfRepository(text, owner.At))];
    }

    /// <summary>The services of a file that another one's service extends; its paths start at its own folder.</summary>
    private ComposeMapping ReadExtended(ComposeScalar file)
    {
        var text = ComposeInterpolation.Expand(file);
        var path = _inputs.Locate(file.Source.BaseDirectory, text)
            ?? throw ConfigurationErrors.OutsideOfRepository(text, file.At);
        EnsureThere([path], "extends", file.At);
        var source = file.Source with { File = path, BaseDirectory = TreePath.Parent(path) };
        var services = ReadDocuments(source).Select(ServicesOf).OfType<ComposeMapping>().ToList();
        return services.Count > 0
            ? ComposeMerge.WithoutResets(services.Aggregate(ComposeMerge.Merge))
            : throw ConfigurationErrors.WrongCompose(file.At, $"nothing can be extended from {path}, which declares no services");
    }
}
