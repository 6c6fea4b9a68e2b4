using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Compose;

/// <summary>
/// Restarts what says <c>depends_on: {SERVICE: {restart: true}}</c>, as compose does when it updates that service; an <c>up</c> of the
/// service alone, and a swap, leave it running with what it knows of the old container.
/// </summary>
/// <remarks>Without the project's files a label says what a service depended on when compose made its container.</remarks>
internal sealed class ComposeDependents(ContainerApi calls, ServiceTarget target, IProgress<Report> reports, ProjectFiles? files = null)
{
    private readonly string _service = target.Labels.GetValueOrDefault(ComposeLabels.Service, "");

    /// <summary>What the plan says of it.</summary>
    public async Task<IReadOnlyList<string>> PlanAsync(CancellationToken cancellationToken)
    {
        var services = Services(await FindAsync(cancellationToken).ConfigureAwait(false));
        return services.Count == 0 ? []
            : [$"{string.Join(", ", services)} {(services.Count == 1 ? "is" : "are")} restarted afterwards "
                + "(depends_on with restart: true)"];
    }

    /// <summary>
    /// Restarts those that run: all of them, or those that had started before. Who has started since knows the container that runs now.
    /// What can't be restarted is told: the service itself is as it should be.
    /// </summary>
    public async Task RestartAsync(DeploymentSteps? steps = null, DateTimeOffset? startedBefore = null)
    {
        try
        {
            var found = (await FindAsync(CancellationToken.None).ConfigureAwait(false))
                .Where(one => startedBefore is null || one.StartedAt < startedBefore).ToList();
            if (found.Count > 0)
            {
                steps?.Begin($"restart {string.Join(", ", Services(found))}");
            }

            foreach (var container in found)
            {
                await RestartAsync(container).ConfigureAwait(false);
            }
        }
        catch (ProException failure)
        {
            reports.Report(new WarningReport($"What depends on {_service} (restart: true) could not be looked for: {failure.Message}"));
        }
    }

    private static List<string> Services(IEnumerable<ContainerView> found) =>
        [.. found.Select(one => one.Labels[ComposeLabels.Service]).Distinct(StringComparer.Ordinal)];

    private async Task<IReadOnlyList<ContainerView>> FindAsync(CancellationToken cancellationToken)
    {
        var said = files is null ? null : ServiceDependencies.RestartedWith(files, _service);
        if (said is { Count: 0 })
        {
            return [];
        }

        var project = target.Labels.GetValueOrDefault(ComposeLabels.Project, "");
        return [.. (await calls.FindAllAsync(ComposeLabels.Project, project, cancellationToken).ConfigureAwait(false))
            .Where(one => one.IsRunning && one.Labels is var labels && ComposeLabels.IsServiceContainer(labels)
                && (said?.Contains(labels[ComposeLabels.Service]) ?? ComposeLabels.IsRestartedWith(labels, _service)))];
    }

    private async Task RestartAsync(ContainerView container)
    {
        var (id, name) = (container.Id, container.Name);
        try
        {
            reports.Report(new VerboseReport($"{name} depends on {_service} (restart: true), and is restarted."));
            await calls.StopAsync(id, CancellationToken.None).ConfigureAwait(false);
            await calls.StartAsync(id, CancellationToken.None).ConfigureAwait(false);
            await new FollowerRefresh(calls).RunAsync(id, name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProException failure)
        {
            reports.Report(new WarningReport(
                $"{name} depends on {_service} (restart: true) and could not be restarted: {failure.Message}"));
        }
    }
}
