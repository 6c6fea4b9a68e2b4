using System.Diagnostics.CodeAnalysis;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Services.Containers;

/// <summary>How each swap ends: with the old one back, or gone.</summary>
internal sealed class SwapEnding(ContainerCalls calls, IProgress<Report> reports)
{
    private readonly SwapRepair _repair = new(calls);

    /// <summary>Brings the old one back after a failure, unless the new one is proven already (true).</summary>
    /// <exception cref="ProException">It could not be brought back (<c>RestoreFailed</c>).</exception>
    public async Task<bool> IsFinishedAsync(SwapStep step, Exception failure)
    {
        step.Outage.BeginReturn();
        await calls.WaitForEngineAsync().ConfigureAwait(false);
        if (failure is ProException { Id: LockErrors.LostId }
            && await calls.FindAsync(step.NewId, CancellationToken.None).ConfigureAwait(false) is null)
        {
            // Who broke the lock has put the old one back already: what is under way now is that one's, and not ours to repair.
            return false;
        }

        try
        {
            return await MeasuredAsync(step).ConfigureAwait(false);
        }
        catch (ProException)
        {
            // What fails once may succeed now; it begins anew with what it finds.
            try
            {
                return await MeasuredAsync(step).ConfigureAwait(false);
            }
            catch (ProException exception)
            {
                throw ContainerErrors.RestoreFailed(step.Name, failure.Message, exception);
            }
        }
    }

    /// <summary>Removes the old one, which is marked as done. An old one that stayed would go on answering beside the new one.</summary>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "The new one is proven: whatever happens to the old one is a warning.")]
    public async Task RemoveOldAsync(SwapStep step, SwapRequest request, Func<Task> drain)
    {
        try
        {
            await DrainAsync(step, drain).ConfigureAwait(false);
            await request.BeforeRemoval(step.OldId, CancellationToken.None).ConfigureAwait(false);
            await RemoveAsync(step).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            reports.Report(new WarningReport(
                $"{step.Name} runs the new version, but the old container {SwapNames.Done(step.Name)} "
                + $"is still there: {exception.Message}"));
        }
    }

    private async Task RemoveAsync(SwapStep step)
    {
        try
        {
            _ = await _repair.RepairAsync(step.Name, CancellationToken.None).ConfigureAwait(false);
        }
        catch (ProException exception)
        {
            // What fails once may succeed now; it begins anew with what it finds.
            reports.Report(new VerboseReport($"{step.Name}: once more after: {exception.Message}"));
            await calls.WaitForEngineAsync().ConfigureAwait(false);
            _ = await _repair.RepairAsync(step.Name, CancellationToken.None).ConfigureAwait(false);
        }
    }

    // How gently it goes is worth nothing against that it goes.
    private async Task DrainAsync(SwapStep step, Func<Task> drain)
    {
        try
        {
            await drain().ConfigureAwait(false);
        }
        catch (ProException failure)
        {
            reports.Report(new VerboseReport($"{step.Name}: {failure.Message}"));
            await calls.WaitForEngineAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> MeasuredAsync(SwapStep step)
    {
        var isFinished = await RestoreAsync(step).ConfigureAwait(false);
        if (!isFinished)
        {
            step.Outage.Note();
        }

        return isFinished;
    }

    // Nothing may cancel this; the engine's stop time-outs bound it.
    private async Task<bool> RestoreAsync(SwapStep step)
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
}
