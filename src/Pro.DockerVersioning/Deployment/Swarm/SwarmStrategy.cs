using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>A service of a swarm: the engine updates it, and this module watches and goes back where the engine doesn't.</summary>
internal sealed class SwarmStrategy(
    EngineConnection engine, DeploymentRequest request, ServiceTarget target, DeploymentSteps steps, ImageSupply supply,
    IProgress<Report> reports)
    : IDeploymentStrategy
{
    private string? _order;

    public ProStrategy Kind => ProStrategy.Swarm;

    public async Task<StrategyPlan?> PlanAsync(SuppliedImage image, CancellationToken cancellationToken)
    {
        var credential = await supply.CredentialAsync(image.Reference, cancellationToken).ConfigureAwait(false);
        var plan = await SwarmUpdate
            .PlanAsync(engine, target.Name, ReferenceOf(image), Options(credential), cancellationToken).ConfigureAwait(false);
        if (plan.IsNothingToDo)
        {
            return null;
        }

        var pace = SwarmUpdatePace.Of(plan.UpdateConfig);
        _order = pace.Order;
        return new StrategyPlan(
            $"the swarm replaces {pace.Describe(plan.Sighting.Wanted, target.Name, request.Swarm.Canary)}",
            SwarmStackWarning.For(plan.Service, image.Reference, request.ComposeFiles));
    }

    public async Task<StrategyResult> RunAsync(SuppliedImage image, LockedOperation operation, CancellationToken cancellationToken)
    {
        steps.Begin("update the swarm's service");
        var credential = await supply.CredentialAsync(image.Reference, cancellationToken).ConfigureAwait(false);
        var result = await SwarmUpdate
            .RunAsync(
                engine,
                target.Name,
                ReferenceOf(image),
                Options(credential) with { ThrowIfLockLostAsync = operation.ThrowIfLockLostAsync },
                reports,
                cancellationToken).ConfigureAwait(false);
        return new StrategyResult
        {
            Outcome = result.Outcome switch
            {
                SwarmOutcome.Succeeded => ProDeploymentOutcome.Succeeded,
                SwarmOutcome.Accepted => ProDeploymentOutcome.Accepted,
                SwarmOutcome.NothingToDo => ProDeploymentOutcome.NothingToDo,
                SwarmOutcome.RolledBackByEngine => ProDeploymentOutcome.RolledBackByEngine,
                SwarmOutcome.RestoredPrevious => ProDeploymentOutcome.RestoredPrevious,
                SwarmOutcome.Paused => ProDeploymentOutcome.Paused,
                _ => throw result.Failure!,
            },
            Order = _order,
            Digest = result.Digest,
            LogTail = [.. result.TaskErrors, .. result.LogTail],
            Failure = result.Failure,
            WasStopped = result.WasCancelled,
        };
    }

    private static string ReferenceOf(SuppliedImage image) =>
        image.Digest is { } digest ? $"{image.Reference}@{digest}" : image.Reference.ToString();

    private SwarmUpdateOptions Options(RegistryCredential? credential) => request.Swarm with
    {
        Force = request.Force,
        Credential = credential,
        Watch = request.Watch,
        Order = request.WantedOrder,
        HealthTimeout = request.HealthTimeout,
        IsRollback = request.Kind == ProHistoryKind.Rollback,
    };
}
