using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Configuration.Compose;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Git.Context;
using Pro.DockerVersioning.Images.Building;
using Pro.DockerVersioning.Images.Building.Dockerfile;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>Plans builds: looks at everything, changes nothing.</summary>
internal sealed class ImageBuildPlanner(
    ProSettings settings,
    BuildSource source,
    ImageBuildOptions options,
    IProgress<Report> reporter)
{
    private readonly Lazy<ServiceCatalog> _today = new(() => ServiceCatalog.Load(source.Repository.TreeOnDisk(), settings, reporter));
    private readonly Lazy<ServiceCatalog?> _then = new(() => CatalogOf(source, settings, reporter));
    private readonly Lazy<IReadOnlyList<string>> _named = new(() => ServiceCatalog.NamedComposeFiles(source.Tree, settings));

    /// <summary>Gathers what goes into the build of one service; asks no engine.</summary>
    /// <exception cref="ProException">It can't be built as asked.</exception>
    public PreparedBuild Prepare(string name, CancellationToken cancellationToken)
    {
        var service = Find(name);
        service.EnsureBuildable(source.Tree, Settled());
        var context = BuildContext.Create(source.Tree, service.Context, service.Dockerfile, cancellationToken);
        var (tree, version, warnings) = (source.Tree, source.Version, Warnings(service, context).ToList());
        if (source.IsWorkingTree && Committed(service, cancellationToken) is (var commit, var committed)
            && DifferOnlyByOwnFiles(committed, context))
        {
            warnings.AddRange(Unsent(service, commit, committed, context));
            (tree, context) = (commit, committed);
        }
        else if (source.IsWorkingTree)
        {
            version = version.WithDirty(context.TreeHash[..VersionGrammar.HashLength]);
        }

        var repository = RepositoryName.Combine(settings.RequireRegistry(), service.Image);
        var reference = repository.WithTag(version.ImageTag);
        var inputs = new BuildInputs(
            service,
            repository,
            options,
            source.Commit,
            version,
            context,
            source.Repository.SourceAddress(),
            version.Kind == ProVersionKind.Commit ? source.Description : null);
        return new PreparedBuild(service, tree, context, version, reference, inputs, warnings);
    }

    /// <summary>Makes the plan, by what is on the engine.</summary>
    /// <exception cref="ProException">An image of another commit has the version.</exception>
    public ImageBuildPlan Plan(
        PreparedBuild build, ImageInventory inventory, IReadOnlyDictionary<string, string>? deployed = null)
    {
        var wanted = options with { Deployed = deployed ?? options.Deployed };
        var (service, tree, context, version, reference, inputs, warnings) = build;
        var existing = inventory.Find(reference);
        var before = existing?.Label(ImageLabels.Arguments);
        RefuseAnotherCommit(reference, existing);
        var request = Request(service, context, inputs, version, reference);
        return new ImageBuildPlan
        {
            Service = service,
            Version = version,
            Commit = source.Commit,
            Tree = tree,
            Reference = reference,
            Context = context,
            Inputs = inputs.Identity,
            Request = request,
            Options = wanted,
            Aliases = AliasPlanning.OnEngine(inventory, reference.WithoutTag(), version, source.Commit.Sha, wanted, source.Repository),
            AlreadyBuilt = existing is not null && IsSame(existing, inputs, request) ? existing.Id : null,
            OtherArguments = !options.Force && before is not null && before != inputs.ArgumentsIdentity ? existing : null,
            PassedOver = source.PassedOver,
            Warnings = warnings,
        };
    }

    /// <summary>The services that the names mean: those of the source's tree, and those that only today's files declare.</summary>
    /// <exception cref="ProException">A name without wildcards is unknown.</exception>
    public IReadOnlyList<string> Match(IEnumerable<string> names)
    {
        var then = _then.Value;
        var result = new List<string>();
        foreach (var name in names)
        {
            var isThere = then is not null && (NamePattern.IsWildcard(name)
                ? then.Names.Count > 0
                : then.Names.Contains(name, StringComparer.OrdinalIgnoreCase));
            result.AddRange((isThere ? then! : _today.Value).Match(name));
        }

        return [.. result.Distinct(StringComparer.Ordinal)];
    }

    /// <summary>All services that are built without being named: those of the source's tree, else today's.</summary>
    /// <exception cref="ProException">There are none.</exception>
    public IReadOnlyList<string> MatchAll() => (_then.Value is { Names.Count: > 0 } then ? then : _today.Value).Built();

    // The definition belongs to the source: a build of v1.0.0 goes by the pro.json and the compose file of v1.0.0. Where that tree
    // declares no such service (it had no pro.json yet), today's definition is tried.
    private ServiceDefinition Find(string name)
    {
        var found = _then.Value is { } then && then.Names.Contains(name, StringComparer.OrdinalIgnoreCase) ? then.Get(name) : null;
        return found is { Unbuildable: null } || (found is not null && !_today.Value.Names.Contains(name, StringComparer.OrdinalIgnoreCase))
            ? found
            : _today.Value.Get(name);
    }

    // A compose file that came later is missing there, which doesn't matter where that tree's pro.json declares the services. One that is
    // on no disk either was named by mistake: today's catalogue says so.
    private static ServiceCatalog? CatalogOf(BuildSource source, ProSettings settings, IProgress<Report> reporter)
    {
        var root = settings.Location.Root ?? source.Repository.Root;
        var missing = ServiceCatalog.NamedComposeFiles(source.Tree, settings)
            .FirstOrDefault(file => source.Tree.Find(Relative(file)) is null);
        if (missing is null)
        {
            return ServiceCatalog.Load(source.Tree, settings, reporter);
        }

        if (File.Exists(missing) && ProConfigurationReader.Read(source.Tree).Services.Count > 0)
        {
            reporter.Report(new VerboseReport(
                $"{source.Tree.Description} has no {Relative(missing)}: the services are taken from its own {ProConfiguration.FileName}."));
            return ServiceCatalog.Load(source.Tree, settings.WithoutComposeFiles(), reporter);
        }

        reporter.Report(new VerboseReport($"{source.Tree.Description} has no {Relative(missing)}: the services are taken from today's."));
        return null;

        string Relative(string file) => Path.GetRelativePath(root, file).Replace('\\', '/');
    }

    private List<string> Settled()
    {
        var settled = new List<string>();
        if (options.Platforms.Count > 0)
        {
            settled.AddRange(["platform", "platforms"]);
        }

        if (options.Secrets.Count > 0)
        {
            settled.Add("secrets");
        }

        if (options.Ssh.Count > 0)
        {
            settled.Add("ssh");
        }

        return settled;
    }

    /// <summary>
    /// The commit's own context; null if it has none, or one that can't be built: then the disk's is another in any case.
    /// </summary>
    private (ISourceTree Tree, BuildContext Context)? Committed(ServiceDefinition service, CancellationToken cancellationToken)
    {
        var tree = source.Repository.TreeOf(source.Commit);
        try
        {
            return (tree, BuildContext.Create(tree, service.Context, service.Dockerfile, cancellationToken));
        }
        catch (ProException)
        {
            return null;
        }
    }

    /// <summary>
    /// A build of the disk keeps the version only if its context is the commit's to the byte. What this module writes itself (<c>.env</c>
    /// and its override file) doesn't make another version; the commit's files are built then.
    /// </summary>
    private bool DifferOnlyByOwnFiles(BuildContext committed, BuildContext disk) =>
        committed.TreeHashWithout(name => IsOwn(committed, name)) == disk.TreeHashWithout(name => IsOwn(disk, name));

    private bool IsOwn(BuildContext context, string name) => IsOwn(TreePath.Join(context.Directory, name));

    private bool IsOwn(string path) => OwnFiles.IsOwn(path, folder =>
    {
        var full = Path.GetFullPath(folder, settings.Location.Root ?? source.Repository.Root);
        return _named.Value.Any(file => Path.GetDirectoryName(file) == full)
            || ComposeProject.DefaultNames.Any(name => File.Exists(Path.Combine(full, name)));
    });

    /// <summary>Names the files on disk that aren't sent, though the disk was asked for.</summary>
    private IEnumerable<string> Unsent(ServiceDefinition service, ISourceTree commit, BuildContext committed, BuildContext disk)
    {
        var files = committed.Entries.Concat(disk.Entries).Select(entry => entry.Name).Distinct(StringComparer.Ordinal)
            .Where(name => IsOwn(disk, name)
                && committed.TreeHashWithout(other => other != name) != disk.TreeHashWithout(other => other != name))
            .ToList();
        if (files.Count > 0)
        {
            yield return $"{service.Name}: on disk only {string.Join(", ", files)} differ{(files.Count == 1 ? "s" : "")} "
                + $"from {commit.Description}. "
                + $"A deployment writes such a file, so the image is built from {commit.Description} and keeps its version.";
        }
    }

    private void RefuseAnotherCommit(ImageReference reference, EngineImage? existing)
    {
        if (existing is null || options.Force || existing.Label(ImageLabels.Revision) == source.Commit.Sha)
        {
            return;
        }

        throw ImageErrors.VersionIsAnotherCommit(
            reference.ToString(), existing.Label(ImageLabels.Revision), source.Commit.Sha, source.Commit.Tag is not null);
    }

    /// <summary>Several platforms are the registry's to have; what the engine has says nothing of it.</summary>
    private bool IsSame(EngineImage existing, BuildInputs inputs, BuildRequest request) =>
        existing.Label(ImageLabels.Inputs) == inputs.Identity
        && !options.Force
        && !request.NoCache
        && !request.Pull
        && options.Platforms.Count <= 1;

    private BuildRequest Request(
        ServiceDefinition service, BuildContext context, BuildInputs inputs, ProVersion version, ImageReference reference) => new()
    {
        Subject = $"{service.Name} {version}",
        Dockerfile = context.DockerfileName,
        DockerfileText = context.DockerfileText,
        WriteContext = (stream, cancellationToken) =>
            context.WriteTarAsync(stream, source.Commit.Time, progress: null, cancellationToken),
        Hidden = context.HidesDockerfile
            ? new HiddenDockerfile(
                context.DockerfileFileName,
                (folder, cancellationToken) => context.WriteFolderAsync(folder, source.Commit.Time, cancellationToken),
                context.ClassicDockerfileName,
                (stream, cancellationToken) => context.WriteClassicTarAsync(stream, source.Commit.Time, cancellationToken))
            : null,
        Target = inputs.Target,
        BuildArgs = inputs.Arguments,
        Labels = inputs.Labels,
        Platforms = options.Platforms,
        Secrets = options.Secrets,
        Ssh = options.Ssh,
        CacheFrom = options.CacheFrom.Count > 0 ? options.CacheFrom : service.CacheFrom,
        CacheTo = options.CacheTo,
        NoCache = options.NoCache || service.NoCache,
        Pull = options.Pull || service.Pull,
        PushTags = options.Push && options.Platforms.Count > 1 ? [reference.ToString()] : [],
    };

    private IEnumerable<string> Warnings(ServiceDefinition service, BuildContext context)
    {
        if (OperatingSystem.IsWindows() && context.HidesDockerfile
            && DockerfileInspector.Inspect(context.DockerfileText).WholeContextUse is { } use)
        {
            yield return $"{service.Name}: '{use}' puts the Dockerfile into the image as {context.DockerfileName}, though it is ignored or "
                + "outside of the context. On Windows no builder can get it apart from the context. Build on Linux to leave it out.";
        }

        if (service.ForeignImage is { } foreign)
        {
            var registry = settings.RequireRegistry();
            yield return $"{service.Name}: the compose file names the image {foreign}, which is not below {registry}. "
                + $"This build is {registry}/{service.Image}. Compose would not run it, so such a deployment is refused. "
                + $"Write \"image: ${{REGISTRY}}/{service.Image}:${{VERSION}}\" into the file.";
        }

        if (service.Origin == ServiceOrigin.Folder && TreePath.Name(service.Context) is var folder && folder.Any(char.IsUpper))
        {
            yield return $"{service.Name}: the folder is named {folder}. No image has capital letters, so the service is named "
                + $"{service.Name}.";
        }

        if (source.IsWorkingTree)
        {
            yield break;
        }

        // What the ignore file leaves out never gets into an image; a Dockerfile outside of the context does.
        if (source.Repository.UncommittedPaths(context.Directory) is not { } inContext
            || source.Repository.UncommittedPaths(context.DockerfilePath) is not { } dockerfile)
        {
            yield return $"{service.Name}: uncommitted files can't be counted, since 'git status' fails here. Run it to see why; a filter "
                + "of .gitattributes that fails is a usual reason. The image doesn't depend on it.";
            yield break;
        }

        var uncommitted = inContext.Union(dockerfile, StringComparer.Ordinal).Count(path => context.Concerns(path) && !IsOwn(path));
        if (uncommitted > 0)
        {
            yield return $"{service.Name}: {uncommitted} uncommitted file{(uncommitted == 1 ? " is" : "s are")} not in this image, "
                + $"which is built from {source.Tree.Description}. -WorkingTree builds the disk.";
        }
    }
}

/// <summary>What goes into a build, before anybody looks at the engine.</summary>
/// <param name="Service">The service.</param>
/// <param name="Tree">What the files are of: a commit's tree, or the disk.</param>
/// <param name="Context">The files.</param>
/// <param name="Version">The version that the image gets.</param>
/// <param name="Reference">The image's name with the version's tag.</param>
/// <param name="Inputs">Arguments, labels, and the identity of the whole.</param>
/// <param name="Warnings">What the user should know before.</param>
internal sealed record PreparedBuild(
    ServiceDefinition Service,
    ISourceTree Tree,
    BuildContext Context,
    ProVersion Version,
    ImageReference Reference,
    BuildInputs Inputs,
    IReadOnlyList<string> Warnings);
