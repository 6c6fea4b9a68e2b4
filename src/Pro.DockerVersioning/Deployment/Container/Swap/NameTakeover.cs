using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

internal static class NameTakeover
{
    /// <summary>
    /// Gives an old container another name. The engine can't rename one that has ended and waits for its restart, nor a running one on an
    /// attachable overlay network: these are stopped first.
    /// </summary>
    public static async Task RenameOldAsync(this ContainerApi calls, string container, string name, CancellationToken cancellationToken)
    {
        try
        {
            await calls.RenameAsync(container, name, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException failure) when (failure.Id is not (EngineErrors.UnreachableId or "EngineConflict"))
        {
            // It may have been started again since the engine refused, and even have ended again.
            if (await calls.FindAsync(container, cancellationToken).ConfigureAwait(false) is not { } now
                || !(now.IsRestarting || now.RestartCount != 0 || await calls.IsOnOverlayAsync(now, cancellationToken).ConfigureAwait(false)))
            {
                throw;
            }

            await calls.StopAsync(container, cancellationToken).ConfigureAwait(false);
            await calls.RenameAsync(container, name, cancellationToken).ConfigureAwait(false);
        }
    }
}
