using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>
/// What one container goes through while another one takes its place. <see cref="ContainerSwapper"/> calls the phases, each for all
/// containers of the operation before the next.
/// </summary>
internal abstract class SwapPhases(ContainerApi calls, SwapState state)
{
    /// <summary>The swap.</summary>
    public SwapState State => state;

    /// <summary>Which of the two goes first.</summary>
    public virtual UpdateOrder Order => UpdateOrder.StopFirst;

    /// <summary>The engine's calls.</summary>
    protected ContainerApi Calls => calls;

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
            await calls.RenameAsync(state.NewId, state.Name, CancellationToken.None).ConfigureAwait(false);
        }
        else if (await calls.FindAsync(state.OldId, CancellationToken.None).ConfigureAwait(false) is not null)
        {
            await new NameTakeover(calls).RenameAsync(state.OldId, SwapNames.Done(state.Name), CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Lets the old container end its work; it is committed already.</summary>
    public virtual Task DrainAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether it failed because the engine can't run both, and not for what the new version is.</summary>
    public virtual bool IsImpossible(ProException failure) => false;
}
