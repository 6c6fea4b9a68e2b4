using System.Runtime.CompilerServices;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Cleaning;

/// <summary>
/// Carries a plan out, one line after another: by reference, never by force, by id only what has no name. Time has passed since the plan
/// was made, so each line is looked at once more. What goes wrong with a line is that line's result, and the others go on.
/// </summary>
internal sealed class CleaningRunner(EngineConnection engine, IProgress<Report> reports) : IDisposable
{
    private const string Bar = "cleaning";
    private CleaningRecheck? _asked;
    private volatile bool _isUnreachable;

    private CleaningRecheck Recheck => _asked ??= new CleaningRecheck(engine, IsSwarmManager, Use);

    /// <summary>How long a line waits for an engine that doesn't answer: it may be restarting.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a swarm's services use images.</summary>
    internal bool IsSwarmManager { get; init; }

    /// <summary>What the plan was made by; null if it is asked anew.</summary>
    internal EngineUse? Use { get; init; }

    /// <summary>Names that keep nothing: the plan removes them with their image.</summary>
    internal IReadOnlySet<string> GoneNames { get; init; } = new HashSet<string>();

    /// <summary>How many lines are under way at once: the engine does several in little more time than one.</summary>
    internal int Width { get; init; } = 8;

    /// <summary>True if enough has come free; asked before each line.</summary>
    internal Func<bool> IsEnough { get; init; } = static () => false;

    /// <summary>Is given each result that changed something, or failed to, also where nobody reads on: the history's.</summary>
    internal Func<ProCleanupResult, Task> Record { get; init; } = static _ => Task.CompletedTask;

