using System.Management.Automation;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning;

/// <summary>Lists the services of the repository and the version of each that runs now.</summary>
[Cmdlet(VerbsCommon.Get, "ProService")]
[OutputType(typeof(ProService))]
public sealed class GetProServiceCommand : ProWorkspaceCmdlet
{
    private readonly List<string> _services = [];

    /// <summary>The services; wildcards are allowed. All where it isn't given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string[] Service { get; set; } = ["*"];

    private protected override Task ProcessAsync()
    {
        _services.AddRange(Service);
        return Task.CompletedTask;
    }

    /// <summary>After the last name: two requests to the engine are enough for all of them.</summary>
    private protected override async Task EndAsync()
    {
        if (_services.Count == 0)
        {
            return;
        }

        var workspace = OpenWorkspace();
        var catalog = workspace.ReadCatalog(Reporter);
        var services = new List<(ServiceDefinition Definition, ImageReference? Repository)>();
        foreach (var name in MatchEach(_services, name => catalog.Match(name)))
        {
            try
            {
                var definition = catalog.Get(name);
                services.Add((definition, workspace.Settings.Registry is null ? null : workspace.RepositoryOf(definition)));
            }
            catch (ProException wrong)
            {
                // A service that is declared wrongly doesn't keep the others from being listed.
                WriteError(wrong);
            }
        }

        var inventory = services.Exists(service => service.Repository is not null) ? await LoadAsync(workspace) : null;
        using var commits = new CommitLookup(workspace.Root);
        foreach (var (definition, repository) in services)
        {
            WriteObject(Describe(definition, repository, inventory, commits.Knows));
        }
    }

    private static ProService Describe(
        ServiceDefinition service, ImageReference? repository, ImageInventory? inventory, Func<string, bool> isCommit) => new()
    {
        Service = service.Name,
        Context = service.Unbuildable is not null ? "" : service.Context.Length == 0 ? "." : service.Context,
        Dockerfile = service.Dockerfile,
        Image = repository?.ToString() ?? service.Image,
        CurrentVersion = inventory is null || repository is null
            ? []
            : [.. inventory.ContainersOf(service.Name, repository, isCommit)
                .Where(one => one.Container.State is "running" or "paused" or "restarting")
                .Select(one => one.Version).OfType<ProVersion>().Distinct().OrderDescending()],
        DeclaredIn = service.Source,
    };

    /// <summary>What a repository declares can be listed without an engine; only what runs is unknown then.</summary>
    private async Task<ImageInventory?> LoadAsync(ProWorkspace workspace)
    {
        try
        {
            using var engine = workspace.OpenEngine();
            return await ImageInventory.LoadAsync(engine, StopToken);
        }
        catch (ProException unreachable)
        {
            WriteWarning($"What runs now is not known. {unreachable.Message} {unreachable.RecommendedAction}");
            return null;
        }
    }
}
