using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Compose;

/// <summary>
/// A compose service whose files are not on this machine: a stack tool made it, or another host. Its containers are replaced as they are,
/// and keep compose's labels; what the files say can't be looked at, nor changed.
/// </summary>
internal sealed class ForeignComposeStrategy(
    EngineConnection engine,
    DeploymentRequest request,
    ServiceTarget target,
    ContainerReplacement replacement,
    DeploymentSteps steps,
    IProgress<Report> reports)
    : IDeploymentStrategy
{
    private readonly ComposeDependents _dependents = new(new ContainerApi(engine), target, reports);
    private SwapChoice? _planned;

    public ProStrategy Kind => ProStrategy.Compose;

    public IReadOnlyList<string> LastLog => replacement.LastLog;

    public Task<bool> IsHealthyAsync(CancellationToken cancellationToken) => replacement.AreHealthyAsync(target, cancellationToken);

    public async Task<StrategyPlan?> PlanAsync(SuppliedImage image, CancellationToken cancellationToken)
    {
        var choice = await PlannedSwap
            .ChooseAsync(engine, request, target, request.WantedOrder, image.LocalId, cancellationToken).ConfigureAwait(false);
        _planned = choice;
        var files = target.Labels.GetValueOrDefault(ComposeLabels.Files, "-");
        return new StrategyPlan(
            $"{target.Name} is swapped as it is, {choice.Order.ToText()}: {choice.Description}. "
                + $"Its compose files ({files}) are not on this machine",
            [
                .. request.WarningsFor(choice),
                $"The compose files of {target.Name} ({files}) are not on this machine, so they still name the old version. Write it into "
                    + $"them, or into the stack tool that keeps them, or their next deployment goes back: image: {image.Reference}",
                "What those files make compose do besides is not known here: lifecycle hooks are not run. Of the files that compose copies "
                    + "into a container, those go along that are seen: secrets, and read-only ones that the old image doesn't have.",
            ],
            choice.Flow)
        {
            Details = await _dependents.PlanAsync(cancellationToken).ConfigureAwait(false),
        };
    }

    public async Task<StrategyResult> RunAsync(SuppliedImage image, LockedOperation operation, CancellationToken cancellationToken)
    {
        var job = ReplacementJob.Of(operation, target, image, _planned, request.WantedOrder) with { TakesFoundFiles = true };
        var result = await replacement.RunAsync(job, cancellationToken).ConfigureAwait(false);
        if (result.TouchedTheService)
        {
            await _dependents.RestartAsync(steps).ConfigureAwait(false);
        }

        return result;
    }
}
