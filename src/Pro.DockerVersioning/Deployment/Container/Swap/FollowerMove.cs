using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// A container that shares the network, IPC or processes of one that is replaced is re-created, on its own image, to share the new one's.
/// It happens once that one is verified; until the commit the old follower is kept, as the old container is. All its leaders have their
/// successors before; they may follow others themselves.
/// </summary>
internal sealed class FollowerMove(
    SwapOperation operation, SwapState state, IReadOnlyList<SwapState> leaders, Dictionary<string, string> successors)
    : SwapPhases(operation, state)
{
    private string Leaders => string.Join(" and ", leaders.Select(leader => leader.Name));

    public override Task StartNewAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Operation.Reports.Report(new VerboseReport($"{State.Name} follows {Leaders}, and is re-created."));
        foreach (var leader in leaders)
        {
            successors[leader.OldId] = leader.NewId;
        }

        var labels = await Operation.Request.FollowerLabels(State.Old, successors, cancellationToken).ConfigureAwait(false);
        var options = State.Options(labels, Operation.Nonce) with { Successors = successors, RestartPolicy = null };
        var image = await Calls
            .ReferenceOfAsync(State.Recipe.Reference, State.Recipe.ImageId, CancellationToken.None).ConfigureAwait(false);
        await State.CreateAsync(Calls, Creation([])).ConfigureAwait(false);
        await TakeNameOverAsync().ConfigureAwait(false);
        if (NamespaceFollowers.Ran(State.Old))
        {
            await State.StartAsync(Calls, Creation, Operation.Reports).ConfigureAwait(false);
        }

        if (State.Ran.Status == "paused")
        {
            await Calls.PauseAsync(State.NewId, CancellationToken.None).ConfigureAwait(false);
        }

        ContainerCreation Creation(IReadOnlyCollection<ChosenPort> freed) => State.Recipe.On(image, options with { FreedPorts = freed });
    }

    /// <summary>Throws if a follower that ran has ended since it was re-created.</summary>
    public async Task ThrowIfEndedAsync(CancellationToken cancellationToken)
    {
        var now = await Calls.InspectAsync(State.NewId, cancellationToken).ConfigureAwait(false);
        if (State.Ran.Status is "running" or "paused" && !now.IsRunning && !now.IsRestarting)
        {
            throw ContainerErrors.FollowerEnded(State.Name, Leaders);
        }
    }
}
