using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Compose;
using Pro.DockerVersioning.Services.Containers;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>
/// A compose service whose files are not on this machine: a stack tool made it, or another host. Its containers are replaced as they are, and
/// keep compose's labels; what the files say can't be looked at, nor changed.
/// </summary>
internal sealed class ForeignComposeStrategy(
    EngineConnection engine, DeploymentRequest request, ServiceTarget target, ContainerReplacement replacement, IProgress<Report> reports)
    : IDeploymentStrategy
{
    private const string Secrets = "/run/secrets/";

    private const int Added = 1;

    private readonly ContainerCalls _calls = new(engine);
    private SwapChoice? _planned;

    /// <inheritdoc/>
    public ProStrategy Kind => ProStrategy.Compose;

    /// <inheritdoc/>
    public async Task<StrategyPlan?> PlanAsync(SuppliedImage image, CancellationToken cancellationToken)
    {
        var choice = await PlannedSwap
            .ChooseAsync(engine, request, target, request.WantedOrder, image.LocalId, reports, cancellationToken).ConfigureAwait(false);
        _planned = choice;
        var files = target.Labels.GetValueOrDefault(ComposeLabels.Files, "-");
        return new StrategyPlan(
            choice.Order.ToText(),
            $"{target.Name} is swapped as it is, {choice.Order.ToText()}: {choice.Description}. Its compose files ({files}) are not on this machine",
            [
                .. request.WarningsFor(choice),
                $"The compose files of {target.Name} ({files}) are not on this machine, so they still name the old version. Write it into them, or "
                    + $"into the stack tool that keeps them, or their next deployment goes back: image: {image.Reference}",
                $"What those files make compose do besides is not known here: lifecycle hooks are not run, and of the files that compose copies into "
                    + $"a container only those in {Secrets} go along.",
            ],
            choice.Flow);
    }

    /// <inheritdoc/>
    public async Task<StrategyResult> RunAsync(SuppliedImage image, HeldOperation operation, CancellationToken cancellationToken)
    {
        var injected = new HashSet<string>(StringComparer.Ordinal);
        foreach (var container in target.Containers)
        {
            injected.UnionWith(await InjectedAsync(container.Id, cancellationToken).ConfigureAwait(false));
        }

        return await replacement.RunAsync(
            new ReplacementJob
            {
                Operation = operation,
                Target = target,
                Image = image.Reference.ToString(),
                ImageId = image.LocalId,
                Planned = _planned,
                Order = request.WantedOrder,
                InjectedFiles = [.. injected],
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Files that are in the container's own layer where nobody but compose puts any.</summary>
    private async Task<IEnumerable<string>> InjectedAsync(string id, CancellationToken cancellationToken)
    {
        var mounts = (await _calls.InspectAsync(id, cancellationToken).ConfigureAwait(false)).Elements("Mounts")
            .Select(mount => mount.Text("Destination")).ToHashSet(StringComparer.Ordinal);
        var added = (await engine.Http.GetListAsync($"containers/{id}/changes", cancellationToken).ConfigureAwait(false))
            .Where(change => change?["Kind"]?.GetValue<int>() == Added)
            .Select(change => change.Text("Path"))
            .Where(path => path.StartsWith(Secrets, StringComparison.Ordinal) && !mounts.Contains(path))
            .ToList();
        return added.Where(path => !added.Exists(other => other.StartsWith(path + "/", StringComparison.Ordinal)));
    }
}
