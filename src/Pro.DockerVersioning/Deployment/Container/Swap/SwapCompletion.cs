using System.Diagnostics.CodeAnalysis;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Container.Swap;

/// <summary>How each operation ends: with the old containers restored, or gone.</summary>
internal sealed class SwapCompletion(ContainerApi calls, OperationRepair repair, OperationRecord record, IProgress<Report> reports)
{
    private bool _isFinished;

    /// <summary>Restores the old containers after a failure, unless the new ones are verified and committed already (true).</summary>
    /// <exception cref="ProException">They could not be restored (<c>RestoreFailed</c>).</exception>
    public async Task<bool> RestoreUnlessVerifiedAsync(Exception failure, IReadOnlyList<SwapState> states)
    {
        foreach (var state in states)
        {
            state.Downtime.BeginReturn();
        }

        _isFinished = await RestoreUnlessVerifiedAsync(failure).ConfigureAwait(false);
        foreach (var state in _isFinished ? [] : states)
        {
            state.Downtime.Note();
        }

        return _isFinished;
    }

    /// <inheritdoc cref="RestoreUnlessVerifiedAsync(Exception, IReadOnlyList{SwapState})"/>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "Whatever keeps the old containers from being restored must be told as that.")]
    public async Task<bool> RestoreUnlessVerifiedAsync(Exception failure)
    {
        for (var isSecond = false; ; isSecond = true)
        {
            await calls.WaitForEngineAsync().ConfigureAwait(false);
            try
            {
                return await OnceAsync(failure).ConfigureAwait(false);
            }
            catch (Exception fault)
            {
                if (isSecond)
                {
                    throw ContainerErrors.RestoreFailed(record.Containers.Select(container => container.Name), failure.Message, fault);
                }

                // What fails once may succeed now; it begins anew with what it finds.
                reports.Report(new VerboseReport($"Once more after: {fault.Message}"));
            }
        }
    }

    /// <summary>Removes an old container, which is marked as done. One that stayed would go on answering beside the new one.</summary>
    [SuppressMessage(
        "Design",
        "CA1031:Do not catch general exception types",
        Justification = "The new one is verified: whatever happens to the old one is a warning.")]
    public async Task RemoveOldAsync(SwapPhases swap, ISwapChecks checks, CancellationToken cancellationToken)
    {
        if (_isFinished)
        {
            return;
        }

        var state = swap.State;
        try
        {
            if (!state.RemovesItself)
            {
                await DrainAsync(swap, cancellationToken).ConfigureAwait(false);
                await checks.BeforeRemovalAsync(state).ConfigureAwait(false);
            }

            await calls.OnceMoreAsync(state.Name, () => repair.FinishAsync(state.Name, CancellationToken.None), reports).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            reports.Report(new WarningReport(
                $"{state.Name} runs the new version, but the old container {SwapNames.Done(state.Name)} "
                + $"is still there: {exception.Message}"));
        }
    }

    private async Task<bool> OnceAsync(Exception failure)
    {
        if (failure is ProException { Id: LockErrors.LostId }
            && await calls.FindAllAsync(ContainerLabels.Operation, record.Info.Nonce, CancellationToken.None).ConfigureAwait(false) is [])
        {
            // Who broke the lock has repaired already: what is under way now is that one's, and not ours to repair. If a prune has taken the lock,
            // it may have taken the record too; what we have made is still there then.
            return false;
        }

        // Nothing may cancel this; the engine's stop time-outs bound it.
        if (await repair.RunAsync(record, CancellationToken.None).ConfigureAwait(false) == RepairOutcome.FinishedNew)
        {
            return true;
        }

        // What is told is what was looked at.
        foreach (var saved in record.Containers)
        {
            var now = await calls.FindAsync(saved.Name, CancellationToken.None).ConfigureAwait(false);
            if (saved.Ran ? now?.Status is not ("running" or "paused" or "restarting") : now is null)
            {
                throw ContainerErrors.NotBack(saved.Name, now is { Status: var status } ? "it is " + status : "it is not there");
            }
        }

        return false;
    }

    // How gently it goes is worth nothing against that it goes.
    private async Task DrainAsync(SwapPhases swap, CancellationToken cancellationToken)
    {
        try
        {
            await swap.DrainAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ProException failure)
        {
            reports.Report(new VerboseReport($"{swap.State.Name}: {failure.Message}"));
            await calls.WaitForEngineAsync().ConfigureAwait(false);
        }
    }
}
