using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// The old container stops, and one like it, on another image, takes its place and name. The new one has its networks from its start on: a
/// process may bind its own address, or look up its database, at once and only then.
/// </summary>
internal sealed class StopFirstSwap(SwapOperation operation, SwapState state) : SwapPhases(operation, state)
{
    public override Task StartNewAsync(CancellationToken cancellationToken) => State.CreateAsync(Calls, Creation([]));

    // The engine finishes what it was asked, whether anyone waits for it or not; so the calls are not cancelled, only what is between them.
    // A stop is bounded by the container's own time-out.
    public override async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        if (State.RemovesItself)
        {
            // Its log goes with it.
            await Operation.Checks.BeforeRemovalAsync(State).ConfigureAwait(false);
        }

        State.Downtime.Begin();
        await TakeNameOverAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        await State.StartAsync(Calls, Creation, Operation.Reports).ConfigureAwait(false);
        State.Downtime.Note();
        await Calls.ThrowIfPortsAreMissingAsync(State.Old, State.NewId, cancellationToken).ConfigureAwait(false);
        await Operation.Checks.VerifyAsync(State, SwapFlow.StopFirst, CandidateStage.InPlace, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A container that shares its network may be the one that listens: it is re-created by now.</summary>
    public override async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        await Operation.Checks.VerifyAsync(State, SwapFlow.StopFirst, CandidateStage.OnItsPorts, cancellationToken).ConfigureAwait(false);
        State.Downtime.End();
    }

    private ContainerCreation Creation(IReadOnlyCollection<ChosenPort> freed) => State.Recipe.On(
        Operation.Request.Image, State.Options(Operation.Request.Labels(State.Old.Labels), Operation.Nonce) with { FreedPorts = freed });
}
