using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Services.Swarm;

/// <summary>
/// Takes a service back to its old image, named explicitly: the engine's own rollback goes to whatever it calls "previous", which a
/// second update has made the new image.
/// </summary>
internal sealed class SwarmWayBack(SwarmSteps steps, SwarmWatch watch, SwarmProgress progress)
{
    /// <summary>Goes back.</summary>
    /// <param name="way">Where to.</param>
    /// <param name="wanted">The image of the update that failed.</param>
    /// <param name="options">Its options: the order, and for how long it may take.</param>
    /// <returns>Null once all tasks run the old image; else why not.</returns>
    public async Task<(string WhyNot, Exception? Inner)?> GoAsync(SwarmReturn way, string wanted, SwarmUpdateOptions options)
    {
        // Not the caller's token: it may be why we go back.
        using var limit = new CancellationTokenSource(options.RestoreTimeout);
        var config = SwarmChange.Configure(way.UpdateConfig, new SwarmUpdateOptions { Order = options.Order, Monitor = options.Monitor });
        try
        {
            string? before = null;
            await steps.SendAsync(
                service: null,
                service =>
                {
                    before = service.UpdateStatus?.StartedAt;
                    return new SwarmChange(way.Image, way.ForceUpdate, SwarmChange.ForReturn(config), way);
                },
                wanted,
                limit.Token).ConfigureAwait(false);
            var goal = new SwarmGoal(way.Image, way.ForceUpdate, before);
            var verdict = await watch.UntilEndAsync(goal, options.RestoreTimeout, limit.Token).ConfigureAwait(false);
            if (verdict != SwarmVerdict.Completed)
            {
                return (verdict switch
                {
                    SwarmVerdict.Paused => $"a task of {way.Image} fails too",
                    SwarmVerdict.Superseded => "somebody else has updated the service",
                    _ => $"the tasks of {way.Image} don't come up",
                }, null);
            }
        }
        catch (OperationCanceledException)
        {
            return ($"it took longer than {options.RestoreTimeout.TotalSeconds:0} seconds", null);
        }
        catch (ProException exception)
        {
            return (exception.Message, exception);
        }

        await FinishAsync(way, way.Image, way.ForceUpdate).ConfigureAwait(false);
        return null;
    }

    /// <summary>
    /// Puts the service's own update configuration back and takes the note away. No task is replaced for it; where it fails, the service
    /// runs what it should all the same.
    /// </summary>
    public async Task FinishAsync(SwarmReturn own, string image, ulong forceUpdate)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            await steps.SendAsync(null, _ => new SwarmChange(image, forceUpdate, own.UpdateConfig, null), image, limit.Token)
                .ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ProException or OperationCanceledException)
        {
            progress.Warn($"The service runs {image}, but its update configuration could not be put back: {exception.Message}");
        }
    }
}
