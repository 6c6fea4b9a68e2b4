using System.Diagnostics;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Compose;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Locking;
using Pro.DockerVersioning.Services.Swarm;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>Puts right what an operation on a target has left behind when it was cut off. Under the target's lock.</summary>
internal sealed class TargetRepair(EngineConnection engine, HistoryLog history, IProgress<Report> reports)
{
    private readonly ContainerCalls _calls = new(engine);

    /// <summary>Whether something was cut off: leftovers, the record of an <c>up</c>, a lock that was left behind.</summary>
    public async Task<bool> IsNeededAsync(DeploymentWorld world, ServiceTarget target, CancellationToken cancellationToken)
    {
        if (target.Leftovers.Count > 0 || world.SwarmOf(target) is { IsCutOff: true })
        {
            return true;
        }

        return await TargetLock.FindAsync(engine, target.TargetId, cancellationToken).ConfigureAwait(false) is { } held
                && await TargetLock.WhyStaleAsync(engine, held, cancellationToken).ConfigureAwait(false) is not null
            || (target.Kind == ServiceTargetKind.Compose
                && await UpRecord.FindAsync(engine, target.TargetId, cancellationToken).ConfigureAwait(false) is not null);
    }

    /// <summary>Repairs it, and writes the history's line where something was done.</summary>
    /// <exception cref="ProException">It can't be put right now.</exception>
    public async Task<ProRepair> RunAsync(
        DeploymentRequest request, DeploymentWorld world, ServiceTarget target, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var outcome = target.Kind switch
        {
            ServiceTargetKind.Swarm => await SwarmAsync(request, target, cancellationToken).ConfigureAwait(false),
            ServiceTargetKind.Compose => await ComposeAsync(request, target, cancellationToken).ConfigureAwait(false),
            _ => await ContainersAsync(target, cancellationToken).ConfigureAwait(false),
        };
        var after = await DeploymentWorld
            .LoadAsync(engine, request.Service.Name, request.Repository, cancellationToken).ConfigureAwait(false);
        var now = after.Targets.FirstOrDefault(one => one.TargetId == target.TargetId);
        var version = now is null ? null : after.VersionOf(now);
        var repair = new ProRepair
        {
            Service = request.Service.Name,
            Target = target.TargetId,
            Outcome = outcome.ToString(),
            Version = version,
            Message = outcome switch
            {
                RepairOutcome.RestoredPrevious => $"an operation was cut off before the new version was proven: {Name(version)} runs again",
                RepairOutcome.FinishedNew => $"an operation was cut off after the new version was proven: {Name(version)} stays",
                _ => "nothing was left behind",
            },
        };
        if (outcome == RepairOutcome.NothingToDo)
        {
            return repair;
        }

        reports.Report(new WarningReport($"{request.Service.Name} ({target}): {repair.Message}."));
        await history.AppendAsync(
            new ProHistoryEntry
            {
                Kind = ProHistoryKind.Repair,
                Engine = engine.Endpoint.ToString(),
                Service = request.Service.Name,
                Target = target.TargetId,
                Version = version,
                Reference = version is null ? null : request.Repository.WithTag(version.ImageTag).ToString(),
                ImageId = now?.Containers.Select(container => container.ImageId).FirstOrDefault(),
                Outcome = repair.Outcome,
                Duration = clock.Elapsed,
                Reason = request.Reason,
                Message = repair.Message,
            },
            reports).ConfigureAwait(false);
        return repair;
    }

    private static string Name(ProVersion? version) => version?.ToString() ?? "the version from before";

    private async Task<RepairOutcome> ContainersAsync(ServiceTarget target, CancellationToken cancellationToken)
    {
        var repair = new SwapRepair(_calls);
        var outcome = RepairOutcome.NothingToDo;
        var names = target.Containers.Concat(target.Leftovers).Select(container => SwapNames.BaseOf(container.Name)).Distinct();
        foreach (var name in names)
        {
            var one = await repair.RepairAsync(name, cancellationToken).ConfigureAwait(false);
            outcome = one == RepairOutcome.NothingToDo ? outcome : one;
        }

        return outcome;
    }

