using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>
/// The old container stops, and one like it, on another image, takes its place and name. The old one is there until the new one
/// is proven; whatever fails before that, a cancellation too, brings it back as it was.
/// </summary>
internal sealed class StopFirstSwap(ContainerCalls calls, IProgress<Report> reports)
{
    private readonly SwapEnding _ending = new(calls, reports);
    private readonly FollowerSwap _followers = new(calls, reports);

    /// <summary>Swaps. A swap that was cut off before must have been repaired.</summary>
    /// <exception cref="ProException">It failed, and the old one is back; or could not be brought back (<c>RestoreFailed</c>).</exception>
    public async Task<SwapResult> RunAsync(SwapRequest request, CancellationToken cancellationToken)
    {
        var step = await SwapStep.OfAsync(calls, request.Container, cancellationToken).ConfigureAwait(false);
        await _followers.CheckAsync(step, cancellationToken).ConfigureAwait(false);
        try
        {
            await SwapAsync(step, request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // The proof may stand already, with only the answer lost.
            if (!await _ending.IsFinishedAsync(step, failure).ConfigureAwait(false))
            {
                request.Restored(UpdateOrder.StopFirst, step.Outage.Longest);
                throw;
            }

            return Result(step);
        }

        if (!step.RemovesItself)
        {
            await _ending.RemoveOldAsync(step, request, static () => Task.CompletedTask).ConfigureAwait(false);
        }

        return Result(step);
    }

    private static SwapResult Result(SwapStep step) => new(step.NewId, step.OldId, UpdateOrder.StopFirst, step.Outage.Longest);

    // The engine finishes what it was asked, whether anyone waits for it or not; so the calls are not cancelled, only what is
    // between them. A stop is bounded by the container's own time-out.
    private async Task SwapAsync(SwapStep step, SwapRequest request, CancellationToken cancellationToken)
    {
        var creation = step.Recipe.On(request.Image, step.Options(request.Labels, SwapFlow.StopFirst, reports));
        var late = !request.NeedsNetworkAtStart && creation.Networks.Count > 0
            && SideBySideObstacles.OfMacAddress(step.Old, step.Recipe) is null && !step.Old["HostConfig"].Texts("Links").Any();
        cancellationToken.ThrowIfCancellationRequested();
        step.NewId = await calls.CreateAsync(late ? creation.Unconnected : creation, CancellationToken.None).ConfigureAwait(false);

        cancellationToken.ThrowIfCancellationRequested();
        if (step.RemovesItself)
        {
            // Its log goes with it.
            await request.BeforeRemoval(step.OldId, cancellationToken).ConfigureAwait(false);
        }

        step.Outage.Begin();
        await new TakeOver(calls).RunAsync(step).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        await calls.StartAsync(step.NewId, CancellationToken.None).ConfigureAwait(false);
        if (late)
        {
            await ConnectAsync(step.NewId, creation.Networks).ConfigureAwait(false);
        }

        step.Outage.Note();
        await calls.ThrowIfPortsAreMissingAsync(step.Old, step.NewId, cancellationToken).ConfigureAwait(false);
        await request.Verify(step.NewId, cancellationToken).ConfigureAwait(false);
        step.Outage.End();
        await _followers.MoveAsync(step, request, cancellationToken).ConfigureAwait(false);
        await request.BeforeCommit(step.NewId, cancellationToken).ConfigureAwait(false);
        await step.HandRestartsOverAsync(calls).ConfigureAwait(false);
        await MarkProvenAsync(step).ConfigureAwait(false);
    }

    private async Task ConnectAsync(string id, IReadOnlyList<NetworkAttachment> networks)
    {
        foreach (var network in networks)
        {
            await calls.ConnectAsync(network, id, CancellationToken.None).ConfigureAwait(false);
        }

        var state = (await calls.InspectAsync(id, CancellationToken.None).ConfigureAwait(false))["State"];
        if (state.Text("Status") == "exited")
        {
            // It gave up before it had its network; now it has.
            reports.Report(new VerboseReport("The new container ended before it was connected, and is started again with its networks."));
            await calls.StartAsync(id, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task MarkProvenAsync(SwapStep step)
    {
        if (step.RemovesItself)
        {
            await calls.RenameAsync(step.NewId, step.Name, CancellationToken.None).ConfigureAwait(false);
        }
        else if (await calls.FindAsync(step.OldId, CancellationToken.None).ConfigureAwait(false) is not null)
        {
            await step.RenameOldAsync(calls, SwapNames.Done(step.Name)).ConfigureAwait(false);
        }
    }
}
