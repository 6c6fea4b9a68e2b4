namespace Pro.DockerVersioning.Services.Containers;

/// <summary>Without published ports: on the old one's networks, which don't know it by the service's names yet.</summary>
internal sealed class BesideSide(ContainerCalls calls, SwapStep step) : NewSide(calls, step)
{
    /// <inheritdoc/>
    public override bool HandsPortsOver => false;

    /// <inheritdoc/>
    public override async Task StartAsync(ContainerCreation creation)
    {
        await CreateAsync(creation).ConfigureAwait(false);
        await StartNewAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Task HandPortsOverAsync() => Task.CompletedTask;
}
