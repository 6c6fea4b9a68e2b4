using System.Management.Automation;
using Pro.DockerVersioning.Commands.Building;
using Pro.DockerVersioning.Commands.Parameters;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Registry;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>Pushes versions to the registry, and moves the aliases that belong to them there.</summary>
[Cmdlet(VerbsData.Publish, "ProImage", SupportsShouldProcess = true)]
[OutputType(typeof(ProImagePublication))]
public sealed class PublishProImageCommand : ProWorkspaceCmdlet
{
    private readonly List<(string Service, string Version, string? Reference)> _asked = [];

    /// <summary>The service.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string Service { get; set; } = "";

    /// <summary>The version.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ImageVersionCompleter))]
    public string Version { get; set; } = "";

    /// <summary>The image's name, as builds and versions from the pipeline give it; it wins over service and version.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? Reference { get; set; }

    /// <summary>Aliases to move besides latest: Minor (v1.2), Major (v1). Without it, what pro.json says.</summary>
    [Parameter]
    [Choice(typeof(ProAlias))]
    public ProAlias Alias { get; set; }

    /// <summary>Whether latest goes by the forward-only rule (Auto), always moves, or never.</summary>
    [Parameter]
    [Choice(typeof(ProLatestPolicy))]
    public ProLatestPolicy Latest { get; set; }

    /// <summary>Overwrites a version that the registry has with another content.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How many images are pushed side by side.</summary>
    [Parameter]
    [ValidateRange(1, 64)]
    [Count]
    public int ThrottleLimit { get; set; } = 3;

    /// <summary>Approves what pro.json of this repository names: a history outside of it.</summary>
    [Parameter]
    public SwitchParameter TrustRepository { get; set; }

    private protected override bool? Trusts => TrustRepository;

    private protected override ProParameters Parameters =>
        base.Parameters with { Aliases = Bound(nameof(Alias)) ? Alias : null };

    private protected override Task ProcessAsync()
    {
        _asked.Add((Service, Version, Reference));
        return Task.CompletedTask;
    }

    private protected override async Task EndAsync()
    {
        if (_asked.Count == 0)
        {
            // An empty pipeline: nothing was asked.
            return;
        }

        var reporter = Reporter;
        var workspace = OpenWorkspace();
        using var engine = workspace.OpenEngine();
        var inventory = await ImageInventory.LoadAsync(engine, StopToken);
        var items = Items(workspace);
        using var repository = TryOpenRepository(workspace, reporter);
        var options = new PublishOptions(workspace.Settings.Aliases.Value, Latest, Force);
        var recorded = new RecordedImages(HistoryLog.Open(workspace.Settings), engine, reporter);
        var registries = new RegistryAccess(engine, workspace.Settings.Variables.Raw, reporter);
        foreach (var registry in items.GroupBy(item => item.Reference.Registry, StringComparer.Ordinal))
        {
            await PublishToAsync(registry);
        }

        async Task PublishToAsync(IGrouping<string, PublishItem> registry)
        {
            using var publisher = await ImagePublisher.OpenAsync(engine, registries, registry.Key, repository, StopToken);
            await PublishAsync(publisher, InOrder(registry), inventory, options, recorded, reporter);
        }
    }

    /// <summary>Older versions first: whatever order the pipeline had, the newest takes the aliases last.</summary>
    private static List<PublishItem> InOrder(IEnumerable<PublishItem> items) =>
        [.. items.DistinctBy(item => item.Reference).OrderBy(item => item.Version)];

