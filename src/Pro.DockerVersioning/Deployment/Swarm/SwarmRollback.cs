using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Swarm.Api;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>
/// Takes a service back to its old image, named explicitly: the engine's own rollback goes to whatever it calls "previous", which a
/// second update has made the new image.
/// </summary>
internal sealed class SwarmRollback(SwarmUpdateSender steps, SwarmWatch watch, SwarmProgress progress)
{
    /// <summary>Goes back.</summary>
    /// <returns>Null once all tasks run the old image; else why not.</returns>
    public async Task<(string WhyNot, Exception? Inner)?> GoAsync(
        SwarmRollbackPoint way, string wanted, JsonObject? pace, SwarmUpdateOptions options)
    {
        var config = SwarmChange.Configure(
            pace ?? way.UpdateConfig, new SwarmUpdateOptions { Order = options.Order, Monitor = options.Monitor });
        var back = pace is null ? SwarmChange.ForReturn(config) : SwarmChange.Pausing(config);

        // The old image is known to start: what its HEALTHCHECK allows is waited for, whatever was given for the new one.
        var patience = SwarmPatience.Of(given: null, allowance: null).And(SwarmChange.DelayOf(back) + SwarmChange.MonitorOf(back));
        try
        {
            string? before = null;
            await steps.SendAsync(
                service: null,
                service =>
                {
                    before = service.UpdateStatus?.StartedAt;
                    return new SwarmChange(way.Image, way.ForceUpdate, back, way);
                },
                wanted,
                CancellationToken.None).ConfigureAwait(false);
            var goal = new SwarmGoal(way.Image, way.ForceUpdate, before);
            var verdict = await watch.UntilEndAsync(goal, patience, CancellationToken.None).ConfigureAwait(false);
            if (verdict != SwarmVerdict.Completed)
            {
                return (verdict switch
                {
                    SwarmVerdict.Paused => $"a task of {way.Image} fails too",
                    SwarmVerdict.Superseded => "somebody else has updated the service",
                    SwarmVerdict.Stuck => $"the tasks of {way.Image} made no progress within {patience.Text(isStarting: false)}",
                    _ => $"the tasks of {way.Image} don't come up",
                }, null);
            }
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
    public async Task FinishAsync(SwarmRollbackPoint own, string image, ulong forceUpdate)
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