    private async Task<RepairOutcome> ComposeAsync(DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken)
    {
        var project = target.Labels.GetValueOrDefault(ComposeLabels.Project, "");
        var service = target.Labels.GetValueOrDefault(ComposeLabels.Service, "");

        // A compose that was under way goes on when we have died: two of them at once would undo each other's work.
        await ComposeOrphans.WaitAsync(project, reports, cancellationToken).ConfigureAwait(false);
        var aimed = await AimsAsync(target, cancellationToken).ConfigureAwait(false);
        var outcome = await ContainersAsync(target, cancellationToken).ConfigureAwait(false);
        if (await UpRecord.FindAsync(engine, target.TargetId, cancellationToken).ConfigureAwait(false) is { } record)
        {
            await new UpRestore(engine).RunAsync(record, project, service).ConfigureAwait(false);
            _ = aimed.Add(record.To);
            outcome = RepairOutcome.RestoredPrevious;
        }

        if (outcome != RepairOutcome.NothingToDo)
        {
            await PinWhatRunsAsync(request, target.TargetId, aimed, cancellationToken).ConfigureAwait(false);
        }

        return outcome;
    }

    private async Task<RepairOutcome> SwarmAsync(DeploymentRequest request, ServiceTarget target, CancellationToken cancellationToken)
    {
        var credential = await new ImageSupply(engine, request.Child.Get, reports)
            .CredentialAsync(request.Repository, cancellationToken).ConfigureAwait(false);
        var result = await SwarmUpdate.RepairAsync(
            engine, target.Name, request.Swarm with { Credential = credential }, reports, cancellationToken).ConfigureAwait(false);
        return result?.Outcome switch
        {
            null or SwarmOutcome.NothingToDo => RepairOutcome.NothingToDo,
            SwarmOutcome.Succeeded => RepairOutcome.FinishedNew,
            SwarmOutcome.RestoredPrevious or SwarmOutcome.RolledBackByEngine => RepairOutcome.RestoredPrevious,
            _ => throw result.Failure!,
        };
    }

    /// <summary>The images of the containers that are there in the middle of a swap.</summary>
    private async Task<HashSet<string>> AimsAsync(ServiceTarget target, CancellationToken cancellationToken)
    {
        var aims = new HashSet<string>(StringComparer.Ordinal);
        foreach (var container in target.Containers.Concat(target.Leftovers))
        {
            if (await _calls.FindAsync(container.Id, cancellationToken).ConfigureAwait(false) is { } found)
            {
                _ = aims.Add(found["Config"].Text("Image"));
            }
        }

        return aims;
    }

    /// <summary>The pin may have been moved already, or not yet: where it names the other version of the two, it follows what runs.</summary>
    private async Task PinWhatRunsAsync(
        DeploymentRequest request, string targetId, HashSet<string> aimed, CancellationToken cancellationToken)
    {
        try
        {
            var world = await DeploymentWorld
                .LoadAsync(engine, request.Service.Name, request.Repository, cancellationToken).ConfigureAwait(false);
            if (world.Targets.FirstOrDefault(one => one.TargetId == targetId) is not { Containers.Count: > 0 } target)
            {
                return;
            }

            var running = await _calls.InspectAsync(target.Containers[0].Id, cancellationToken).ConfigureAwait(false);
            var site = await ComposeSite.OpenAsync(engine, request, target, cancellationToken).ConfigureAwait(false);
            var rendered = await site.Client.ImageAsync(site.Image, pin: null, cancellationToken).ConfigureAwait(false);
            if (rendered is not null
                && rendered != running["Config"].Text("Image")
                && aimed.Contains(rendered)
                && ImageReference.TryParse(running["Config"].Text("Image"), out var reference))
            {
                var kept = await site.PinKeeper().PersistAsync(site.Image.For(reference), cancellationToken).ConfigureAwait(false);
                if (kept.Warning is { } warning)
                {
                    reports.Report(new WarningReport(warning));
                }
            }
        }
        catch (ProException failure)
        {
            reports.Report(new WarningReport($"What pins the version of {request.Service.Name} could not be looked at: {failure.Message}"));
        }
    }
}
