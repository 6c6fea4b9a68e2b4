using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>Where a new container is while it is proven, and how the ports come to it.</summary>
internal abstract class NewSide(ContainerCalls calls, SwapStep step)
{
    /// <summary>Whether there are ports to hand over.</summary>
    public virtual bool HandsPortsOver => true;

    /// <summary>The engine's calls.</summary>
    protected ContainerCalls Calls => calls;

    /// <summary>The swap.</summary>
    protected SwapStep Step => step;

    /// <summary>The networks that are there for the swap only.</summary>
    protected SwapNetworks Networks { get; } = new(calls);

    /// <summary>The one that belongs to a flow.</summary>
    public static NewSide For(SwapFlow flow, ContainerCalls calls, SwapStep step) => flow switch
    {
        SwapFlow.StartFirst => new BesideSide(calls, step),
        SwapFlow.WarmStaged => new StagedSide(calls, step),
        SwapFlow.WarmDetached => new DetachedSide(calls, step),
        SwapFlow.WarmHeld => new HeldSide(calls, step),
        _ => throw new ArgumentOutOfRangeException(nameof(flow), flow, "Not side by side."),
    };

    /// <summary>Makes the new one and starts it, with no port bound.</summary>
    public abstract Task StartAsync(ContainerCreation creation);

    /// <summary>Leaves what it was proven on; the old one still serves.</summary>
    public virtual Task LeaveStageAsync() => Task.CompletedTask;

    /// <summary>Takes the ports from the old one and gives them to the new one.</summary>
    public abstract Task HandPortsOverAsync();

    /// <summary>Whether it failed because the engine can't do it that way, and not for what the new version is.</summary>
    public virtual bool IsImpossible(ProException failure) => false;

    /// <summary>Makes the new one.</summary>
    protected async Task CreateAsync(ContainerCreation creation) =>
        step.NewId = await calls.CreateAsync(creation, CancellationToken.None).ConfigureAwait(false);

    /// <summary>Starts the new one.</summary>
    protected Task StartNewAsync() => calls.StartAsync(step.NewId, CancellationToken.None);

    /// <summary>Whether the new one has all its ports.</summary>
    protected async Task<bool> HasPortsAsync() =>
        PublishedPorts.Unbound(await calls.InspectAsync(step.NewId, CancellationToken.None).ConfigureAwait(false)).Count == 0;
}
