using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment.Swarm;

/// <summary>
/// Updates a service of a swarm to another image. The engine does the work; this module chooses the image by its digest, watches, tells,
/// and goes back where the engine would not.
/// </summary>
internal static class SwarmUpdate
{
    /// <summary>Updates a service, and waits until all tasks run the new image or all run the old one again.</summary>
    /// <returns>How it ended; <see cref="SwarmUpdateResult.Failure"/> where that isn't as asked for.</returns>
    /// <exception cref="ProException">Nothing was changed: no such service or image, or the engine refused.</exception>
    /// <exception cref="OperationCanceledException">Nothing was changed: it was ended before.</exception>
    public static async Task<SwarmUpdateResult> RunAsync(
        EngineConnection engine,
        string serviceIdOrName,
        string targetReference,
        SwarmUpdateOptions options,
        IProgress<Report> reports,
        CancellationToken cancellationToken)
    {
        var api = new SwarmApi(engine);
        var service = await api.GetServiceAsync(serviceIdOrName, cancellationToken).ConfigureAwait(false);
        Refuse(service, options);
        var progress = new SwarmProgress(service.Name, $"{service.Name} → {SwarmTarget.NameOf(targetReference)}", reports);
        try
        {
            var target = await SwarmTarget.ResolveAsync(api, targetReference, options, progress, cancellationToken).ConfigureAwait(false);
            var plan = await SwarmPlan.MakeAsync(api, service, target, options, cancellationToken).ConfigureAwait(false);
            if (plan.IsNothingToDo)
            {
                return plan.Result(SwarmOutcome.NothingToDo);
            }

            progress.Begin(plan.Sighting.Tasks);
            return await new SwarmUpdateRun(api, plan, options, progress).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            progress.End();
        }
    }

    /// <summary>What an update would do. Looks only, and says nothing: the update itself does.</summary>
    /// <exception cref="ProException">It can't be done: no such service or image, or the options contradict each other.</exception>
    public static async Task<SwarmPlan> PlanAsync(
        EngineConnection engine,
        string serviceIdOrName,
        string targetReference,
        SwarmUpdateOptions options,
        CancellationToken cancellationToken)
    {
        var api = new SwarmApi(engine);
        var service = await api.GetServiceAsync(serviceIdOrName, cancellationToken).ConfigureAwait(false);
        Refuse(service, options);
        var silent = new SwarmProgress(service.Name, service.Name, new Silence());
        var target = await SwarmTarget.ResolveAsync(api, targetReference, options, silent, cancellationToken).ConfigureAwait(false);
        return await SwarmPlan.MakeAsync(api, service, target, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Repairs what an update of ours left when it was interrupted: between the steps of a canary or while it rolls back it goes back to
    /// the old image; an update that the engine can finish by itself is waited for, and one that stands still is taken back. Those of
    /// others, and what was left paused as was asked for, are left alone.
    /// </summary>
    /// <returns>What was done; null if there was nothing to do.</returns>
    /// <exception cref="ProException">There is no such service, or it can't be repaired.</exception>
    public static async Task<SwarmUpdateResult?> RepairAsync(
        EngineConnection engine,
        string serviceIdOrName,
        SwarmUpdateOptions options,
        string? interrupted,
        IProgress<Report> reports,
        CancellationToken cancellationToken)
    {
        var api = new SwarmApi(engine);
        var service = await api.GetServiceAsync(serviceIdOrName, cancellationToken).ConfigureAwait(false);
        if (service.IsJob || service.Image is null)
        {
            return null;
        }

        var progress = new SwarmProgress(service.Name, $"{service.Name}: repair", reports);
        try
        {
            return await SwarmRepair.RunAsync(api, service, options, interrupted, progress, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            progress.End();
        }
    }

    private static void Refuse(SwarmServiceState service, SwarmUpdateOptions options)
    {
        if (service.Image is null)
        {
            throw SwarmErrors.NoContainers(service.Name);
        }

        if (service.IsJob)
        {
            throw SwarmErrors.Job(service.Name, service.Mode);
        }

        if (options is { Canary: not null, NoWait: true })
        {
            throw SwarmErrors.CanaryWithoutWaiting(service.Name);
        }

        if (options.Canary is < 1 and var tasks)
        {
            throw SwarmErrors.CanaryTooSmall(tasks);
        }
    }

    private sealed class Silence : IProgress<Report>
    {
        public void Report(Report value)
        {
            // Nobody is to hear it twice.
        }
    }
}
