using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>What is to take whose place.</summary>
internal sealed record SwapRequest
{
    /// <summary>The container's name.</summary>
    public required string Container { get; init; }

    /// <summary>The image to run, on the engine already.</summary>
    public required string Image { get; init; }

    /// <summary>Returns when the container with that id is proven; throws where it isn't.</summary>
    public required Func<string, CancellationToken, Task> Verify { get; init; }

    /// <summary>
    /// As <see cref="Verify"/>, for a container whose ports are still another one's: its health URL would be answered by that. Null: the same.
    /// </summary>
    public Func<string, CancellationToken, Task>? VerifyBeforePorts { get; init; }

    /// <summary>
    /// Called with the new container's id when it is proven and has everything, right before there is no way back; throws to go back.
    /// </summary>
    public Func<string, CancellationToken, Task> BeforeCommit { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>Called with the old container's id before it is removed: for its last log lines.</summary>
    public Func<string, CancellationToken, Task> BeforeRemoval { get; init; } = static (_, _) => Task.CompletedTask;

    /// <summary>Labels to set on the new one; a null value takes the label away.</summary>
    public IReadOnlyDictionary<string, string?> Labels { get; init; } = new Dictionary<string, string?>();

    /// <summary>True for a service that gives up at once where it finds no network when it starts: 0.3 s more without an answer.</summary>
    public bool NeedsNetworkAtStart { get; init; }
}

/// <summary>How a swap went.</summary>
/// <param name="ContainerId">The new container.</param>
/// <param name="PreviousId">The old one, gone now.</param>
/// <param name="Gap">From the old one's stop signal until the new one had its network and ports.</param>
internal sealed record SwapResult(string ContainerId, string PreviousId, TimeSpan Gap);

/// <summary>
/// The old container stops, and one like it, on another image, takes its place and name. The old one is there until the new one
/// is proven; whatever fails before that, a cancellation too, brings it back as it was.
/// </summary>
internal sealed class StopFirstSwap(ContainerCalls calls, IProgress<Report> reports, TimeProvider clock)
{
    private readonly SwapRepair _repair = new(calls);

