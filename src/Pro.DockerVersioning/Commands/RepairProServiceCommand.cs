using System.Management.Automation;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Services.Deployment;
using Pro.DockerVersioning.Services.Locking;

namespace Pro.DockerVersioning.Commands;

/// <summary>Puts right what a deployment or rollback has left behind when it was cut off.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "ProService", SupportsShouldProcess = true)]
[OutputType(typeof(ProRepair))]
public sealed class RepairProServiceCommand : ProDeploymentCmdlet
{
    private readonly List<string> _services = [];

    /// <summary>The services; wildcards are allowed. All where it isn't given.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string[] Service { get; set; } = ["*"];

    private protected override ProHistoryKind Kind => ProHistoryKind.Repair;

    private protected override Task ProcessAsync()
    {
        _services.AddRange(Service);
        return Task.CompletedTask;
    }

    private protected override async Task EndAsync()
    {
        if (_services.Count == 0)
        {
            return;
        }

        var workspace = OpenWorkspace();
        var catalog = workspace.ReadCatalog(Reporter);
        using var engine = workspace.OpenEngine();
        var history = HistoryLog.Open(workspace.Settings);
        foreach (var name in MatchEach(_services, name => catalog.Match(name)))
        {
            try
            {
                var request = RequestFor(workspace, catalog, name, engine);
                var world = await DeploymentWorld.LoadAsync(engine, request.Service.Name, request.Repository, StopToken);
                foreach (var target in world.Targets.Where(target => Container is null || request.Filter.Accepts(target)))
                {
                    if (ShouldProcess($"{name} ({target})", "Repair"))
                    {
                        WriteObject(await RepairAsync(engine, history, request, world, target));
                    }
                }
            }
            catch (ProException error)
            {
                WriteError(error);
            }
        }

        _ = await TargetLock.SweepAsync(engine, StopToken);
    }
}
