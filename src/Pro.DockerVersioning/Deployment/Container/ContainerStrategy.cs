using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Deployment.Container;

/// <summary>A container of its own: re-created on the other image, through the Engine API.</summary>
internal sealed class ContainerStrategy(
    EngineConnection engine, DeploymentRequest request, ServiceTarget target, ContainerReplacement replacement)
    : IDeploymentStrategy
{
    private SwapChoice? _planned;

    public ProStrategy Kind => ProStrategy.Container;

    public IReadOnlyList<string> LastLog => replacement.LastLog;

    public Task<bool> IsHealthyAsync(CancellationToken cancellationToken) => replacement.AreHealthyAsync(target, cancellationToken);

    public async Task<StrategyPlan?> PlanAsync(SuppliedImage image, CancellationToken cancellationToken)
    {
        var choice = await PlannedSwap
            .ChooseAsync(engine, request, target, request.WantedOrder, image.LocalId, cancellationToken).ConfigureAwait(false);
        _planned = choice;
        return new StrategyPlan(
            $"the container {target.Name} is re-created from it, {choice.Order.ToText()}: {choice.Description}",
            request.WarningsFor(choice),
            choice.Flow);
    }

    public Task<StrategyResult> RunAsync(SuppliedImage image, LockedOperation operation, CancellationToken cancellationToken) =>
        replacement.RunAsync(
            ReplacementJob.Of(operation, target, image, _planned, request.WantedOrder) with { TakesFoundFiles = true }, cancellationToken);
}
