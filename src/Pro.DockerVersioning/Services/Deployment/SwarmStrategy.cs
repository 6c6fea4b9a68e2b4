using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Swarm;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>A service of a swarm: the engine updates it, and this module watches and goes back where the engine doesn't.</summary>
internal sealed class SwarmStrategy(
    EngineConnection engine, DeploymentRequest request, ServiceTarget target, SwarmServiceInfo? info, DeploymentSteps steps, ImageSupply supply,
    IProgress<Report> reports)
    : IDeploymentStrategy
{
    /// <inheritdoc/>
    public ProStrategy Kind => ProStrategy.Swarm;

    /// <inheritdoc/>
    public Task<StrategyPlan> PlanAsync(SuppliedImage image, CancellationToken cancellationToken)
    {
        var options = Options(null);
        var batch = options.Parallelism is { } parallelism ? $", {(parallelism == 0 ? "all" : parallelism)} at a time" : "";
        var pause = options.Delay is { } delay ? $" with {delay.TotalSeconds:0.#} s between" : "";
        var canary = options.Canary is { } tasks ? $", {tasks} first as a canary" : "";
        var wanted = info?.Replicas is { } replicas ? $"{replicas} task{(replicas == 1 ? "" : "s")}" : "its tasks";
        return Task.FromResult(new StrategyPlan(
            OrderText,
            $"the swarm replaces {wanted} of {target.Name}{batch}{pause}{canary}",
            []));
    }

    /// <inheritdoc/>
    public async Task<StrategyResult> RunAsync(SuppliedImage image, HeldOperation operation, CancellationToken cancellationToken)
    {
        steps.Begin("update the swarm's service");
        var credential = await supply.CredentialAsync(image.Reference, cancellationToken).ConfigureAwait(false);
        var reference = image.Digest is { } digest ? $"{image.Reference}@{digest}" : image.Reference.ToString();
        var result = await SwarmUpdate
            .RunAsync(
                engine,
                target.Name,
                reference,
                Options(credential) with { MustBeHeldAsync = operation.MustBeHeldAsync },
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
            Order = OrderText,
            Digest = result.Digest,
            LogTail = [.. result.TaskErrors, .. result.LogTail],
            Failure = result.Failure,
            WasStopped = result.WasCancelled,
        };
    }

    private string OrderText => request.WantedOrder is { } order ? order.ToText() : "as the service says";

    private SwarmUpdateOptions Options(RegistryCredential? credential) => request.Swarm with
    {
        Force = request.Force,
        Credential = credential,
        Watch = request.Watch,
        Order = request.WantedOrder switch
        {
            UpdateOrder.StartFirst => SwarmUpdateOrder.StartFirst,
            UpdateOrder.StopFirst => SwarmUpdateOrder.StopFirst,
            _ => null,
        },
        HealthTimeout = request.HealthTimeout ?? request.Swarm.HealthTimeout,
    };
}
