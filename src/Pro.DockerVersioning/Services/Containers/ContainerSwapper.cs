using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>How one container takes another's place.</summary>
internal enum SwapFlow
{
    /// <summary>The old one stops, then the new one starts.</summary>
    StopFirst,

    /// <summary>Both run side by side on the same networks; no ports are published.</summary>
    StartFirst,

    /// <summary>The new one is proven on a network of its own; then the ports change hands.</summary>
    WarmStaged,

    /// <summary>The new one is proven without a network; then the ports change hands. For the default bridge.</summary>
    WarmDetached,

    /// <summary>
    /// The new one is proven on the service's networks, held by one that takes its ports off them; then the ports change hands.
    /// </summary>
    WarmHeld,
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
    /// <param name="image">The next image, if it is on the engine: its HEALTHCHECK counts too.</param>
    /// <exception cref="ProException">It would have no way back (<c>ConfigurationTooLarge</c>).</exception>
    public Task<SwapChoice> ChooseAsync(
        string container, UpdateOrder? order, CancellationToken cancellationToken, string? image = null) =>
        new SwapChooser(_calls).ChooseAsync(container, order, cancellationToken, image);

    /// <summary>Replaces it. A swap that was cut off before must have been repaired.</summary>
    /// <exception cref="ProException">It failed, and the old one is as it was; or could not be brought back (<c>RestoreFailed</c>).</exception>
    public async Task<SwapResult> RunAsync(SwapChoice choice, SwapRequest request, CancellationToken cancellationToken)
    {
        if (choice.Order == UpdateOrder.StartFirst)
        {
            var flow = await FlowNowAsync(choice, request, cancellationToken).ConfigureAwait(false);
            var swap = new SideBySideSwap(_calls, reports, TimeProvider.System);
            if (flow != SwapFlow.StopFirst && await swap.TryRunAsync(flow, request, cancellationToken).ConfigureAwait(false) is { } result)
            {
                return result;
            }
        }

        return await new StopFirstSwap(_calls, reports).RunAsync(request, cancellationToken).ConfigureAwait(false);
    }

    // A prompt may have waited in between.
    private async Task<SwapFlow> FlowNowAsync(SwapChoice choice, SwapRequest request, CancellationToken cancellationToken)
    {
        var now = await ChooseAsync(request.Container, choice.Order, cancellationToken, request.Image).ConfigureAwait(false);
        foreach (var warning in now.Warnings.Except(choice.Warnings))
        {
            reports.Report(new WarningReport(warning));
        }

        return now.Flow;
    }
}
