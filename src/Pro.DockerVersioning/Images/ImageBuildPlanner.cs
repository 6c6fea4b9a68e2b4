using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
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

    /// <summary>Gathers what goes into the build of one service; asks no engine.</summary>
    /// <exception cref="ProException">It can't be built as asked.</exception>
    public PreparedBuild Prepare(string name, CancellationToken cancellationToken)
    {
        var service = Find(name);
        service.EnsureBuildable(source.Tree, Settled());
        var context = BuildContext.Create(source.Tree, service.Context, service.Dockerfile, cancellationToken);
        var version = source.Version;
        if (source.IsWorkingTree)
        {
            (context, version) = OfDisk(service, context, cancellationToken);
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
        return new PreparedBuild(service, context, version, reference, inputs, [.. Warnings(service, context)]);
    }

    /// <summary>Makes the plan, by what is on the engine.</summary>
    /// <exception cref="ProException">An image of another commit has the version.</exception>
    public ImageBuildPlan Plan(
        PreparedBuild build, ImageInventory inventory, IReadOnlyDictionary<string, string>? deployed = null)
    {
        var wanted = options with { Deployed = deployed ?? options.Deployed };
        var (service, context, version, reference, inputs, warnings) = build;
        var existing = inventory.Find(reference);
        var before = existing?.Label(ImageLabels.Arguments);
        RefuseAnotherCommit(reference, existing);
        var request = Request(service, context, inputs, version, reference);
        return new ImageBuildPlan
        {
            Service = service,
            Version = version,
            Commit = source.Commit,
            Tree = source.Tree,
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
    /// A build of the disk keeps the version only if its context is the commit's to the byte. What this module writes itself (<c>.env</c>
    /// and its override file) doesn't make another version; the commit's files are built then.
    /// </summary>
    private (BuildContext Context, ProVersion Version) OfDisk(
        ServiceDefinition service, BuildContext context, CancellationToken cancellationToken)
    {
        try
        {
            var committed = BuildContext.Create(
                source.Repository.TreeOf(source.Commit), service.Context, service.Dockerfile, cancellationToken);
            if (committed.TreeHashWithout(OwnFiles.IsOwn) == context.TreeHashWithout(OwnFiles.IsOwn))
            {
                return (committed, source.Version);
            }
        }
        catch (ProException)
        {
            // The commit has no such context, or one that can't be built: then the disk's is another in any case.
        }

        return (context, source.Version.WithDirty(context.TreeHash[..VersionGrammar.HashLength]));
    }

    /// <summary>A file that this module writes into a project: the pin of a version.</summary>
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

        if (source.IsWorkingTree)
        {
            yield break;
        }

        if (service.Origin == ServiceOrigin.Folder && TreePath.Name(service.Context) is var folder && folder.Any(char.IsUpper))
        {
            yield return $"{service.Name}: the folder is named {folder}. No image has capital letters, so the service is named "
                + $"{service.Name}.";
        }

        // What the ignore file leaves out never gets into an image; a Dockerfile outside of the context does.
        if (source.Repository.UncommittedPaths(context.Directory) is not { } inContext
            || source.Repository.UncommittedPaths(context.DockerfilePath) is not { } dockerfile)
        {
            yield return $"{service.Name}: uncommitted files can't be counted, since 'git status' fails here. Run it to see why; a filter "
                + "of .gitattributes that fails is a usual reason. The image doesn't depend on it.";
            yield break;
        }

        var uncommitted = inContext.Union(dockerfile, StringComparer.Ordinal).Count(path => context.Concerns(path) && !OwnFiles.IsOwn(path));
        if (uncommitted > 0)
        {
            yield return $"{service.Name}: {uncommitted} uncommitted file{(uncommitted == 1 ? " is" : "s are")} not in this image, "
                + $"which is built from {source.Tree.Description}. -WorkingTree builds the disk.";
        }
    }
}

/// <summary>What goes into a build, before anybody looks at the engine.</summary>
/// <param name="Service">The service.</param>
/// <param name="Context">The files.</param>
/// <param name="Version">The version that the image gets.</param>
/// <param name="Reference">The image's name with the version's tag.</param>
/// <param name="Inputs">Arguments, labels, and the identity of the whole.</param>
/// <param name="Warnings">What the user should know before.</param>
internal sealed record PreparedBuild(
    ServiceDefinition Service,
    BuildContext Context,
    ProVersion Version,
    ImageReference Reference,
    BuildInputs Inputs,
    IReadOnlyList<string> Warnings);
