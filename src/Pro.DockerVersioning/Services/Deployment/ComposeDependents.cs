using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Compose;
using Pro.DockerVersioning.Services.Containers;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>
/// Restarts what says <c>depends_on: {SERVICE: {restart: true}}</c>, as compose does when it updates that service; an <c>up</c> of the
/// service alone, and a swap, leave it running with what it knows of the old container.
/// </summary>
internal sealed class ComposeDependents(ContainerCalls calls, ComposeSite site, IProgress<Report> reports)
{
    /// <summary>The services that are restarted.</summary>
    public IReadOnlyList<string> Services { get; } = ServiceDependencies.RestartedWith(site.Files, site.Service);

    /// <summary>Those of them of which a container runs: only they are restarted.</summary>
    public async Task<IReadOnlyList<string>> RunningAsync(CancellationToken cancellationToken)
    {
        var running = new List<string>();
        foreach (var service in Services)
        {
            if ((await calls.FindAllAsync(ComposeLabels.Service, service, cancellationToken).ConfigureAwait(false)).Any(IsOurs))
            {
                running.Add(service);
            }
        }

        return running;
    }

    /// <summary>Restarts those of their containers that run. What can't be restarted is told: the service itself is as it should be.</summary>
    public async Task RestartAsync(DeploymentSteps steps)
    {
        if (Services.Count == 0)
        {
            return;
        }

        steps.Begin($"restart {string.Join(", ", Services)}");
        foreach (var service in Services)
        {
            var found = await calls.FindAllAsync(ComposeLabels.Service, service, CancellationToken.None).ConfigureAwait(false);
            foreach (var container in found.Where(IsOurs))
            {
                await RestartAsync(container.Text("Id"), container.Text("Name").TrimStart('/')).ConfigureAwait(false);
            }
        }
    }

    private bool IsOurs(JsonObject container) => container["State"].Flag("Running")
        && ComposeLabels.Get(container.Labels(), ComposeLabels.Project) == site.Client.Project.Name
        && ComposeLabels.IsServiceContainer(container.Labels());

    private async Task RestartAsync(string id, string name)
    {
        try
        {
            await calls.StopAsync(id, CancellationToken.None).ConfigureAwait(false);
            await calls.StartAsync(id, CancellationToken.None).ConfigureAwait(false);
            await new FollowerRefresh(calls).RunAsync(id, name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProException failure)
        {
            reports.Report(new WarningReport($"{name} depends on {site.Service} (restart: true) and could not be restarted: {failure.Message}"));
        }
    }
}
