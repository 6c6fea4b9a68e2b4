using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// A container that was stopped and started has a new network, IPC and processes. Those that run on what it had before are alive
/// and cut off: they are started again.
/// </summary>
internal sealed class FollowerRefresh(ContainerCalls calls)
{
    /// <summary>Starts them again, and those that share theirs.</summary>
    /// <param name="id">The container that was started.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task RunAsync(string id, string name, CancellationToken cancellationToken)
    {
        var started = StartOf(await calls.InspectAsync(id, cancellationToken).ConfigureAwait(false));
        var all = await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false);
        foreach (var follower in ContainerFollowers.Find(all, id, name))
        {
            if (follower["State"].Flag("Running") && StartOf(follower) < started)
            {
                await calls.StopAsync(follower.Text("Id"), cancellationToken).ConfigureAwait(false);
                await calls.StartAsync(follower.Text("Id"), cancellationToken).ConfigureAwait(false);
                await RunAsync(follower.Text("Id"), follower.Text("Name").TrimStart('/'), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static DateTimeOffset StartOf(JsonObject container) => container["State"].Time("StartedAt");
}
