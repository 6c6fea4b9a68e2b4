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

    public bool NeedsLocalImage => false;

    /// <summary>The engine refuses an update of a service that was changed meanwhile.</summary>
    public bool IsUnchanged(ServiceTarget planned, ServiceTarget? now) => true;

    public Task<bool> IsHealthyAsync(CancellationToken cancellationToken) => Task.FromResult(true);

    public bool IsVerifiedAgain(StrategyResult restored) => true;

    public bool FailureTellsRestore => true;

    public async Task<StrategyPlan?> PlanAsync(SuppliedImage image, CancellationToken cancellationToken)
    {
        var options = await OptionsAsync(image, cancellationToken).ConfigureAwait(false);
        var plan = await SwarmUpdate.PlanAsync(engine, target.Name, ReferenceOf(image), options, cancellationToken).ConfigureAwait(false);
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
        var options = await OptionsAsync(image, cancellationToken).ConfigureAwait(false) with
        {
            ThrowIfLockLostAsync = operation.ThrowIfLockLostAsync,
        };
        var result = await SwarmUpdate
            .RunAsync(engine, target.Name, ReferenceOf(image), options, reports, cancellationToken).ConfigureAwait(false);
        return result with { Order = _order };
    }

    private static string ReferenceOf(SuppliedImage image) =>
        image.Digest is { } digest ? $"{image.Reference}@{digest}" : image.Reference.ToString();

    private async Task<SwarmUpdateOptions> OptionsAsync(SuppliedImage image, CancellationToken cancellationToken) => request.Swarm with
    {
        Force = request.Force,
        Credential = await supply.CredentialAsync(image.Reference, cancellationToken).ConfigureAwait(false),
        Watch = request.Watch,
        Order = request.WantedOrder,
        HealthTimeout = request.HealthTimeout,
        IsRollback = request.Kind == ProHistoryKind.Rollback,
    };
}
