using System.Collections;
using System.Management.Automation;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Commands.Building;
using Pro.DockerVersioning.Commands.Parameters;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Images.Building;
using Pro.DockerVersioning.Registry;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>Builds images of services from the tree that a git tag or commit names, and tags them with that version.</summary>
[Cmdlet("Build", "ProImage", SupportsShouldProcess = true, DefaultParameterSetName = ByName)]
[OutputType(typeof(ProImageBuild))]
public sealed class BuildProImageCommand : ProWorkspaceCmdlet
{
    private const string ByName = "Service";
    private const string Everything = "All";

    private readonly List<(string Service, string? Version)> _asked = [];

    /// <summary>The services; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string[] Service { get; set; } = [];

    /// <summary>All services of the repository.</summary>
    [Parameter(Mandatory = true, ParameterSetName = Everything)]
    public SwitchParameter All { get; set; }

    /// <summary>A git tag (v1.2.3), what git describe prints, or any commit-ish; HEAD where it isn't given.</summary>
    [Parameter(Position = 1, ParameterSetName = ByName, ValueFromPipelineByPropertyName = true)]
    [Parameter(Position = 0, ParameterSetName = Everything)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(GitTagCompleter))]
    public string? Version { get; set; }

    /// <summary>The commit-ish to build under a version that is not a git tag yet.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Ref { get; set; }

    /// <summary>Builds the files on disk, uncommitted changes and all.</summary>
    [Parameter]
    public SwitchParameter WorkingTree { get; set; }

    /// <summary>Names HEAD as git describe --tags --abbrev=12 does.</summary>
    [Parameter]
    public SwitchParameter Describe { get; set; }

    /// <summary>Aliases to move besides latest: Minor (v1.2), Major (v1). Without it, what pro.json says.</summary>
    [Parameter]
    [Choice(typeof(ProAlias))]
    public ProAlias Alias { get; set; }

    /// <summary>Whether latest goes by the forward-only rule (Auto), always moves, or never.</summary>
    [Parameter]
    [Choice(typeof(ProLatestPolicy))]
    public ProLatestPolicy Latest { get; set; }

    /// <summary>Build arguments: a hashtable, or texts 'NAME=VALUE'.</summary>
    [Parameter]
    [ValidateNotNull]
    [Pairs]
    public Hashtable BuildArg { get; set; } = [];

    /// <summary>Secrets in Docker's form: id=npm,src=path or id=npm,env=NAME.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Secret { get; set; } = [];

    /// <summary>SSH agents or keys in Docker's form: default, or id=path.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Ssh { get; set; } = [];

    /// <summary>Platforms, os/arch[/variant]; several need -Push.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] Platform { get; set; } = [];

    /// <summary>The stage to build.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Target { get; set; }

    /// <summary>Where cached layers may come from, in Docker's form.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] CacheFrom { get; set; } = [];

    /// <summary>Where cached layers go, in Docker's form.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[] CacheTo { get; set; } = [];

    /// <summary>Labels: a hashtable, or texts 'NAME=VALUE'.</summary>
    [Parameter]
    [ValidateNotNull]
    [Pairs]
    public Hashtable Label { get; set; } = [];

    /// <summary>Runs every step again.</summary>
    [Parameter]
    public SwitchParameter NoCache { get; set; }

    /// <summary>Asks for newer base images.</summary>
    [Parameter]
    public SwitchParameter Pull { get; set; }

    /// <summary>Publishes each image after it was built.</summary>
    [Parameter]
    public SwitchParameter Push { get; set; }

    /// <summary>Builds again what is built already, and over an image of another commit.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How many services are built side by side.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    [Count]
    public int ThrottleLimit { get; set; } = 4;

    private protected override Task ProcessAsync()
    {
        _asked.AddRange((All ? ["*"] : Service).Select(service => (service, Version)));
        return Task.CompletedTask;
    }

    private protected override async Task EndAsync()
    {
        if (_asked.Count == 0)
        {
            return;
        }

        RequireOneName();
        var reporter = Reporter;
        var workspace = OpenWorkspace();
        _ = workspace.Settings.RequireRegistry();
        _ = workspace.Settings.BuildKit;
        using var repository = GitRepository.Open(workspace.Root);
        var options = Options(workspace.Settings);
        using var engine = workspace.OpenEngine();
        var registries = new RegistryAccess(engine, workspace.Settings.Variables.Raw, reporter);

        // Side by side: the engine and Docker's client take their time to answer, and git has its own to do.
        var loading = ImageInventory.LoadImagesAsync(engine, StopToken);
        var choosing = ChooseBuilderAsync(engine, registries);
        var deployed = VerifiedVersions.DeployedAliasesAsync(engine, StopToken);
        var plans = await PlanAsync(workspace, repository, options, loading, deployed, choosing);
        var choice = await choosing;
        reporter.Report(new VerboseReport(choice.Explanation));
        if (choice.Warning is { } late)
        {
            WriteWarning(late);
        }

        plans = Each(plans, plan => plan.CheckedFor(choice.Builder));
        var history = HistoryLog.Open(workspace.Settings);
        plans = await CheckedAsync(plans, new RebuildRule(engine, registries, history, reporter));
        var lines = plans.SelectMany(plan => plan.Describe(choice.Builder.Description)).ToList();
        if (lines.Count == 0 || !ShouldCarryOut(lines, "Build?"))
        {
            return;
        }

        var host = RepositoryName.Combine(workspace.Settings.RequireRegistry(), "x").Registry;
        using var publisher = Push ? await ImagePublisher.OpenAsync(engine, registries, host, repository, StopToken) : null;
        var runner = new ImageBuildRunner(engine, choice.Builder, repository);
        var recorded = new RecordedImages(history, engine, reporter);
        await ForEachAsync(
            plans,
            ThrottleLimit,
            (plan, stop) => recorded.BuildAsync(new ImageBuildJob(engine, runner, publisher), plan, stop),
            Give);
    }

    private async Task<List<ImageBuildPlan>> PlanAsync(
        ProWorkspace workspace,
        GitRepository repository,
        ImageBuildOptions options,
        Task<ImageInventory> loading,
        Task<IReadOnlyDictionary<string, string>> deployed,
        Task choosing)
    {
        try
        {
            var versions = _asked.GroupBy(one => one.Version, one => one.Service, StringComparer.Ordinal).ToList();
            var prepared = versions.Count == 1
                ? Prepare(workspace, repository, options with { Version = versions[0].Key }, versions[0])
                : Each(versions, version => Prepare(workspace, repository, options with { Version = version.Key }, version))
                    .SelectMany(builds => builds);
            var all = prepared.ToList();
            var inventory = await loading;
            var aliases = await deployed;
            var plans = Each(all, build => build.Planner.Plan(build.Build, inventory, aliases));
            foreach (var warning in plans.SelectMany(plan => plan.Warnings))
            {
                WriteWarning(warning);
            }

            return plans;
        }
        finally
        {
            if (repository.UnreadableTags is { Count: > 0 } junk)
            {
                WriteWarning(
                    $"These files among git's tags aren't tags, and were passed over: {string.Join(", ", junk)}. "
                    + "Remove them from .git/refs/tags.");
            }

            // Nothing is left running behind an error: what was asked is waited for, and its own error comes second.
            await Task.WhenAll(loading, deployed, choosing).ContinueWith(static rest => rest.Exception, TaskScheduler.Default);
        }
    }

    /// <summary>Prepares the services of one version.</summary>
    private List<(ImageBuildPlanner Planner, PreparedBuild Build)> Prepare(
        ProWorkspace workspace, GitRepository repository, ImageBuildOptions options, IEnumerable<string> services)
    {
        var source = BuildSource.Resolve(repository, options);
        var planner = new ImageBuildPlanner(workspace.Settings, source, options, Reporter);
        var names = All ? planner.MatchAll() : MatchEach(services, name => planner.Match([name]));
        return Each(names, name => (planner, planner.Prepare(name, StopToken)));
    }

    private async Task<List<ImageBuildPlan>> CheckedAsync(List<ImageBuildPlan> plans, RebuildRule rule)
    {
        var results = new List<ImageBuildPlan>();
        foreach (var plan in plans)
        {
            try
            {
                await rule.CheckAsync(plan, StopToken);
                results.Add(plan);
            }
            catch (ProException error) when (error.Id != EngineErrors.UnreachableId)
            {
                WriteError(error);
            }
        }

        return results;
    }

    /// <summary>One service that can't be built doesn't keep the others from it.</summary>
    private List<TResult> Each<TItem, TResult>(IEnumerable<TItem> items, Func<TItem, TResult> make)
    {
        var results = new List<TResult>();
        foreach (var item in items)
        {
            try
            {
                results.Add(make(item));
            }
            catch (ProException error)
            {
                WriteError(error);
            }
        }

        return results;
    }

    private void Give(ProImageBuild build)
    {
        foreach (var reason in build.AliasReasons)
        {
            WriteVerbose($"{build.Service} {build.Version}: {reason}");
        }

        foreach (var warning in build.Warnings)
        {
            WriteWarning(warning);
        }

        WriteObject(build);
    }

    private void RequireOneName()
    {
        if (Describe && (_asked[0].Version ?? Ref) is { } other)
        {
            throw ImageErrors.DescribeAndVersion(other);
        }
    }

    private ImageBuildOptions Options(ProSettings settings) => new()
    {
        Ref = Ref,
        Describe = Describe,
        WorkingTree = WorkingTree,
        Aliases = settings.Aliases.Value,
        Latest = Latest,
        BuildArgs = Texts(BuildArg, "-BuildArg"),
        Labels = Texts(Label, "-Label"),
        Target = Target,
        Platforms = [.. Platform.SelectMany(platforms =>
            platforms.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
        DefaultPlatform = settings.Variables.Raw("DOCKER_DEFAULT_PLATFORM") is { Length: > 0 } platform ? platform : null,
        Secrets = Secret,
        Ssh = Ssh,
        CacheFrom = CacheFrom,
        CacheTo = CacheTo,
        NoCache = NoCache,
        Pull = Pull,
        Push = Push,
        Force = Force,
    };

    /// <summary>Approves what pro.json of this repository names: a history outside of it.</summary>
    [Parameter]
    public SwitchParameter TrustRepository { get; set; }

    private protected override bool? Trusts => TrustRepository;

    private protected override ProParameters Parameters =>
        base.Parameters with { Aliases = Bound(nameof(Alias)) ? Alias : null };

    private async Task<BuilderChoice> ChooseBuilderAsync(EngineConnection engine, RegistryAccess registries)
    {
        return await BuilderProbe.ChooseAsync(
            new ChildEnvironment(Folder, engine.Endpoint.ChildEnvironment),
            engine.Client,
            LoginAsync,
            await EngineProduct.PodmanVersionAsync(engine, StopToken),
            StopToken);

        async Task<AuthConfig?> LoginAsync(string image, CancellationToken cancellationToken) =>
            ImageReference.TryParse(image, out var reference)
                ? (await registries.LoginAsync(reference.Registry, cancellationToken).ConfigureAwait(false))?.ToAuthConfig()
                : null;
    }

    private static Dictionary<string, string> Texts(Hashtable table, string parameter)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in table)
        {
            texts[entry.Key.ToString()!] = entry.Value is null
                ? throw ImageErrors.ValueMissing(parameter, entry.Key.ToString()!)
                : LanguagePrimitives.ConvertTo<string>(entry.Value);
        }

        return texts;
    }
}
