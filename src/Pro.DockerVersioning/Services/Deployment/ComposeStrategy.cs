using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Services.Compose;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>
/// A service of a compose project. Where only the image changes, its containers are swapped like any other, and compose's labels say so to
/// compose; where the file has changed, compose's own <c>up</c> does it. Verification, the way back and the lasting pin are ours in both.
/// </summary>
internal sealed class ComposeStrategy(
    EngineConnection engine,
    DeploymentRequest request,
    ServiceTarget target,
    ComposeSite site,
    ContainerReplacement replacement,
    DeploymentSteps steps,
    IProgress<Report> reports)
    : IDeploymentStrategy
{
    // Compose takes a second or two to say it: what it said for the plan holds while the files are as they were, and for so long.
    private static readonly TimeSpan Holds = TimeSpan.FromSeconds(10);

    private readonly ContainerCalls _calls = new(engine);
    private (ComposeJudgement Judgement, string Image, string Files, long At)? _judged;
    private PinKept? _kept;
    private SwapChoice? _planned;

    /// <inheritdoc/>
    public ProStrategy Kind => ProStrategy.Compose;

    /// <inheritdoc/>
    public IReadOnlyList<string> LastLog => replacement.Last?.LogTail ?? [];

    private string Command => site.Client.Program.CommandName;

    /// <inheritdoc/>
    public async Task<StrategyPlan?> PlanAsync(SuppliedImage image, CancellationToken cancellationToken)
    {
        reports.Report(new VerboseReport($"{site.Client.Program} works on {string.Join(", ", site.Client.Project.Files)}."));
        if (target.Containers.Count == 0 || image.LocalId is null)
        {
            _ = await site.Client.RenderAsync(site.Image, image.Reference, cancellationToken).ConfigureAwait(false);
            return new StrategyPlan(
                "stop-first",
                target.Containers.Count == 0
                    ? $"{Command} starts {target.Name} for the first time"
                    : $"{target.Name} is updated; whether {Command} itself must do it shows once the image is here",
                []);
        }

        var judgement = await JudgeAsync(image, cancellationToken).ConfigureAwait(false);
        if (!judgement.OnlyImage)
        {
            await new ComposeUp(site.Client, site.Image, engine).MustBeAbleAsync(cancellationToken).ConfigureAwait(false);
            return new StrategyPlan("stop-first", $"{Command} up re-creates {target.Name}: cut for 1.5 s or more. {judgement.Why}", []);
        }

        var choice = await new ContainerSwapper(engine, reports)
            .ChooseAsync(target.Containers[0].Name, request.WantedOrder ?? site.Order, cancellationToken).ConfigureAwait(false);
        _planned = choice;
        return new StrategyPlan(
            choice.Order.ToText(),
            $"{target.Name} is swapped, {choice.Order.ToText()}: {choice.Description}. {judgement.Why}",
            request.WarningsFor(choice));
    }

    /// <inheritdoc/>
    public async Task<StrategyResult> RunAsync(SuppliedImage image, HeldOperation operation, CancellationToken cancellationToken)
    {
        steps.Begin("ask compose");
        var judgement = target.Containers.Count == 0 ? null : await JudgeAsync(image, cancellationToken).ConfigureAwait(false);
        var pin = judgement?.Pin ?? await site.Client.RenderAsync(site.Image, image.Reference, cancellationToken).ConfigureAwait(false);
        if (pin is OverridePin)
        {
            // The new containers' labels name the file: it must be there before them.
            _kept = await site.PinKeeper().PersistAsync(pin, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            var result = judgement is { OnlyImage: true, NewHash: { } hash }
                ? await SwapAsync(image, judgement, hash, operation, cancellationToken).ConfigureAwait(false)
                : await UpAsync(image, pin, judgement, operation, cancellationToken).ConfigureAwait(false);
            if (result.Outcome != ProDeploymentOutcome.Succeeded)
            {
                await UndoPinAsync().ConfigureAwait(false);
            }
            else if (_kept?.Warning is { } warning)
            {
                reports.Report(new WarningReport(warning));
            }

            return result;
        }
        catch
        {
            await UndoPinAsync().ConfigureAwait(false);
            throw;
        }
    }

    private Task<StrategyResult> SwapAsync(
        SuppliedImage image, ComposeJudgement judgement, string hash, HeldOperation operation, CancellationToken cancellationToken) =>
        replacement.RunAsync(
            new ReplacementJob
            {
                Operation = operation,
                Target = target,
                Image = image.Reference.ToString(),
                ImageId = image.LocalId,
                Planned = _planned,
                Order = request.WantedOrder ?? site.Order,
                Labels = old => Labels(old, hash, image.LocalId!),
                BeforeCommit = stop => KeepPinAsync(judgement.Pin, judgement.Proven, stop),
            },
            cancellationToken);

    private Dictionary<string, string?> Labels(IDictionary<string, string> old, string hash, string imageId)
    {
        var files = _kept is { Kept: true } && _kept.Project != site.Client.Project ? _kept.Project.Files : null;
        var labels = ComposeLabels.ForNewContainer(old, hash, imageId, files)
            .ToDictionary(label => label.Key, label => (string?)label.Value, StringComparer.Ordinal);
        labels[ComposeLabels.Replace] = null;
        return labels;
    }

    private async Task<StrategyResult> UpAsync(
        SuppliedImage image, ComposePin pin, ComposeJudgement? judgement, HeldOperation operation, CancellationToken cancellationToken)
    {
        if (judgement is not null)
        {
            reports.Report(new VerboseReport(judgement.Why));
        }

        await new ComposeUp(site.Client, site.Image, engine).MustBeAbleAsync(cancellationToken).ConfigureAwait(false);
        steps.Begin($"{Command} up");
        var outage = new DowntimeClock();
        var before = new List<(string Name, JsonObject Old)>();
        foreach (var container in target.Containers)
        {
            before.Add((container.Name, await _calls.InspectAsync(container.Id, cancellationToken).ConfigureAwait(false)));
        }

        var oldLog = await OldLogAsync(before, cancellationToken).ConfigureAwait(false);
        var record = await RecordAsync(image, operation, cancellationToken).ConfigureAwait(false);
        try
        {
            outage.Begin();
            var client = _kept is { Kept: true } ? site.Client.For(_kept.Project) : site.Client;
            var outcome = await new ComposeUp(client, site.Image, engine).RunAsync(pin, Hear, cancellationToken).ConfigureAwait(false);
            outage.Note();
            foreach (var container in outcome.Containers)
            {
                await replacement.VerifyAsync(container.Id, ownsPorts: true, isDown: before.Count > 0, cancellationToken).ConfigureAwait(false);
                if (replacement.ProofTime > TimeSpan.Zero)
                {
                    outage.Note();
                }
            }

            outage.End();
            foreach (var container in outcome.Containers)
            {
                await replacement.WatchAsync(container.Id, cancellationToken).ConfigureAwait(false);
            }

            await operation.MustBeHeldAsync(cancellationToken).ConfigureAwait(false);
            await KeepPinAsync(pin, judgement?.Proven, cancellationToken).ConfigureAwait(false);
            await operation.MustBeHeldAsync(cancellationToken).ConfigureAwait(false);
            await replacement.Repair.Records.RemoveAsync(record.Info).ConfigureAwait(false);
            return new StrategyResult
            {
                Outcome = ProDeploymentOutcome.Succeeded,
                Verification = replacement.Last,
                HealthyAfter = replacement.HealthyAfter,
                Order = "stop-first",
                Downtime = before.Count == 0 ? null : outage.Longest,
                LogTail = replacement.Last?.LogTail ?? [],
                OldLog = oldLog,
            };
        }
        catch (Exception failure) when (failure is not ProException { Id: ContainerErrors.RestoreFailedId })
        {
            // Whatever it is, a lost connection or a full disk: compose may have removed the old one already.
            steps.Begin("restore");
            outage.BeginReturn();
            await _calls.WaitForEngineAsync().ConfigureAwait(false);
            if (await replacement.Repair.Records.FindAsync(target.TargetId, CancellationToken.None).ConfigureAwait(false) is null)
            {
                // Who breaks a lock has restored the old ones already: what runs now is that one's.
                await operation.MustBeHeldAsync(CancellationToken.None).ConfigureAwait(false);
            }

            _ = await new SwapCompletion(_calls, replacement.Repair, record, reports).RestoreUnlessVerifiedAsync(failure).ConfigureAwait(false);
            outage.Note();
            if (before.Count == 0 && failure is not OperationCanceledException)
            {
                throw;
            }

            var (health, proofTime) = await replacement.HealthOfAsync(before).ConfigureAwait(false);
            return new StrategyResult
            {
                Outcome = ProDeploymentOutcome.RestoredPrevious,
                Verification = replacement.Last,
                PreviousHealth = health,
                Order = "stop-first",
                Downtime = await AreUntouchedAsync(before).ConfigureAwait(false) ? null : outage.Longest + proofTime,
                LogTail = replacement.Last?.LogTail ?? [],
                Failure = DeploymentErrors.Of(failure, target.Name),
                WasStopped = failure is OperationCanceledException,
            };
        }
    }

    /// <summary>Compose removes them with their logs, so they are read before.</summary>
    private async Task<IReadOnlyList<string>> OldLogAsync(
        IEnumerable<(string Name, JsonObject Old)> before, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        foreach (var (_, old) in before)
        {
            lines.AddRange(await replacement.TailAsync(old.Text("Id"), cancellationToken).ConfigureAwait(false));
        }

        return lines;
    }

    /// <summary>Compose refuses some files before it stops anything.</summary>
    private async Task<bool> AreUntouchedAsync(IEnumerable<(string Name, JsonObject Old)> before)
    {
        foreach (var (_, old) in before)
        {
            var now = await _calls.FindAsync(old.Text("Id"), CancellationToken.None).ConfigureAwait(false);
            if (now is null || now["State"].Text("StartedAt") != old["State"].Text("StartedAt"))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Writes down what is there before compose removes it.</summary>
    private async Task<OperationRecord> RecordAsync(SuppliedImage image, HeldOperation operation, CancellationToken cancellationToken)
    {
        var containers = new List<SavedContainer>();
        foreach (var container in target.Containers)
        {
            var state = await SwapState.OfAsync(_calls, container.Id, cancellationToken).ConfigureAwait(false);
            containers.Add(state.Save(isFollower: false));
        }

        var info = new OperationInfo
        {
            Target = target.TargetId,
            Nonce = Guid.NewGuid().ToString("N"),
            To = image.Reference.ToString(),
            OldImages = [.. containers.Select(container => container.Recipe.Recipe.ImageId).Distinct()],
            IsComposeUp = true,
            Owner = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [ComposeLabels.Project] = site.Client.Project.Name,
                [ComposeLabels.Service] = site.Service,
                [ComposeLabels.Files] = string.Join(',', site.Client.Project.Files),
                [ComposeLabels.WorkingDirectory] = site.Client.Project.WorkingDirectory,
            },
        };
        var record = new OperationRecord(info, containers, operation.Note.ToLabel());
        await replacement.Repair.Records.WriteAsync(record, record.Info.To, cancellationToken).ConfigureAwait(false);
        return record;
    }

    private async Task<ComposeJudgement> JudgeAsync(SuppliedImage image, CancellationToken cancellationToken)
    {
        var files = Fingerprint();
        if (_judged is { } before && before.Image == image.LocalId && before.Files == files
            && TimeProvider.System.GetElapsedTime(before.At) < Holds)
        {
            return before.Judgement;
        }

        var at = TimeProvider.System.GetTimestamp();
        ComposeJudgement? judgement = null;
        var seen = new HashSet<(string Image, string? Hash)>();
        foreach (var replica in target.Containers)
        {
            var container = await _calls.InspectAsync(replica.Id, cancellationToken).ConfigureAwait(false);
            if (!seen.Add((container["Config"].Text("Image"), ComposeLabels.Get(container.Labels(), ComposeLabels.Hash))))
            {
                continue;
            }

            // One that differs from the file is compose's to make again, and with it all of them: our label would hide that it differs.
            judgement = await JudgeAsync(container, image, cancellationToken).ConfigureAwait(false);
            if (!judgement.OnlyImage)
            {
                break;
            }
        }

        _judged = (judgement!, image.LocalId!, files, at);
        return judgement!;
    }

    private async Task<ComposeJudgement> JudgeAsync(JsonObject container, SuppliedImage image, CancellationToken cancellationToken)
    {
        if (!ImageReference.TryParse(container["Config"].Text("Image"), out var current))
        {
            var pin = await site.Client.RenderAsync(site.Image, image.Reference, cancellationToken).ConfigureAwait(false);
            return new ComposeJudgement(false, "The container was started by an image's id.", null, pin, Proven: null);
        }

        return await site.Client
            .JudgeAsync(site.Image, current, image.Reference, container.Labels(), cancellationToken).ConfigureAwait(false);
    }

    private string Fingerprint()
    {
        var project = site.Client.Project;
        return string.Join('\n', project.Files.Concat(project.EnvironmentFiles).Append(project.DotEnv)
            .Select(path => new FileInfo(path))
            .Select(file => file.Exists ? $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}" : file.FullName));
    }

    private async Task KeepPinAsync(ComposePin pin, byte[]? proven, CancellationToken cancellationToken)
    {
        if (pin is VariablePin)
        {
            // What was seen before holds for the files as they were then.
            var seen = _judged?.Files == Fingerprint() ? proven : null;
            _kept = await site.PinKeeper().PersistAsync(pin, seen, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UndoPinAsync()
    {
        if (_kept is { Kept: true } kept && !await kept.UndoAsync(CancellationToken.None).ConfigureAwait(false))
        {
            reports.Report(new WarningReport($"{kept.File} was changed by somebody else meanwhile, and still pins the version that was not kept."));
        }
    }

    private void Hear(string line) => reports.Report(new VerboseReport(line));
}

/// <summary>What a site is asked for.</summary>
internal static class ComposeSitePins
{
    /// <summary>Keeps pins.</summary>
    public static PinKeeper PinKeeper(this ComposeSite site) => new(site.Client, site.Image);
}
