using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>Without published ports: on the old one's networks, which don't know it by the service's names yet.</summary>
internal sealed class SharedNetworkPlacement(ContainerApi calls, SwapState state) : CandidatePlacement(calls, state)
{
    /// <inheritdoc/>
    public override bool HandsPortsOver => false;

    /// <inheritdoc/>
    public override async Task StartAsync(ContainerCreation creation)
    {
        await State.CreateAsync(Calls, creation).ConfigureAwait(false);
        await StartNewAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task HandPortsOverAsync() => Task.CompletedTask;
}
