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
    public async Task RunAsync(string id, string name, CancellationToken cancellationToken)
    {
        var leader = await calls.InspectAsync(id, cancellationToken).ConfigureAwait(false);
        var again = new List<ContainerView>();
        var all = await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false);
        foreach (var follower in NamespaceFollowers.Chain(all, [(id, name)]))
        {
            var isDirect = NamespaceFollowers.Find([follower], id, name).Count > 0;
            if (NamespaceFollowers.LeadersOf(follower, again).Count > 0
                ? follower.IsRunning || DiedWith(leader, follower)
                : isDirect && ((follower.IsRunning && follower.StartedAt < leader.StartedAt) || DiedWith(leader, follower)))
            {
                again.Add(follower);
            }
        }

        // One that shares the processes of another dies with it: all of them stop, the last ones first, before the first one starts.
        foreach (var follower in Enumerable.Reverse(again).Where(one => one.IsRunning))
        {
            await calls.StopAsync(follower.Id, cancellationToken).ConfigureAwait(false);
        }

        foreach (var follower in again)
        {
            await calls.StartAsync(follower.Id, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The engine kills who shares a container's processes when that stops, and starts nobody again.</summary>
    private static bool DiedWith(ContainerView leader, ContainerView follower) =>
        !follower.IsRunning && NamespaceFollowers.Ran(follower)
        && (follower.FinishedAt - leader.FinishedAt).Duration() < SameMoment;
}
