using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>What all swaps of an operation share.</summary>
internal sealed record SwapOperation(ContainerApi Calls, SwapRequest Request, ISwapChecks Checks, IProgress<Report> Reports)
{
    public string Nonce { get; } = Guid.NewGuid().ToString("N");
}

/// <summary>
/// What one container goes through while another one takes its place. <see cref="ContainerSwapper"/> calls the phases, each for all
/// containers of the operation before the next.
/// </summary>
internal abstract class SwapPhases(SwapOperation operation, SwapState state)
{
    public SwapState State => state;

    public virtual UpdateOrder Order => UpdateOrder.StopFirst;

    protected SwapOperation Operation => operation;

    protected ContainerApi Calls => operation.Calls;

    /// <summary>Creates the candidate, and starts it if it can run beside the old container. Touches nothing of that.</summary>
    public abstract Task StartNewAsync(CancellationToken cancellationToken);

    /// <summary>Verifies a candidate that runs beside the old container.</summary>
    public virtual Task VerifyAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Gives the candidate what the old container has: its place or its names and ports.</summary>
    public abstract Task TakeOverAsync(CancellationToken cancellationToken);

    /// <summary>Checks what can be seen only once all containers of the operation have taken over.</summary>
    public virtual Task ConfirmAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Stops the old container, which is kept, if it may have answered the check of the candidate.</summary>
    public virtual Task RetireAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Verifies the candidate once more after <see cref="RetireAsync"/>: nobody else can answer its check now.</summary>
    public virtual Task ConfirmAloneAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Marks the old container as done. The first mark of an operation commits all of it.</summary>
    public virtual async Task CommitAsync()
    {
        if (state.RemovesItself)
        {
            await Calls.RenameAsync(state.NewId, state.Name, CancellationToken.None).ConfigureAwait(false);
        }
        else if (await Calls.FindAsync(state.OldId, CancellationToken.None).ConfigureAwait(false) is not null)
        {
            await RenameOldAsync(Calls, state.OldId, SwapNames.Done(state.Name), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Lets the old container end its work; it is committed already.</summary>
    public virtual Task DrainAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Why the old container must stop first, if a phase has failed for that and not for the new version; else null.</summary>
    public virtual string? WhyStopFirst(ProException refusal) => null;

    /// <summary>
    /// Gives an old container another name. The engine can't rename one that has ended and waits for its restart, nor a running one on an
    /// attachable overlay network: these are stopped first.
    /// </summary>
    public static async Task RenameOldAsync(ContainerApi calls, string container, string name, CancellationToken cancellationToken)
    {
        try
        {
            await calls.RenameAsync(container, name, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException failure) when (failure.Id is not (EngineErrors.UnreachableId or "EngineConflict"))
        {
            // It may have been started again since the engine refused, and even have ended again.
            if (await calls.FindAsync(container, cancellationToken).ConfigureAwait(false) is not { } now
                || !(now.IsRestarting || now.RestartCount != 0
                    || await calls.IsOnOverlayAsync(now, cancellationToken).ConfigureAwait(false)))
            {
                throw;
            }

            await calls.StopAsync(container, cancellationToken).ConfigureAwait(false);
            await calls.RenameAsync(container, name, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The old container stops and gives its name to the new one, which is created already. Its name says from the first moment that the
    /// old container is being stopped: see <see cref="OperationRepair"/>.
    /// </summary>
    protected async Task TakeNameOverAsync()
    {
        await state.KeepOldAliveAsync(Calls).ConfigureAwait(false);
        await RenameOldAsync(Calls, state.OldId, SwapNames.Previous(state.Name), CancellationToken.None).ConfigureAwait(false);
        await Calls.StopAsync(state.OldId, CancellationToken.None).ConfigureAwait(false);
        if (state.RemovesItself)
        {
            // The new one runs as NAME.pro-next until it is verified: nothing else would show that it isn't.
            await Calls.WaitUntilRemovedAsync(state.OldId, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        await Calls.RenameAsync(state.NewId, state.Name, CancellationToken.None).ConfigureAwait(false);
    }
}
