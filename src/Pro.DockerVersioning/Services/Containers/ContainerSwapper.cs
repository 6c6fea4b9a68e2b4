using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>How one container takes another's place.</summary>
internal enum SwapFlow
{
    /// <summary>The old one stops, then the new one starts.</summary>
    StopFirst,
}

/// <summary>The flow that fits a container.</summary>
/// <param name="Flow">How.</param>
/// <param name="Order">Which of the two goes first.</param>
/// <param name="Description">What is cut and for about how long, as a sentence's part.</param>
/// <param name="Warnings">What the operator should know before.</param>
internal sealed record SwapChoice(SwapFlow Flow, UpdateOrder Order, string Description, IReadOnlyList<string> Warnings);

/// <summary>Chooses how a container is replaced, and replaces it.</summary>
internal sealed class ContainerSwapper(EngineConnection engine, IProgress<Report> reports)
{
    private readonly ContainerCalls _calls = new(engine);

    /// <summary>Chooses the flow; looks only.</summary>
    /// <param name="container">The container's name or id.</param>
    /// <param name="order">What the service allows; null: nothing is said, and stop-first holds.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    public Task<SwapChoice> ChooseAsync(string container, UpdateOrder? order, CancellationToken cancellationToken) =>
        Task.FromResult(new SwapChoice(SwapFlow.StopFirst, UpdateOrder.StopFirst, "cut for a second or so", []));

    /// <summary>Replaces it. A swap that was cut off before must have been repaired.</summary>
    public Task<SwapResult> RunAsync(SwapChoice choice, SwapRequest request, CancellationToken cancellationToken) =>
        new StopFirstSwap(_calls, reports, TimeProvider.System).RunAsync(request, cancellationToken);
}
