using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Compose;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>Puts the containers of a compose service back to what they were before an <c>up</c>.</summary>
internal sealed class UpRestore(EngineConnection engine, IProgress<Report>? reports = null)
{
    private readonly ContainerCalls _calls = new(engine);

    /// <summary>Puts them back; what <c>up</c> has made goes. What fails once is tried once more.</summary>
    /// <param name="record">What they were.</param>
    /// <param name="project">Compose's project.</param>
    /// <param name="service">Compose's service.</param>
    /// <param name="followers">Re-creates what shares their network, IPC or processes.</param>
    /// <exception cref="ProException">They could not be put back.</exception>
    public async Task RunAsync(UpRecord record, string project, string service, ComposeFollowers? followers = null)
    {
        try
        {
            await OnceAsync(record, project, service, followers).ConfigureAwait(false);
        }
        catch (ProException)
        {
            // It may succeed now; it begins anew with what it finds.
            await _calls.WaitForEngineAsync().ConfigureAwait(false);
            await OnceAsync(record, project, service, followers).ConfigureAwait(false);
        }
    }

    private async Task OnceAsync(UpRecord record, string project, string service, ComposeFollowers? followers)
    {
        var old = record.Containers.Select(container => container.Id).ToHashSet(StringComparer.Ordinal);
        var leaders = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var made in await ContainersAsync(project, service).ConfigureAwait(false))
        {
            if (!old.Contains(made.ID))
            {
                // What follows it follows the one that comes back with its number, else the first.
                leaders[made.ID] = (record.Containers.FirstOrDefault(container => Names(made).Contains(container.Name))
                    ?? record.Containers.FirstOrDefault())?.Id ?? "";
                await _calls.StopAsync(made.ID, CancellationToken.None).ConfigureAwait(false);
                if (await AreAllThereAsync(record).ConfigureAwait(false))
                {
                    await _calls.RemoveAsync(made.ID, CancellationToken.None).ConfigureAwait(false);
                }
                else
                {
                    // An anonymous volume that only it holds must not be without a container while the old one is made again.
                    await MoveAsideAsync(made, record).ConfigureAwait(false);
                }
            }
        }

        var back = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var container in record.Containers)
        {
            back[container.Id] = await PutBackAsync(container).ConfigureAwait(false);
        }

        await (followers ?? new ComposeFollowers(_calls, reports)).RestoreAsync(leaders, back).ConfigureAwait(false);

        foreach (var made in await ContainersAsync(project, service).ConfigureAwait(false))
        {
            if (!record.Containers.Any(container => container.Id == made.ID || Names(made).Contains(container.Name)))
            {
                await _calls.RemoveAsync(made.ID, CancellationToken.None).ConfigureAwait(false);
            }
        }

        await record.RemoveAsync(engine).ConfigureAwait(false);
    }

    private async Task<bool> AreAllThereAsync(UpRecord record)
    {
        foreach (var container in record.Containers)
        {
            if (await _calls.FindAsync(container.Id, CancellationToken.None).ConfigureAwait(false) is null)
            {
                return false;
            }
        }

        return true;
    }

    private async Task MoveAsideAsync(ContainerListResponse made, UpRecord record)
    {
        if (record.Containers.Any(container => Names(made).Contains(container.Name)))
        {
            await _calls.RenameAsync(made.ID, $"{ContainerIds.Short(made.ID)}_failed", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<string> PutBackAsync(RecordedContainer container)
    {
        var now = await _calls.FindAsync(container.Id, CancellationToken.None).ConfigureAwait(false)
            ?? await _calls.FindAsync(container.Name, CancellationToken.None).ConfigureAwait(false);
        string id;
        if (now is not null)
        {
            id = now.Text("Id");
            if (now.Text("Name").TrimStart('/') != container.Name)
            {
                await _calls.RenameAsync(id, container.Name, CancellationToken.None).ConfigureAwait(false);
            }
        }
        else
        {
            var recipe = container.Recipe ?? throw ContainerErrors.RestoreFailed(
                container.Name, "its update failed", ContainerErrors.ConfigurationNotKept(container.Name));
            if (ImageReference.TryParse(recipe.Reference, out var tag) && DeploymentAliases.IsAlias(tag))
            {
                // The tag by which compose made it has to name it again.
                await new DeploymentAliasMover(engine, new Progress<Report>()).FollowAsync(new([tag], null), recipe.ImageId).ConfigureAwait(false);
            }

            var image = await _calls.ReferenceOfAsync(recipe.Reference, recipe.ImageId, CancellationToken.None).ConfigureAwait(false);
            id = await _calls.CreateAsync(recipe.On(image, new RecipeOptions()), CancellationToken.None).ConfigureAwait(false);
        }

        if (container.State.Ran)
        {
            await _calls.StartAsync(id, CancellationToken.None).ConfigureAwait(false);
        }

        if (container.State.Status == "paused"
            && !(await _calls.InspectAsync(id, CancellationToken.None).ConfigureAwait(false))["State"].Flag("Paused"))
        {
            await _calls.PauseAsync(id, CancellationToken.None).ConfigureAwait(false);
        }

        return id;
    }

    private static IEnumerable<string> Names(ContainerListResponse container) => container.Names.Select(name => name.TrimStart('/'));

    private async Task<IEnumerable<ContainerListResponse>> ContainersAsync(string project, string service)
    {
        var filter = new Dictionary<string, IDictionary<string, bool>>
        {
            ["label"] = new Dictionary<string, bool>
            {
                [$"{ComposeLabels.Project}={project}"] = true,
                [$"{ComposeLabels.Service}={service}"] = true,
            },
        };
        var found = await engine.CallAsync(client => client.Containers.ListContainersAsync(
            new ContainersListParameters { All = true, Filters = filter }, CancellationToken.None)).ConfigureAwait(false);
        return found.Where(container => ComposeLabels.IsServiceContainer(container.Labels));
    }
}