    /// <summary>
    /// Gives each line's result, in the plan's order. Cancelled, it begins no more lines, and those under way come to their end: none is
    /// left half done.
    /// </summary>
    public async IAsyncEnumerable<ProCleanupResult> RunAsync(
        CleaningPlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var going = plan.Going.ToList();
        var underWay = new Queue<(string ImageId, Task<ProCleanupResult> Line)>();
        try
        {
            for (var index = 0; index < going.Count; index++)
            {
                // The names of one image go one after another: the last one takes the image with it.
                var line = going[index];
                while (underWay.Count >= Width || underWay.Any(other => other.ImageId == line.ImageId))
                {
                    yield return await underWay.Dequeue().Line.ConfigureAwait(false);
                }

                cancellationToken.ThrowIfCancellationRequested();
                reports.Report(new ProgressReport(Bar, "Removing images", line.Reference) { PercentComplete = index * 100 / going.Count });
                underWay.Enqueue((line.ImageId, RecordedAsync(line, plan.LayerSizes, cancellationToken)));
            }

            while (underWay.TryDequeue(out var next))
            {
                yield return await next.Line.ConfigureAwait(false);
            }
        }
        finally
        {
            await Task.WhenAll(underWay.Select(other => other.Line))
                .ContinueWith(static rest => rest.Exception, TaskScheduler.Default).ConfigureAwait(false);
            reports.Report(new ProgressReport(Bar, "Removing images", "") { Completed = true });
        }

        foreach (var line in plan.Lines.Where(line => line is { Goes: false, WasCandidate: true }))
        {
            yield return Result(line, line.Step == CleaningStep.Keep ? ProCleanupAction.Kept : ProCleanupAction.Skipped, line.Reason);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _asked?.Dispose();

    private static ProCleanupResult Result(CleaningPlanItem line, ProCleanupAction action, string reason) => new()
    {
        Service = line.Service,
        Version = line.Version,
        Reference = line.Reference,
        ImageId = line.ImageId,
        Action = action,
        Reason = reason,
    };

    private async Task<ProCleanupResult> RecordedAsync(
        CleaningPlanItem line, IReadOnlyDictionary<string, long> sizes, CancellationToken cancellationToken)
    {
        if (IsEnough())
        {
            return Result(line, ProCleanupAction.Skipped, "enough is free");
        }

        var result = await OneAsync(line, sizes, cancellationToken).ConfigureAwait(false);
        if (result.Action is ProCleanupAction.Removed or ProCleanupAction.Untagged or ProCleanupAction.Failed)
        {
            await Record(result).ConfigureAwait(false);
        }

        return result;
    }

    private async Task<ProCleanupResult> OneAsync(
        CleaningPlanItem line, IReadOnlyDictionary<string, long> sizes, CancellationToken cancellationToken)
    {
        try
        {
            if (await ChangedPatientlyAsync(line, cancellationToken).ConfigureAwait(false) is { } changed)
            {
                return changed;
            }

            // Without the token: a removal that has begun is waited for, so that its result is known.
            var removed = await engine.CallAsync(client => client.Images.DeleteImageAsync(
                line.Reference, new ImageDeleteParameters { Force = false, NoPrune = false }, CancellationToken.None))
                    .ConfigureAwait(false);
            return Done(line, removed, sizes);
        }
        catch (ProException gone) when (gone.Category == ProErrorCategory.ObjectNotFound)
        {
            return Result(line, ProCleanupAction.Skipped, "gone already");
        }
        catch (ProException failure)
        {
            return await FailedAsync(line, failure, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Looking changes nothing, so where the engine didn't answer it is done again when the engine is back.</summary>
    private async Task<ProCleanupResult?> ChangedPatientlyAsync(CleaningPlanItem line, CancellationToken cancellationToken)
    {
        try
        {
            return await ChangedAsync(line, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException away) when (away.Category == ProErrorCategory.ResourceUnavailable && !_isUnreachable)
        {
            await WaitForEngineAsync(cancellationToken).ConfigureAwait(false);
            return await ChangedAsync(line, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>What speaks against the line since the plan was made; null if nothing does.</summary>
    private async Task<ProCleanupResult?> ChangedAsync(CleaningPlanItem line, CancellationToken cancellationToken)
    {
        await Recheck.RefreshAsync(cancellationToken).ConfigureAwait(false);
        if (Recheck.UserOf(line.ImageId) is { } container)
        {
            return Result(line, ProCleanupAction.Kept, $"the container {container} uses it by now");
        }

        if (line.Service is { } service && Recheck.LockOf(service, line.Repository) is { } held)
        {
            return Result(line, ProCleanupAction.Skipped, ServiceLocks.Describe(held, service));
        }

        var now = await ImageDescription.AskAsync(engine, line.Reference, cancellationToken).ConfigureAwait(false);
        if (now.Id != line.ImageId)
        {
            return Result(line, ProCleanupAction.Skipped, "it names another image by now");
        }

        if (Recheck.HolderOf(now) is { } holder)
        {
            return Result(line, ProCleanupAction.Kept, holder);
        }

        if (line.Reference == line.ImageId && now.Tags is [var name, ..])
        {
            return Result(line, ProCleanupAction.Skipped, $"it has the name {name} by now");
        }

        return Guard(line, now) is { } guard ? Result(line, ProCleanupAction.Kept, $"{guard} points at it by now") : null;
    }

    /// <summary>latest or a previous version's tag of the same repository: the plan would have kept what one of these points at.</summary>
    private string? Guard(CleaningPlanItem line, ImageDescription now) => ImageReference.TryParse(line.Reference, out var going)
        ? now.Tags
            .Select(tag => ImageReference.TryParse(tag, out var name) && name.SameRepository(going) ? name.Tag : null)
            .FirstOrDefault(tag => tag == AliasName.Latest.ToString()
                || (PreviousTag.IsPreviousTag(tag) && !GoneNames.Contains(going.WithTag(tag!).ToString())))
        : null;

    private static ProCleanupResult Done(
        CleaningPlanItem line, IEnumerable<IDictionary<string, string>> removed, IReadOnlyDictionary<string, long> sizes)
    {
        var gone = removed.Select(one => one.TryGetValue("Deleted", out var id) ? id : null).OfType<string>().ToList();
        if (gone.Count == 0)
        {
            return Result(line, ProCleanupAction.Untagged, line.Step == CleaningStep.Untag ? line.Reason
                : $"{line.Reason}; the image is still needed");
        }

        // An engine with containerd's store names no layers: then what the plan expected is the best that is known.
        var layers = gone.Where(sizes.ContainsKey).ToList();
        return new ProCleanupResult
        {
            Service = line.Service,
            Version = line.Version,
            Reference = line.Reference,
            ImageId = line.ImageId,
            Action = ProCleanupAction.Removed,
            Reason = line.Reason,
            BytesFreed = gone.Count > 1 || layers.Count > 0 ? layers.Sum(layer => sizes[layer]) : line.Bytes,
        };
    }

    private async Task<ProCleanupResult> FailedAsync(CleaningPlanItem line, ProException failure, CancellationToken cancellationToken)
    {
        if (failure.Category == ProErrorCategory.ResourceUnavailable)
        {
            await WaitForEngineAsync(cancellationToken).ConfigureAwait(false);
        }
        else if (failure.Category == ProErrorCategory.ResourceExists
            && await UserOfAsync(line.ImageId, cancellationToken).ConfigureAwait(false) is { } container)
        {
            // Started in the very moment: the engine itself has refused.
            return Result(line, ProCleanupAction.Kept, $"the container {container} uses it by now");
        }

        return new ProCleanupResult
        {
            Service = line.Service,
            Version = line.Version,
            Reference = line.Reference,
            ImageId = line.ImageId,
            Action = ProCleanupAction.Failed,
            Reason = failure.Message,
            Error = CleaningErrors.NotRemoved(line.Reference, failure),
        };
    }

    private async Task<string?> UserOfAsync(string imageId, CancellationToken cancellationToken)
    {
        try
        {
            return await Recheck.NowUserOfAsync(imageId, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException)
        {
            // The line's own failure says more.
            return null;
        }
    }

    /// <summary>Once; an engine that stays away fails the other lines at once.</summary>
    private async Task WaitForEngineAsync(CancellationToken cancellationToken)
    {
        var clock = Clock.Start();
        while (!_isUnreachable)
        {
            try
            {
                await engine.CallAsync(client => client.System.PingAsync(cancellationToken)).ConfigureAwait(false);
                return;
            }
            catch (ProException) when (clock.Elapsed < Patience)
            {
                await Clock.Delay(TimeSpan.FromMilliseconds(200), cancellationToken).ConfigureAwait(false);
            }
            catch (ProException)
            {
                _isUnreachable = true;
            }
        }
    }
}
