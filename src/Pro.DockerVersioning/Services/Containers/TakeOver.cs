namespace Pro.DockerVersioning.Services.Containers;

/// <summary>The old one stops and gives its name to the new one, which is created already.</summary>
internal sealed class TakeOver(ContainerCalls calls)
{
    /// <summary>Its name says from the first moment that the old one is being stopped: see <see cref="SwapRepair"/>.</summary>
    public async Task RunAsync(SwapStep step)
    {
        await step.KeepOldAliveAsync(calls).ConfigureAwait(false);
        await step.RenameOldAsync(calls, SwapNames.Previous(step.Name)).ConfigureAwait(false);
        await calls.StopAsync(step.OldId, CancellationToken.None).ConfigureAwait(false);
        if (step.RemovesItself)
        {
            // The new one runs as NAME.pro-next until it is proven: nothing else would show that it isn't.
            await calls.WaitUntilRemovedAsync(step.OldId, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        await calls.RenameAsync(step.NewId, step.Name, CancellationToken.None).ConfigureAwait(false);
    }
}
