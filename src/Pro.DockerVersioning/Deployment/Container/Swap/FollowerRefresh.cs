using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// A container that was stopped and started has a new network, IPC and processes. Those that run on what it had before are alive
/// and interrupted: they are started again.
/// </summary>
internal sealed class FollowerRefresh(ContainerApi calls)
{
    private static readonly TimeSpan SameMoment = TimeSpan.FromSeconds(2);

    /// <summary>Starts them again, and those that share theirs.</summary>
    /// <param name="id">The container that was started.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public async Task RunAsync(string id, string name, CancellationToken cancellationToken)
    {
        var leader = await calls.InspectAsync(id, cancellationToken).ConfigureAwait(false);
        var again = new List<JsonObject>();
        var all = await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false);
        foreach (var follower in NamespaceFollowers.Chain(all, [(id, name)]))
        {
            var isDirect = NamespaceFollowers.Find([follower], id, name).Count > 0;
            if (NamespaceFollowers.LeadersOf(follower, again).Count > 0
                ? follower["State"].Flag("Running") || DiedWith(leader, follower)
                : isDirect && ((follower["State"].Flag("Running") && StartOf(follower) < StartOf(leader)) || DiedWith(leader, follower)))
            {
                again.Add(follower);
            }
        }

        // One that shares the processes of another dies with it: all of them stop, the last ones first, before the first one starts.
        foreach (var follower in Enumerable.Reverse(again).Where(one => one["State"].Flag("Running")))
        {
            await calls.StopAsync(follower.Text("Id"), cancellationToken).ConfigureAwait(false);
        }

        foreach (var follower in again)
        {
            await calls.StartAsync(follower.Text("Id"), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The engine kills who shares a container's processes when that stops, and starts nobody again.</summary>
    private static bool DiedWith(JsonObject leader, JsonObject follower) =>
        !follower["State"].Flag("Running") && NamespaceFollowers.Ran(follower)
        && (follower["State"].Time("FinishedAt") - leader["State"].Time("FinishedAt")).Duration() < SameMoment;

    private static DateTimeOffset StartOf(JsonObject container) => container["State"].Time("StartedAt");
}
