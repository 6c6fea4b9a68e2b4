using System.Management.Automation;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;

namespace Pro.DockerVersioning;

/// <summary>Repairs what a deployment or rollback has left behind when it was interrupted.</summary>
[Cmdlet(VerbsDiagnostic.Repair, "ProService", SupportsShouldProcess = true)]
[OutputType(typeof(ProRepair))]
public sealed class RepairProServiceCommand : ProDeploymentCmdlet
{
    private readonly List<string> _services = [];
    private bool _carriesOut;

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
        await EngineProduct.ThrowIfPodmanAsync(engine, StopToken);
        var history = HistoryLog.Open(workspace.Settings);
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var name in MatchEach(_services, name => catalog.Match(name)))
        {
            try
            {
                var request = await WaitForLocksAsync(engine, RequestFor(workspace, catalog, name, engine));
                var world = await EngineSnapshot.LoadAsync(engine, request.Service.Name, request.Repository, StopToken);
                known.UnionWith(world.Targets.Select(target => target.TargetId));
                foreach (var target in world.Targets.Where(target => Container is null || request.Filter.Accepts(target)))
                {
                    await new TargetRepair(engine, history, Reporter).ThrowIfOperationUnderWayAsync(request, target, StopToken);
                    if (Carries($"{name} ({target})", "Repair"))
                    {
                        WriteObject(await RepairAsync(engine, history, request, world, target));
                    }
                }
            }
            catch (ProException error) when (error.Id != EngineErrors.UnreachableId)
            {
                // One that fails doesn't keep the others from being repaired; without the engine there is nothing to go on with.
                WriteError(error);
            }
        }

        await RemoveLocksOfNobodyAsync(engine, known);
        if (_carriesOut)
        {
            await TargetLock.SweepAsync(engine, StopToken);
        }
    }

    /// <summary>
    /// A lock that was left behind says that its target needs a look. Where the target was removed meanwhile, by hand, nothing is left to
    /// look at.
    /// </summary>
    private async Task RemoveLocksOfNobodyAsync(EngineConnection engine, HashSet<string> known)
    {
        foreach (var left in await TargetLock.ListAsync(engine, StopToken))
        {
            if (!known.Contains(left.Target)
                && await ContainerTargets.IsGoneAsync(engine, left.Target, StopToken)
                && await TargetLock.WhyStaleAsync(engine, left, Reporter, StopToken) is { } why
                && Carries(left.Target, $"Remove its lock, whose holder is gone as well ({why})"))
            {
                var request = new LockRequest(left.Target, "repair");
                await using var taken = await TargetLock.TryAcquireAsync(engine, request, Reporter, StopToken);
            }
        }
    }

    private bool Carries(string target, string action)
    {
        var does = ShouldProcess(target, action);
        _carriesOut |= does;
        return does;
    }
}