    private async Task PublishAsync(
        ImagePublisher publisher,
        List<PublishItem> items,
        ImageInventory inventory,
        PublishOptions options,
        RecordedImages recorded,
        IProgress<Report> reporter)
    {
        var plans = new List<PublishPlan>();
        await ForEachAsync(
            items,
            ThrottleLimit,
            (item, stop) => publisher.PlanAsync(item, inventory, options, stop),
            plans.Add);
        var lines = plans.SelectMany(plan => plan.Describe()).ToList();
        if (lines.Count > 0 && ShouldCarryOut(lines, "Publish?"))
        {
            var published = new List<ProImagePublication>();
            await ForEachAsync(
                plans,
                ThrottleLimit,
                (plan, stop) => recorded.PublishAsync(plan.Item, () => publisher.RunAsync(plan, options, reporter, stop)),
                publication =>
                {
                    foreach (var reason in publication.AliasReasons)
                    {
                        WriteVerbose($"{publication.Service} {publication.Version}: {reason}");
                    }

                    published.Add(publication);
                    WriteObject(publication);
                });
            WarnOfHeldBack(published);
        }
    }

    /// <summary>An alias that another version of this very command has taken isn't held back: it moved as it should.</summary>
    private void WarnOfHeldBack(List<ProImagePublication> published)
    {
        foreach (var publication in published)
        {
            var taken = published.Where(other => other.Service == publication.Service)
                .SelectMany(other => other.Aliases)
                .ToHashSet(StringComparer.Ordinal);
            foreach (var warning in publication.WarningsWith(publication.HeldBack.Where(one => !taken.Contains(one.Alias))))
            {
                WriteWarning(warning);
            }
        }
    }

    private List<PublishItem> Items(ProWorkspace workspace)
    {
        var catalog = new Lazy<ServiceCatalog>(() => workspace.ReadCatalog(Reporter));
        var items = new List<PublishItem>();
        foreach (var (service, version, reference) in _asked)
        {
            try
            {
                items.Add(Item(workspace, catalog, service, version, reference));
            }
            catch (ProException error)
            {
                WriteError(error);
            }
        }

        return items;
    }

    private PublishItem Item(
        ProWorkspace workspace,
        Lazy<ServiceCatalog> catalog,
        string service,
        string version,
        string? reference)
    {
        if (reference is not null)
        {
            if (reference.StartsWith("sha256:", StringComparison.Ordinal))
            {
                throw ImageErrors.ImageWithoutTag(service, version, reference);
            }

            var named = ImageReference.Parse(reference);
            RequireRegistryOf(named);
            return !ProVersion.TryFromImageTag(named.Tag, out var tagged) ? throw ImageErrors.ReferenceIsNoVersion(reference)
                : !(ProVersion.TryFromImageTag(version.Replace('+', '_'), out var wished) && wished.Equals(tagged))
                    ? throw CommandErrors.VersionOfAnotherReference(version, reference)
                : new PublishItem(service, tagged, named);
        }

        var definition = catalog.Value.Get(service);
        var repository = workspace.RepositoryOf(definition);
        var wanted = ProVersion.Parse(version);
        return new PublishItem(definition.Name, wanted, repository.WithTag(wanted.ImageTag));
    }

    /// <summary>
    /// What is piped in has its name already, and with it its registry: -Registry can't send it elsewhere, and must not seem to.
    /// </summary>
    private void RequireRegistryOf(ImageReference named)
    {
        if (Bound(nameof(Registry)) && Registry is { } wanted)
        {
            var prefix = RepositoryName.Combine(wanted, "x").NormalizedName[..^1];
            if (!named.NormalizedName.StartsWith(prefix, StringComparison.Ordinal))
            {
                throw ImageErrors.NamedForAnotherRegistry(
                    named.ToString(), named.Registry, wanted, $"{wanted.TrimEnd('/')}/{named.Repository.Split('/')[^1]}:{named.Tag}");
            }
        }
    }

    /// <summary>The repository only says which commit is whose ancestor: a machine that only publishes may have none.</summary>
    private static GitRepository? TryOpenRepository(ProWorkspace workspace, IProgress<Report> reporter)
    {
        try
        {
            return GitRepository.Open(workspace.Root);
        }
        catch (ProException unreadable)
        {
            reporter.Report(new VerboseReport($"Commits can't be compared: {unreadable.Message}"));
            return null;
        }
    }
}
