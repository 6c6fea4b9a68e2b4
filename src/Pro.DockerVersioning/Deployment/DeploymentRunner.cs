using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Deployment;

/// <summary>Carries a plan out: secure the image, lock, repair what was interrupted, swap and verify, record.</summary>
internal sealed class DeploymentRunner(
    EngineConnection engine, HistoryLog history, PreviousVersionStore store, ImageSupply supply, IProgress<Report> reports)
{
    // For how long whoever has broken the lock is waited for, and how often that is looked at.
    private static readonly TimeSpan OthersTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>What was done, and what failed; null if nothing did.</summary>
    /// <exception cref="ProException">Nothing was touched, or the old version could not be restored.</exception>
    /// <exception cref="OperationCanceledException">It was stopped, and the old version runs.</exception>
    public async Task<(ProDeployment Result, ProException? Failure)> RunAsync(DeploymentPlan plan, CancellationToken cancellationToken)
    {
        var clock = Clock.Start();
        var image = plan.Image;
        var request = plan.Request;
        if (plan.IsNothingToDo)
        {
            return (Result(plan, image, new StrategyResult { Outcome = ProDeploymentOutcome.NothingToDo }, clock.Elapsed), null);
        }

        var isRecorded = false;
        try
        {
            plan.Steps.Begin("secure the image");
            if (plan.Strategy.NeedsLocalImage)
            {
                image = await supply.EnsureAsync(image, request.Force, cancellationToken).ConfigureAwait(false);
            }

            if (plan.Image.LocalId is null && image.LocalId is not null && plan.SchemaNow is not null)
            {
                var level = await supply.LabelAsync(image, ImageLabels.Schema, cancellationToken).ConfigureAwait(false);
                if (plan.SchemaWarningOf(level) is { } warning)
                {
                    reports.Report(new WarningReport(warning));
                }
            }

            plan.Steps.Begin("lock");
            var note = Note(plan, image, await plan.Strategy.IsHealthyAsync(cancellationToken).ConfigureAwait(false));
            var lockRequest = new LockRequest(plan.Target.TargetId, Operation(plan))
            {
                Breaks = request.BreakLock,
                Wait = request.LockTimeout,
                Times = request.LockTimes,
                Service = request.Service.Name,
                Repository = request.Repository.Name,
                Note = note.ToLabel(),
            };
            var held = await TargetLock.AcquireAsync(engine, lockRequest, reports, cancellationToken).ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                var now = await ThrowIfChangedAsync(plan, held, cancellationToken).ConfigureAwait(false);
                if (plan.Strategy.NeedsLocalImage)
                {
                    image = await supply.RecheckAsync(
                        image,
                        now,
                        () => store.RecordedDigestAsync(request.Service.Name, plan.Image.Reference, cancellationToken),
                        request.Force,
                        cancellationToken).ConfigureAwait(false);
                }

                var operation = new LockedOperation(note, stop => ThrowIfLockLostAsync(held, stop));
                var done = await plan.Strategy.RunAsync(image, operation, cancellationToken).ConfigureAwait(false);
                isRecorded = true;
                return await ConcludeAsync(plan, image, done, note, clock, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ProException changed) when (changed.Id == DeploymentErrors.ChangedMeanwhileId && request.LockTimeout > TimeSpan.Zero)
        {
            // Who waited for another one's lock makes a new plan: nothing has failed.
            throw;
        }
        catch (Exception fault) when (!isRecorded)
        {
            await AppendAsync(Entry(plan, image) with
            {
                Outcome = fault is OperationCanceledException ? ProHistoryEntry.Stopped : ProHistoryEntry.Failed,
                Message = fault is OperationCanceledException ? null : FirstLine(fault.Message),
                LogTail = plan.Strategy.LastLog,
                Duration = clock.Elapsed,
            }).ConfigureAwait(false);
            throw;
        }
        finally
        {
            plan.Steps.End();
        }
    }

    private static string Operation(DeploymentPlan plan) =>
        $"{(plan.Request.Kind == ProHistoryKind.Rollback ? "roll back" : "deploy")} {plan.Request.Service.Name} to {plan.Version}";

    /// <summary>
    /// Who breaks a lock repairs first what it finds of ours, and two repairs at once would trip over each other: only when that one has
    /// ended is it known whether anything is left to take back.
    /// </summary>
    private async Task ThrowIfLockLostAsync(TargetLock held, CancellationToken cancellationToken)
    {
        try
        {
            await held.ThrowIfLockLostAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ProException lost) when (lost.Id == LockErrors.LostId)
        {
            var clock = Clock.Start();
            while (clock.Elapsed < OthersTime
                && await TargetLock.FindAsync(engine, held.Info.Target, CancellationToken.None).ConfigureAwait(false) is not null)
            {
                await Clock.Delay(Pause, CancellationToken.None).ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>A prompt may have waited for long: what was planned must still be what is there. Gives what is on the engine.</summary>
    private async Task<ImageInventory> ThrowIfChangedAsync(DeploymentPlan plan, TargetLock held, CancellationToken cancellationToken)
    {
        var world = await EngineSnapshot
            .LoadAsync(engine, plan.Request.Service.Name, plan.Request.Repository, cancellationToken).ConfigureAwait(false);
        if (!plan.Strategy.IsUnchanged(plan.Target, world.Find(plan.Target.TargetId)))
        {
            throw DeploymentErrors.ChangedMeanwhile(plan.Request.Service.Name, plan.Target.TargetId);
        }

        await held.ThrowIfLockLostAsync(cancellationToken).ConfigureAwait(false);
        return world.Inventory;
    }

    private async Task<(ProDeployment Result, ProException? Failure)> ConcludeAsync(
        DeploymentPlan plan,
        SuppliedImage image,
        StrategyResult done,
        OperationNote note,
        TimeMeter clock,
        CancellationToken cancellationToken)
    {
        if (done.Outcome == ProDeploymentOutcome.NothingToDo)
        {
            // Somebody else has brought it there meanwhile: that one's line says so.
            plan.Steps.End();
            return (Result(plan, image, done, clock.Elapsed), null);
        }

        plan.Steps.Begin("record");
        var succeeded = done.Outcome == ProDeploymentOutcome.Succeeded;
        var isRestored = done.Outcome is ProDeploymentOutcome.RestoredPrevious or ProDeploymentOutcome.RolledBackByEngine;
        var oldImage = plan.Target.Containers.Select(container => container.ImageId).FirstOrDefault();
        var isVerifiedAgain = isRestored && plan.From is not null && plan.Strategy.IsVerifiedAgain(done);
        if (succeeded)
        {
            await store.KeepAsync(plan.Request, plan.Target, note, done.HealthyAfter, plan.Aliases).ConfigureAwait(false);
        }
        else if (isVerifiedAgain)
        {
            await store.KeepRestoredAsync(plan.Request, plan.Target, plan.From!, oldImage, done.WasStopped ? null : plan.Version)
                .ConfigureAwait(false);
        }

        var aliases = new DeploymentAliasMover(engine, reports);
        if ((succeeded ? image.LocalId : isRestored ? oldImage : null) is { } runs && plan.Strategy.NeedsLocalImage)
        {
            await aliases.FollowAsync(plan.Aliases, runs).ConfigureAwait(false);
        }

        if (succeeded)
        {
            await aliases.FollowAtRegistryAsync(plan.Aliases, image.Reference, supply, CancellationToken.None).ConfigureAwait(false);
        }

        var entry = Entry(plan, image);
        await AppendAsync(entry with
        {
            Outcome = done.WasStopped ? ProHistoryEntry.Stopped : done.Outcome.ToString(),
            IsVerified = succeeded,
            Digest = done.Digest ?? image.Digest,
            Order = done.Order,
            Duration = clock.Elapsed,
            HealthyAfter = done.HealthyAfter,
            Downtime = done.Downtime,
            Message = done.Failure is { } cause ? FirstLine(cause.Message) : null,
            LogTail = succeeded ? done.OldLog : done.LogTail,
        }).ConfigureAwait(false);
        if (isRestored)
        {
            await AppendAsync(entry with
            {
                Kind = ProHistoryKind.Restore,
                IsVerified = isVerifiedAgain,
                From = plan.Version,
                Version = plan.From,
                Reference = plan.From is { } from ? plan.Request.Repository.WithTag(from.ImageTag).ToString() : null,
                ImageId = oldImage,
                Digest = null,
                Outcome = ProHistoryEntry.Succeeded,
                Order = done.Order,
            }).ConfigureAwait(false);
        }

        plan.Steps.End();
        var result = Result(plan, image, done, clock.Elapsed);
        if (cancellationToken.IsCancellationRequested && Ending(plan, done) is { } ending)
        {
            reports.Report(new WarningReport(ending));
        }

        return done.WasStopped ? throw new OperationCanceledException() : (result, done.Failure is null ? null : Failure(plan, done));
    }

    /// <summary>How it ended, in one line: PowerShell shows neither result nor error of a command that is stopped.</summary>
    private static string? Ending(DeploymentPlan plan, StrategyResult done)
    {
        var service = plan.Request.Service.Name;
        var from = plan.From is { } version ? $"{service} {version}" : $"What ran {service} before";
        return done switch
        {
            { Outcome: ProDeploymentOutcome.Succeeded } => $"Stopped after {service} {plan.Version} was verified. It stays.",
            { Outcome: ProDeploymentOutcome.RestoredPrevious, WasStopped: true } when !plan.Strategy.FailureTellsRestore =>
                $"Stopped before {plan.Version} was verified. {from} {Restored(done)}.",
            { Outcome: ProDeploymentOutcome.RestoredPrevious, Failure: { } cause } when !plan.Strategy.FailureTellsRestore =>
                $"{service} {plan.Version} was not kept: {FirstLine(cause.Message).TrimEnd('.')}. {from} {Restored(done)}.",
            { Failure: { } cause } => FirstLine(cause.Message),
            _ => null,
        };
    }

    private static ProException Failure(DeploymentPlan plan, StrategyResult done) =>
        done.Outcome == ProDeploymentOutcome.RestoredPrevious && !plan.Strategy.FailureTellsRestore
            ? DeploymentErrors.Restored(
                plan.Request.Service.Name, plan.Version.ToString(), plan.From?.ToString(), Restored(done), done.Failure!)
            : done.Failure!;

    private static string Restored(StrategyResult done) => done.PreviousHealth switch
    {
        ProHealth.Healthy => "runs again, and is healthy",
        ProHealth.Running => "runs again",
        null => "is as it was: it did not run before either",
        ProHealth.TimedOut when done.WasStopped => "runs again. Its health check had not succeeded yet when the command ended",
        ProHealth.TimedOut => "was started again, but did not get healthy in time",
        var other => $"was started again, but is {other}",
    };

    private static ProDeployment Result(DeploymentPlan plan, SuppliedImage image, StrategyResult done, TimeSpan duration) => new()
    {
        Service = plan.Request.Service.Name,
        From = plan.From,
        Version = plan.Version,
        Outcome = done.Outcome,
        Health = done.Verification?.Health,
        HealthProof = done.Verification?.Proof,
        HealthMessage = done.Verification?.Summary,
        HealthContainer = (done.Verification?.Container ?? done.LogContainer) is { } container
            ? $"{SwapNames.BaseOf(container)} {plan.Version}" : null,
        PreviousHealth = done.PreviousHealth,
        Strategy = plan.Strategy.Kind,
        Order = done.Order,
        Target = plan.Target.TargetId,
        Reference = image.Reference.ToString(),
        ImageId = image.LocalId,
        Digest = done.Digest ?? image.Digest,
        Duration = duration,
        Downtime = done.Downtime,
        Steps = plan.Steps.Done,
        LogTail = [.. done.LogTail.TakeLast(plan.Request.LogLines)],
    };

    private static OperationNote Note(DeploymentPlan plan, SuppliedImage image, bool wasWell) => new()
    {
        Kind = plan.Request.Kind,
        From = plan.From,
        Version = plan.Version,
        Reference = image.Reference.ToString(),
        ImageId = image.LocalId,
        Digest = image.Digest,
        OldImageId = plan.Target.Containers.Select(container => container.ImageId).FirstOrDefault(id => id != image.LocalId),
        WasWell = wasWell,
        Strategy = plan.Strategy.Kind.ToString(),
        Reason = plan.Request.Reason,
    };

    private ProHistoryEntry Entry(DeploymentPlan plan, SuppliedImage image) => new()
    {
        Kind = plan.Request.Kind,
        Engine = engine.Endpoint.ToString(),
        Service = plan.Request.Service.Name,
        Target = plan.Target.TargetId,
        From = plan.From,
        Version = plan.Version,
        Reference = plan.Image.Reference.ToString(),
        Digest = image.Digest,
        ImageId = image.LocalId,
        Strategy = plan.Strategy.Kind.ToString(),
        Reason = plan.Request.Reason,
        Outcome = "",
    };

    private static string FirstLine(string message) => message.Split('\n', 2)[0].TrimEnd();

    private Task AppendAsync(ProHistoryEntry entry) => history.AppendAsync(entry with { Time = Clock.Now }, reports);
}