    /// <summary>Swaps. A swap that was cut off before must have been repaired.</summary>
    /// <exception cref="ProException">It failed, and the old one is back; or could not be brought back (<c>RestoreFailed</c>).</exception>
    public async Task<SwapResult> RunAsync(SwapRequest request, CancellationToken cancellationToken)
    {
        var old = await calls.InspectAsync(request.Container, cancellationToken).ConfigureAwait(false);
        var image = await calls.InspectImageAsync(old.Text("Image"), cancellationToken).ConfigureAwait(false);
        var step = new Step(old, ContainerRecipe.From(old, image));
        try
        {
            await SwapAsync(step, request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            // The proof may stand already, with only the answer lost.
            if (!await IsFinishedAsync(step, failure).ConfigureAwait(false))
            {
                throw;
            }

            return new SwapResult(step.NewId, step.OldId, step.Gap);
        }

        await RemoveOldAsync(step, request, cancellationToken).ConfigureAwait(false);
        return new SwapResult(step.NewId, step.OldId, step.Gap);
    }

    // The engine finishes what it was asked, whether anyone waits for it or not; so the calls are not cancelled, only what is
    // between them. A stop is bounded by the container's own time-out.
    private async Task SwapAsync(Step step, SwapRequest request, CancellationToken cancellationToken)
    {
        var creation = step.Recipe.On(request.Image, Options(step, request));
        var late = !request.NeedsNetworkAtStart && creation.Networks.Count > 0;
        cancellationToken.ThrowIfCancellationRequested();
        step.NewId = await calls.CreateAsync(late ? Unconnected(creation) : creation, CancellationToken.None).ConfigureAwait(false);

        cancellationToken.ThrowIfCancellationRequested();
        var stopped = clock.GetTimestamp();
        await TakeOverAsync(step).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        await calls.StartAsync(step.NewId, CancellationToken.None).ConfigureAwait(false);
        if (late)
        {
            await ConnectAsync(step.NewId, creation.Networks).ConfigureAwait(false);
        }

        step.Gap = clock.GetElapsedTime(stopped);
        await PortsMustBeBoundAsync(step.NewId, cancellationToken).ConfigureAwait(false);
        await request.Verify(step.NewId, cancellationToken).ConfigureAwait(false);
        await request.BeforeCommit(step.NewId, cancellationToken).ConfigureAwait(false);
        await MarkProvenAsync(step).ConfigureAwait(false);
    }

    // NetworkMode stays what it is, and the network is left while the container is only created.
    private static ContainerCreation Unconnected(ContainerCreation creation) =>
        creation with { Leave = creation.Primary ?? creation.Leave, Networks = [] };

    private RecipeOptions Options(Step step, SwapRequest request)
    {
        var labels = new Dictionary<string, string?>(request.Labels, StringComparer.Ordinal)
        {
            [ContainerLabels.State] = PreviousState.Of(step.Old).ToLabel(),
            [ContainerLabels.Previous] = PreviousConfiguration.Encode(step.Recipe),
        };
        if (labels[ContainerLabels.Previous] is null)
        {
            reports.Report(new WarningReport(
                $"The configuration of {step.Name} is too large for a label: "
                + "if a prune takes the kept container, it can't be made again."));
        }

        return new RecipeOptions { Name = SwapNames.Next(step.Name), Labels = labels };
    }

    // Its name says from the first moment that the old one is being stopped: see SwapRepair.
    private async Task TakeOverAsync(Step step)
    {
        await calls.RenameAsync(step.OldId, SwapNames.Previous(step.Name), CancellationToken.None).ConfigureAwait(false);
        await calls.StopAsync(step.OldId, CancellationToken.None).ConfigureAwait(false);
        if (step.RemovesItself)
        {
            // The new one runs as NAME.pro-next until it is proven: nothing else would show that it isn't.
            await calls.WaitUntilRemovedAsync(step.OldId, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        // "always" would start it again with the engine.
        await calls.SetRestartPolicyAsync(step.OldId, new JsonObject { ["Name"] = "no" }, CancellationToken.None).ConfigureAwait(false);
        await calls.RenameAsync(step.NewId, step.Name, CancellationToken.None).ConfigureAwait(false);
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

    private async Task PortsMustBeBoundAsync(string id, CancellationToken cancellationToken)
    {
        var container = await calls.InspectAsync(id, cancellationToken).ConfigureAwait(false);
        var missing = container["HostConfig"].Members("PortBindings")
            .Where(port => port.Value is JsonArray { Count: > 0 })
            .Where(port => container["NetworkSettings"]?["Ports"]?[port.Key] is not JsonArray { Count: > 0 })
            .Select(port => port.Key)
            .ToArray();
        if (missing.Length > 0 && container["State"].Flag("Running") && NetworkAttachment.Of(container).Count > 0)
        {
            throw ContainerErrors.PortsNotBound(container.Text("Name").TrimStart('/'), missing);
        }
    }

    private async Task MarkProvenAsync(Step step)
    {
        if (step.RemovesItself)
        {
            await calls.RenameAsync(step.NewId, step.Name, CancellationToken.None).ConfigureAwait(false);
        }
        else if (await calls.FindAsync(step.OldId, CancellationToken.None).ConfigureAwait(false) is not null)
        {
            await calls.RenameAsync(step.OldId, SwapNames.Done(step.Name), CancellationToken.None).ConfigureAwait(false);
        }
    }

    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "The new one is proven: whatever happens to the old one is a warning.")]
    private async Task RemoveOldAsync(Step step, SwapRequest request, CancellationToken cancellationToken)
    {
        if (step.RemovesItself)
        {
            return;
        }

        try
        {
            await request.BeforeRemoval(step.OldId, cancellationToken).ConfigureAwait(false);
            await calls.RemoveAsync(step.OldId, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            reports.Report(new WarningReport(
                $"{step.Name} runs the new version, but the old container {SwapNames.Done(step.Name)} "
                + $"is still there: {exception.Message}"));
        }
    }

    /// <summary>Brings the old one back, unless the new one is proven already (true).</summary>
    private async Task<bool> IsFinishedAsync(Step step, Exception failure)
    {
        try
        {
            return await RestoreAsync(step).ConfigureAwait(false);
        }
        catch (ProException)
        {
            // What fails once may succeed now; it begins anew with what it finds.
            try
            {
                return await RestoreAsync(step).ConfigureAwait(false);
            }
            catch (ProException exception)
            {
                throw ContainerErrors.RestoreFailed(step.Name, failure.Message, exception);
            }
        }
    }

    // Nothing may cancel this; the engine's stop time-outs bound it.
    private async Task<bool> RestoreAsync(Step step)
    {
        var outcome = await _repair.RepairAsync(step.Name, CancellationToken.None).ConfigureAwait(false);
        if (outcome == RepairOutcome.NothingToDo
            && step.NewId.Length > 0
            && await calls.FindAsync(step.Name, CancellationToken.None).ConfigureAwait(false) is { } current
            && current.Text("Id") == step.NewId)
        {
            if (step.RemovesItself)
            {
                return true;
            }

            // Somebody has taken the kept one meanwhile.
            await _repair.ReplaceAsync(current, step.Name, CancellationToken.None).ConfigureAwait(false);
        }

        return outcome == RepairOutcome.FinishedNew;
    }

    private sealed class Step(JsonObject old, ContainerRecipe recipe)
    {
        public JsonObject Old => old;

        public ContainerRecipe Recipe => recipe;

        public string Name => recipe.Name;

        public string OldId => old.Text("Id");

        public string NewId { get; set; } = "";

        public TimeSpan Gap { get; set; }

        /// <summary>True where the engine removes it as soon as it has stopped; one that never ran stays.</summary>
        public bool RemovesItself => old["HostConfig"].Flag("AutoRemove") && old["State"].Flag("Running");
    }
}
