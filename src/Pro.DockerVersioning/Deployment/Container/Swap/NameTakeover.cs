using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>The old container stops and gives its name to the new one, which is created already.</summary>
internal sealed class NameTakeover(ContainerApi calls)
{
    /// <summary>Its name says from the first moment that the old container is being stopped: see <see cref="OperationRepair"/>.</summary>
    public async Task RunAsync(SwapState state)
    {
        await state.KeepOldAliveAsync(calls).ConfigureAwait(false);
        await RenameAsync(state.OldId, SwapNames.Previous(state.Name), CancellationToken.None).ConfigureAwait(false);
        await calls.StopAsync(state.OldId, CancellationToken.None).ConfigureAwait(false);
        if (state.RemovesItself)
        {
            // The new one runs as NAME.pro-next until it is verified: nothing else would show that it isn't.
            await calls.WaitUntilRemovedAsync(state.OldId, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        await calls.RenameAsync(state.NewId, state.Name, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>
    /// Gives an old container another name. The engine can't rename one that has ended and waits for its restart, nor a running one on an
    /// attachable overlay network: these are stopped first.
    /// </summary>
    public async Task RenameAsync(string container, string name, CancellationToken cancellationToken)
    {
        try
        {
            await calls.RenameAsync(container, name, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException failure) when (failure.Id is not (EngineErrors.UnreachableId or "EngineConflict"))
        {
            if (await calls.FindAsync(container, cancellationToken).ConfigureAwait(false) is not { } now
                || !(EndsOverAndOver(now) || await calls.IsOnOverlayAsync(now, cancellationToken).ConfigureAwait(false)))
            {
                throw;
            }

            await calls.StopAsync(container, cancellationToken).ConfigureAwait(false);
            await calls.RenameAsync(container, name, cancellationToken).ConfigureAwait(false);
        }
    }

    // It may have been started again since the engine refused, and even have ended again.
    private static bool EndsOverAndOver(ContainerView now) => now.IsRestarting || now.RestartCount != 0;
}
