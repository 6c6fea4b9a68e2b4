using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>Where a candidate is while it is verified, and how the ports come to it.</summary>
internal abstract class CandidatePlacement(ContainerApi calls, SwapState state)
{
    /// <summary>Whether there are ports to hand over.</summary>
    public virtual bool HandsPortsOver => true;

    /// <summary>The engine's calls.</summary>
    protected ContainerApi Calls => calls;

    /// <summary>The swap.</summary>
    protected SwapState State => state;

    /// <summary>The networks that are there for the swap only.</summary>
    protected SwapNetworks Networks { get; } = new(calls);

    /// <summary>The one that belongs to a flow.</summary>
    public static CandidatePlacement For(SwapFlow flow, ContainerApi calls, SwapState state) => flow switch
    {
        SwapFlow.StartFirst => new SharedNetworkPlacement(calls, state),
        SwapFlow.WarmDetached => new NoNetworkPlacement(calls, state),
        SwapFlow.WarmHeld => new PortHoldPlacement(calls, state),
        _ => throw new ArgumentOutOfRangeException(nameof(flow), flow, "Not side by side."),
    };

    /// <summary>Makes the new one and starts it, with no port bound.</summary>
    public abstract Task StartAsync(ContainerCreation creation);

    /// <summary>Takes the ports from the old one and gives them to the new one.</summary>
    public abstract Task HandPortsOverAsync();

    /// <summary>Whether it failed because the engine can't do it that way, and not for what the new version is.</summary>
    public virtual bool IsImpossible(ProException failure) => false;

    /// <summary>Starts the new one.</summary>
    protected Task StartNewAsync() => calls.StartAsync(state.NewId, CancellationToken.None);

    /// <summary>Whether the new one has all its ports.</summary>
    protected async Task<bool> HasPortsAsync() =>
        PublishedPorts.Unbound(await calls.InspectAsync(state.NewId, CancellationToken.None).ConfigureAwait(false)).Count == 0;
}
