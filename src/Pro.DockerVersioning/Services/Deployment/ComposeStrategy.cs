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
    private readonly DeploymentAliasMover _aliases = new(engine, reports);
    private PinKept? _kept;
    private (ImageReference Alias, string? Before, string Now)? _moved;

    /// <inheritdoc/>
    public ProStrategy Kind => ProStrategy.Compose;

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
        return new StrategyPlan(
            choice.Order.ToText(),
            $"{target.Name} is swapped, {choice.Order.ToText()}: {choice.Description}. {judgement.Why}",
            request.WarningsFor(choice));
    }

    /// <inheritdoc/>
    public async Task<StrategyResult> RunAsync(SuppliedImage image, HeldOperation operation, CancellationToken cancellationToken)
    {
        if (await UpRecord.FindAsync(engine, target.TargetId, cancellationToken).ConfigureAwait(false) is not null)
        {
            // Nobody wanted it repaired first: a second record can't be written over the first one's way back.
            throw DeploymentErrors.ChangedMeanwhile(request.Service.Name, target.TargetId);
        }

        steps.Begin("ask compose");
        var judgement = target.Containers.Count == 0 ? null : await JudgeAsync(image, cancellationToken).ConfigureAwait(false);
        var pin = judgement?.Pin ?? await site.Client.RenderAsync(site.Image, image.Reference, cancellationToken).ConfigureAwait(false);
        if (pin is OverridePin)
        {
            // The new containers' labels name the file: it must be there before them.
            _kept = await site.PinWriter().PersistAsync(pin, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            if (pin is AliasPin tag)
            {
                judgement = await TakeByTagAsync(tag, image, judgement, cancellationToken).ConfigureAwait(false);
            }

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
        catch (Exception failure)
        {
            if (failure is ProException { Id: LockErrors.LostId })
            {
                // Who has broken our lock may have deployed the same version: the tag is that one's now.
                _moved = null;
            }

            await UndoPinAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Compose's own <c>up</c> takes what the tag names, so it has to name the version before. A swap moves it when the version is verified;
    /// only docker-compose 1.x, whose hash holds the image's id, must see it for a moment.
    /// </summary>
    private async Task<ComposeJudgement?> TakeByTagAsync(
        AliasPin pin, SuppliedImage image, ComposeJudgement? judgement, CancellationToken cancellationToken)
    {
        if (judgement is { OnlyImage: true } && !site.Client.Program.IsV1)
        {
            return judgement;
        }

        _moved = (pin.Alias, await _aliases.FindAsync(pin.Alias, cancellationToken).ConfigureAwait(false), image.LocalId!);
        await _aliases.MoveAsync(pin.Alias, image.LocalId!, cancellationToken).ConfigureAwait(false);
        if (judgement is not { OnlyImage: true })
        {
            return judgement;
        }

        var hash = await site.Client.HashAsync(site.Image, pin, cancellationToken).ConfigureAwait(false);
        await PutTagBackAsync().ConfigureAwait(false);
        return judgement with { NewHash = hash };
    }

    /// <summary>To what runs: that is what the tag has to name, whatever it named before. If nothing runs, to what it named.</summary>
    private async Task PutTagBackAsync()
    {
        if (_moved is not var (alias, before, now))
        {
            return;
        }

        _moved = null;
        try
        {
            var old = target.Containers.Select(container => container.ImageId).FirstOrDefault();
            await _aliases.PutBackAsync(alias, old ?? before, now).ConfigureAwait(false);
        }
        catch (ProException failure)
        {
            reports.Report(new WarningReport($"{alias} still names {now[7..19]} on the engine, which was not kept: {failure.Message}"));
        }
    }

    private Task<StrategyResult> SwapAsync(
        SuppliedImage image, ComposeJudgement judgement, string hash, HeldOperation operation, CancellationToken cancellationToken) =>
        replacement.RunAsync(
            new ReplacementJob
            {
                Operation = operation,
                Containers = [.. target.Containers.Select(container => container.Name)],
                Image = image.Reference.ToString(),
                Order = request.WantedOrder ?? site.Order,
                Labels = old => Labels(old, hash, image.LocalId!),
                BeforeCommit = stop => KeepPinAsync(judgement.Pin, judgement.Proven, stop),
            },
            cancellationToken);

    private Dictionary<string, string?> Labels(IDictionary<string, string> old, string hash, string imageId)
    {
        // The files by which compose was asked: without our own one, if the container was made by it and it is not needed any more.
        var files = _kept is { Kept: true } ? _kept.Project.Files : site.Client.Project.Files;
        var isAsBefore = ComposeLabels.Get(old, ComposeLabels.Files)?.Split(',').Length == files.Count;
        var labels = ComposeLabels.ForNewContainer(old, hash, imageId, isAsBefore ? null : files)
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
        var outage = new Outage();
        var before = new List<(string Name, JsonObject Old)>();
        foreach (var container in target.Containers)
        {
            before.Add((container.Name, await _calls.InspectAsync(container.Id, cancellationToken).ConfigureAwait(false)));
        }

        var oldLog = await OldLogAsync(before, cancellationToken).ConfigureAwait(false);
        var record = await UpRecord
            .WriteAsync(engine, target.TargetId, image.Reference.ToString(), site, target.Containers.Select(one => one.Id), cancellationToken)
            .ConfigureAwait(false);
        try
        {
            outage.Begin();
            var client = _kept is { Kept: true } ? site.Client.For(_kept.Project) : site.Client;
            var outcome = await new ComposeUp(client, site.Image, engine).RunAsync(pin, Hear, cancellationToken).ConfigureAwait(false);
            outage.Note();
            foreach (var container in outcome.Containers)
            {
                await replacement.VerifyAsync(container.Id, ownsPorts: true, cancellationToken).ConfigureAwait(false);
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
            await record.RemoveAsync(engine).ConfigureAwait(false);
            return new StrategyResult
            {
                Outcome = ProDeploymentOutcome.Succeeded,
                Health = replacement.Last?.Health,
                Order = "stop-first",
                Downtime = before.Count == 0 ? null : outage.Longest,
                StartTime = replacement.StartTime,
                LogTail = replacement.Last?.LogTail ?? [],
                OldLog = oldLog,
            };
        }
        catch (Exception failure) when (failure is not ProException { Id: ContainerErrors.RestoreFailedId })
        {
            // Whatever it is, a lost connection or a full disk: compose may have removed the old one already.
            steps.Begin("restore");
            outage.BeginReturn();
            await RestoreAsync(record, operation, failure).ConfigureAwait(false);
            outage.Note();
            if (before.Count == 0 && failure is not OperationCanceledException)
            {
                throw;
            }

            var (health, proofTime) = await replacement.HealthOfAsync(before).ConfigureAwait(false);
            return new StrategyResult
            {
                Outcome = ProDeploymentOutcome.RestoredPrevious,
                Health = health,
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

    private async Task RestoreAsync(UpRecord record, HeldOperation operation, Exception failure)
    {
        await _calls.WaitForEngineAsync().ConfigureAwait(false);
        if (await UpRecord.FindAsync(engine, target.TargetId, CancellationToken.None).ConfigureAwait(false) is null)
        {
            // Who breaks a lock has put the old ones back already: what runs now is that one's.
            await operation.MustBeHeldAsync(CancellationToken.None).ConfigureAwait(false);
        }

        await PutTagBackAsync().ConfigureAwait(false);
        try
        {
            await new UpRestore(engine).RunAsync(record, site.Client.Project.Name, site.Service).ConfigureAwait(false);
        }
        catch (ProException exception)
        {
            throw ContainerErrors.UpRestoreFailed(
                target.Name, failure.Message, record.Containers.Select(container => container.Name), exception);
        }
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
            _kept = await site.PinWriter().PersistAsync(pin, seen, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task UndoPinAsync()
    {
        await PutTagBackAsync().ConfigureAwait(false);
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
    public static PinWriter PinWriter(this ComposeSite site) => new(site.Client, site.Image);
}
