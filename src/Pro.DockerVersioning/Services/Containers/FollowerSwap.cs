using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// Containers that share the old one's network, IPC or processes are made again to share the new one's, and those that share
/// theirs. It happens when the new one is proven and before there is no way back; until then the old followers are kept, as the
/// old one is. Each new follower's labels say whom it follows: so whoever repairs that one knows which follower is right.
/// </summary>
internal sealed class FollowerSwap(ContainerCalls calls, IProgress<Report> reports)
{
    /// <summary>Refuses, before anything is touched, what would have no way back.</summary>
    /// <exception cref="ProException">The old one removes itself, and its followers could not have it back.</exception>
    public async Task CheckAsync(SwapStep step, CancellationToken cancellationToken)
    {
        if (step.RemovesItself && await FindAsync(step.OldId, step.Name, cancellationToken).ConfigureAwait(false) is { Count: > 0 } found)
        {
            throw ContainerErrors.FollowersOfOneThatRemovesItself(step.Name, found.Select(follower => follower.Text("Name").TrimStart('/')));
        }
    }

    /// <summary>Makes them again, each with its own image.</summary>
    public async Task MoveAsync(SwapStep step, SwapRequest request, CancellationToken cancellationToken)
    {
        var successors = new Dictionary<string, string>(StringComparer.Ordinal) { [step.OldId] = step.NewId };
        var leaders = new Queue<(string Id, string Name)>([(step.OldId, step.Name)]);
        while (leaders.TryDequeue(out var leader))
        {
            foreach (var follower in await FindAsync(leader.Id, leader.Name, cancellationToken).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var one = await SwapStep.OfAsync(calls, follower.Text("Id"), cancellationToken).ConfigureAwait(false);
                await MoveAsync(one, step, successors, await request.FollowerLabels(follower, successors, cancellationToken).ConfigureAwait(false))
                    .ConfigureAwait(false);
                successors[one.OldId] = one.NewId;
                leaders.Enqueue((one.OldId, one.Name));
            }
        }
    }

    private async Task MoveAsync(
        SwapStep follower, SwapStep leader, IReadOnlyDictionary<string, string> successors, IReadOnlyDictionary<string, string?> more)
    {
        reports.Report(new VerboseReport($"{follower.Name} follows {leader.Name}, and is made again."));
        var labels = new Dictionary<string, string?>(more, StringComparer.Ordinal)
        {
            [ContainerLabels.Leader] = leader.Name,
            [ContainerLabels.LeaderId] = leader.NewId,
        };
        var options = follower.Options(labels, SwapFlow.StopFirst, reports) with { Successors = successors, RestartPolicy = null };
        var image = await calls
            .ReferenceOfAsync(follower.Recipe.Reference, follower.Recipe.ImageId, CancellationToken.None).ConfigureAwait(false);
        follower.NewId = await calls.CreateAsync(follower.Recipe.On(image, options), CancellationToken.None).ConfigureAwait(false);
        await new TakeOver(calls).RunAsync(follower).ConfigureAwait(false);
        if (ContainerFollowers.Ran(follower.Old))
        {
            await calls.StartAsync(follower.NewId, CancellationToken.None).ConfigureAwait(false);
            if (PreviousState.Of(follower.Old).Status == "paused")
            {
                await calls.PauseAsync(follower.NewId, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<IReadOnlyList<JsonObject>> FindAsync(string id, string name, CancellationToken cancellationToken) =>
    [
        .. ContainerFollowers.Find(await calls.InspectAllAsync(cancellationToken).ConfigureAwait(false), id, name)
            .Where(follower => !SwapNames.IsLeftover(follower.Text("Name").TrimStart('/'))),
    ];
}
