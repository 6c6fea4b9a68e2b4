using Pro.DockerVersioning.Machine;
using System.Collections.ObjectModel;
using System.Management.Automation.Host;

namespace Pro.DockerVersioning.Commands.Deploying;

/// <summary>
/// Asks the operator about a canary, while it is watched: it may become unhealthy before there is an answer, and then nobody waits for one.
/// </summary>
/// <param name="host">Whose prompt it is.</param>
/// <param name="pump">The pipeline thread, the only one that may ask.</param>
/// <param name="service">The service.</param>
/// <param name="otherwise">How long the canary must be well where nobody can be asked.</param>
internal sealed class CanaryQuestion(PSHost host, PipelinePump pump, string service, TimeSpan otherwise)
{
    /// <summary>True for "go on".</summary>
    public async Task<bool> AskAsync(CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<bool?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var withdrawn = cancellationToken.Register(() => answer.TrySetCanceled(cancellationToken)).ConfigureAwait(false);
        pump.Post(_ => Ask(answer), null);
        if (await answer.Task.ConfigureAwait(false) is { } said)
        {
            return said;
        }

        await Clock.Delay(otherwise, cancellationToken).ConfigureAwait(false);
        return true;
    }

    private void Ask(TaskCompletionSource<bool?> answer)
    {
        if (answer.Task.IsCompleted)
        {
            return;
        }

        try
        {
            var choices = new Collection<ChoiceDescription>(
            [
                new ChoiceDescription("&Yes", "The other tasks follow."),
                new ChoiceDescription("&No", "All go back to the version from before."),
            ]);
            _ = answer.TrySetResult(host.UI.PromptForChoice(
                $"{service}: the canary runs",
                "It is watched, and rolled back if it becomes unhealthy. Go on with the other tasks?",
                choices,
                0) == 0);
        }
        catch (Exception nobody) when (Prompts.IsNobody(nobody))
        {
            _ = answer.TrySetResult(null);
        }
        catch (Exception failure)
        {
            // Ctrl+C at the prompt: what waits for the answer ends, and so does the pipeline.
            _ = answer.TrySetException(failure);
            throw;
        }
    }
}
