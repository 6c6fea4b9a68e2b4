using System.Formats.Tar;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Compose.Program;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Container;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment.Compose;

/// <summary>
/// A service of a compose project. Where only the image changes, its containers are swapped like any other, and compose's labels say so to
/// compose; where the file has changed, compose's own <c>up</c> does it. Verification, the restore and the lasting pin are ours in both.
/// </summary>
internal sealed class ComposeStrategy(
    EngineConnection engine,
    DeploymentRequest request,
    ServiceTarget target,
    ComposeContext site,
    ContainerReplacement replacement,
    DeploymentSteps steps,
    IProgress<Report> reports)
    : IDeploymentStrategy
{
    // Compose takes a second or two to say it: what it said for the plan holds while the files are as they were, and for so long.
    private static readonly TimeSpan Holds = TimeSpan.FromSeconds(10);

    private readonly ContainerApi _calls = new(engine);
    private readonly DeploymentAliasMover _aliases = new(engine, reports);
    private readonly ComposeDependents _dependents = new(new ContainerApi(engine), target, reports, site.Files);
    private readonly ComposeUp _up = new(site.Client, site.Image, engine);
    private readonly HashSet<string> _warned = new(StringComparer.Ordinal);
    private (ComposeJudgement Judgement, string Image, string Files, long At)? _judged;
    private (ImageReference Alias, string? Before, string Now)? _moved;
    private PinKept? _kept;
    private RenderedProject? _rendered;
    private SwapChoice? _planned;

    public ProStrategy Kind => ProStrategy.Compose;

    public IReadOnlyList<string> LastLog => replacement.LastLog;

    public Task<bool> IsHealthyAsync(CancellationToken cancellationToken) => replacement.AreHealthyAsync(target, cancellationToken);

    private string Command => site.Client.Program.CommandName;

    private RunningComposeProject Project => site.Client.Project;

    private UpdateOrder? Order => request.WantedOrder ?? site.Order;

    public async Task<StrategyPlan?> PlanAsync(SuppliedImage image, CancellationToken cancellationToken)
    {
        reports.Report(new VerboseReport($"{site.Client.Program} works on {string.Join(", ", Project.Files)}."));
        await ThrowIfLinkedAsync(cancellationToken).ConfigureAwait(false);
        if (target.Containers.Count == 0 || (image.LocalId is null && site.Client.Program.IsV1))
        {
            // 1.x puts the image's id into the hash.
            var (pin, rendered) = await site.Client.RenderAsync(site.Image, image.Reference, cancellationToken).ConfigureAwait(false);
            return new StrategyPlan(
                target.Containers.Count == 0
                    ? $"{Command} starts {target.Name} for the first time"
                    : $"{target.Name} is updated; whether {Command} itself must do it shows once the image is here",
                [.. Said(rendered), .. OneShots(pin)]);
        }

        var judgement = await JudgeAsync(image, cancellationToken).ConfigureAwait(false);
        string[] warnings = [.. Said(judgement.Rendered), .. OneShots(judgement.Pin)];
        var dependents = await _dependents.PlanAsync(cancellationToken).ConfigureAwait(false);
        if (!judgement.OnlyImage)
        {
            await _up.ThrowIfTooOldAsync(cancellationToken).ConfigureAwait(false);
            return new StrategyPlan(
                $"{Command} up re-creates {target.Name}: cut for 1.5 s or more. {judgement.Why}",
                OrderWarning(judgement) is { } warning ? [.. warnings, warning] : warnings)
            {
                Details = [.. await ReviewAsync(judgement, cancellationToken).ConfigureAwait(false), .. dependents],
            };
        }

        var choice = await PlannedSwap
            .ChooseAsync(engine, request, target, Order, image.LocalId, cancellationToken).ConfigureAwait(false);
        _planned = choice;
        return new StrategyPlan(
            $"{target.Name} is swapped, {choice.Order.ToText()}: {choice.Description}. {judgement.Why}",
            [.. request.WarningsFor(choice), .. warnings],
            choice.Flow)
        {
            Details = dependents,
        };
    }

    /// <summary>Who links to a container loses it for good, whoever re-creates that.</summary>
    /// <exception cref="ProException"><c>LinkedFromOthers</c>.</exception>
    private async Task ThrowIfLinkedAsync(CancellationToken cancellationToken)
    {
        foreach (var container in target.Containers)
        {
            await _calls.ThrowIfLinkedAsync(container.Id, container.Name, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Compose's own up stops the old container first, whatever anybody wants.</summary>
    /// <exception cref="ProException">Another order was typed.</exception>
    private string? OrderWarning(ComposeJudgement judgement) =>
        target.Containers.Count == 0 || Order != UpdateOrder.StartFirst ? null
        : request.OrderIsTyped
        ? throw DeploymentErrors.OrderNotPossible(request.Service.Name, [$"{Command} up stops the old container first.", judgement.Why])
        : $"{target.Name} is stopped before the new version starts: {Command} up knows no other order. {judgement.Why}";

    /// <summary>What compose warned of, each once.</summary>
    private string[] Said(RenderedProject? rendered) =>
        [.. (rendered?.Warnings ?? []).Where(_warned.Add).Select(warning => $"{Command}: {warning}")];

    /// <summary>What compose would run before the service, and this doesn't: a migration is nobody's to run but its operator's.</summary>
    private IEnumerable<string> OneShots(ComposePin pin) => ServiceDependencies.OneShotsOf(site.Files, site.Service).Select(one =>
    {
        var run = site.CommandLine($"run --rm --no-deps {one.Name}");
        if (pin is VariablePin { Variable: var name, Value: var value } && VariableText.Names(one.ImageText ?? "").Contains(name))
        {
            // In a way that leaves the session without the variable: an exported one goes before .env.
            run = $"$env:{name} = '{value}'; try {{ {run} }} finally {{ $env:{name} = $null }}";
        }

        return $"{site.Service} waits for {one.Name} (service_completed_successfully), which is not run by this command. "
            + $"If the new version needs it, run it first: {run}";
    });

    /// <summary>What else would change by compose's own up.</summary>
    /// <exception cref="ProException">A variable that has a value in a container that runs would be blank.</exception>
    private async Task<IReadOnlyList<string>> ReviewAsync(ComposeJudgement judgement, CancellationToken cancellationToken)
    {
        if (judgement.Rendered is not { } rendered)
        {
            return [];
        }

        var find = FindWith(judgement.Pin);
        var documents = Project.Files.SelectMany(ProjectFiles.DocumentsOf).ToList();
        var injected = RenderedService.InjectedFiles(rendered.Config, site.Service, find);
        var blanks = new List<BlankValue>();
        var differences = new List<string>();
        foreach (var replica in target.Containers)
        {
            var container = await _calls.InspectAsync(replica.Id, cancellationToken).ConfigureAwait(false);
            var old = await _calls.FindImageAsync(container.ImageId, cancellationToken).ConfigureAwait(false);
            var comparison = new ContainerComparison(rendered.Config, site.Service, container, old);
            if (judgement.HashAsItWas is null || judgement.HashAsItWas != ComposeLabels.Get(container.Labels, ComposeLabels.Hash))
            {
                blanks.AddRange(comparison.Blanks(site.Written, find, documents, name => site.Files.InEnvFile(site.Written, name)));
            }

            foreach (var file in injected.Where(file => file.Content is not null))
            {
                var there = await ReadFileAsync(replica.Id, file.Path, cancellationToken).ConfigureAwait(false);
                blanks.AddRange(ContainerComparison.BlanksIn(documents, file, there is null ? null : Encoding.UTF8.GetString(there), find));
            }

            differences.AddRange(comparison.Differences());
        }

        blanks.AddRange(injected
            .Where(file => file is { Variable: not null, Content: null or "" })
            .Select(file => new BlankValue(file.Variable!, [], $"the file {file.Path}")));
        var refused = blanks.Where(blank => !blank.IsAllowed(request.AllowBlank)).DistinctBy(blank => (blank.Name, blank.Where)).ToList();
        return refused.Count == 0
            ? [.. differences.Distinct(StringComparer.Ordinal).Select(line => $"compared with what runs, {line}")]
            : throw DeploymentErrors.WouldBeBlank(
                target.Name,
                refused.Select(blank => (blank.Name, blank.OtherNames is [.., var last] ? last : blank.Name, blank.Where)),
                Project.DotEnv);
    }

    private Func<string, string?> FindWith(ComposePin pin) =>
        name => pin is VariablePin variable && variable.Variable == name ? variable.Value : site.Image.Variables.Find(name);

    public async Task<StrategyResult> RunAsync(SuppliedImage image, LockedOperation operation, CancellationToken cancellationToken)
    {
        steps.Begin("ask compose");
        var judgement = target.Containers.Count == 0 ? null : await JudgeAsync(image, cancellationToken).ConfigureAwait(false);
        var pin = judgement?.Pin
            ?? (await site.Client.RenderAsync(site.Image, image.Reference, cancellationToken).ConfigureAwait(false)).Pin;
        if (judgement is { OnlyImage: false })
        {
            // The files may have changed since the plan, or the image was not here then. Somebody may have linked to it, too.
            await ThrowIfLinkedAsync(cancellationToken).ConfigureAwait(false);
            _ = OrderWarning(judgement);
            _ = await ReviewAsync(judgement, cancellationToken).ConfigureAwait(false);
        }

        _rendered = judgement?.Rendered;
        foreach (var warning in Said(_rendered))
        {
            reports.Report(new WarningReport(warning));
        }

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

            var result = judgement is { NewHash: { } hash }
                ? await SwapAsync(image, judgement, hash, operation, cancellationToken).ConfigureAwait(false)
                : await UpAsync(image, pin, judgement, operation, cancellationToken).ConfigureAwait(false);
            if (result.Outcome != ProDeploymentOutcome.Succeeded)
            {
                await UndoPinAsync().ConfigureAwait(false);
            }

            if (target.Containers.Count > 0 && result.TouchedTheService)
            {
                await _dependents.RestartAsync(steps).ConfigureAwait(false);
            }

            if (result.Outcome == ProDeploymentOutcome.Succeeded && _kept?.Warning is { } warning)
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

    // Compose's own up takes what the tag names, so it has to name the version before. A swap moves it when the version is
    // verified; only docker-compose 1.x, whose hash holds the image's id, must see it for a moment.
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
            reports.Report(new WarningReport(
                $"{alias} still names {ShortId.Of(now)} on the engine, which was not kept: {failure.Message}"));
        }
    }

    private async Task<StrategyResult> SwapAsync(
        SuppliedImage image, ComposeJudgement judgement, string hash, LockedOperation operation, CancellationToken cancellationToken)
    {
        var imageLabels = await ImageLabelsAsync(image.LocalId!, cancellationToken).ConfigureAwait(false);
        return await replacement.RunAsync(
            ReplacementJob.Of(operation, target, image, _planned, Order) with
            {
                Labels = old => Labels(
                    old, hash, imageLabels.GetValueOrDefault(ComposeLabels.Get(old, ComposeLabels.Image) ?? "", image.LocalId!)),
                InjectedFiles = judgement.InjectedFiles,
                FollowerLabels = FollowerLabelsAsync,
                BeforeCommit = stop => KeepPinAsync(judgement.Pin, judgement.Foreseen, stop),
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What compose's label for the image becomes, by what it was.</summary>
    private async Task<Dictionary<string, string>> ImageLabelsAsync(string imageId, CancellationToken cancellationToken)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var container in target.Containers)
        {
            var old = (await _calls.InspectAsync(container.Id, cancellationToken).ConfigureAwait(false)).Labels;
            if (ComposeLabels.Get(old, ComposeLabels.Image) is { } label && label != container.ImageId && !labels.ContainsKey(label))
            {
                labels[label] = ComposeImageLabel.Next(
                    label,
                    await ManifestsAsync(container.ImageId, cancellationToken).ConfigureAwait(false),
                    imageId,
                    await ManifestsAsync(imageId, cancellationToken).ConfigureAwait(false));
            }
        }

        return labels;
    }

    /// <summary>An image's inspection, with the manifests of its platforms if the engine knows of any.</summary>
    private async Task<JsonObject?> ManifestsAsync(string imageId, CancellationToken cancellationToken)
    {
        try
        {
            return await engine.Http.GetAsync($"images/{imageId}/json?manifests=1", cancellationToken).ConfigureAwait(false);
        }
        catch (ProException gone) when (gone.Id != EngineErrors.UnreachableId)
        {
            return null;
        }
    }

    private Dictionary<string, string?> Labels(IDictionary<string, string> old, string hash, string imageId)
    {
        // The files by which compose was asked: without our own one, if the container was made by it and it is not needed any more.
        var files = (_kept?.Project ?? Project).Files;
        var isAsBefore = ComposeLabels.Get(old, ComposeLabels.Files)?.Split(',').Length == files.Count;
        var labels = ComposeLabels.ForNewContainer(old, hash, imageId, isAsBefore ? null : files)
            .ToDictionary(label => label.Key, label => (string?)label.Value, StringComparer.Ordinal);
        labels[ComposeLabels.Replace] = null;
        return labels;
    }

    private async Task<StrategyResult> UpAsync(
        SuppliedImage image, ComposePin pin, ComposeJudgement? judgement, LockedOperation operation, CancellationToken cancellationToken)
    {
        if (judgement is not null)
        {
            reports.Report(new VerboseReport(judgement.Why));
        }

        await _up.ThrowIfTooOldAsync(cancellationToken).ConfigureAwait(false);
        steps.Begin($"{Command} up");
        var outage = new DowntimeClock();
        var before = new List<ContainerView>();
        foreach (var container in target.Containers)
        {
            before.Add(await _calls.InspectAsync(container.Id, cancellationToken).ConfigureAwait(false));
        }

        // On which of their ports the old containers answer this machine.
        var addresses = new List<(string Id, FinalAddressCheck Check)>();
        foreach (var old in before)
        {
            var check = await FinalAddressCheck.PrepareAsync(engine, old, healthUrl: null, cancellationToken).ConfigureAwait(false);
            addresses.Add((old.Id, check));
        }

        // Compose removes them with their logs, so they are read before.
        var oldLog = new List<string>();
        foreach (var old in before)
        {
            oldLog.AddRange(await replacement.TailAsync(old.Id, cancellationToken).ConfigureAwait(false));
        }

        var record = await RecordAsync(image, judgement?.InjectedFiles ?? [], operation, cancellationToken).ConfigureAwait(false);
        var followers = new ComposeFollowers(_calls, reports, FollowerLabelsAsync);
        replacement.Repair.RestoreFollowers = followers.RestoreAsync;
        replacement.SayLastWork(operation.Note, before);
        IReadOnlyList<ComposeContainer> after;
        IReadOnlyList<string> moved;
        long ended;
        try
        {
            await followers.NoteAsync(before.Select(one => one.Id), cancellationToken).ConfigureAwait(false);
            outage.Begin();
            var up = _kept is null ? _up : new ComposeUp(site.Client.For(_kept.Project), site.Image, engine);
            after = await up.RunAsync(pin, Hear, cancellationToken).ConfigureAwait(false);
            ended = Clock.Current.GetTimestamp();
            outage.Note();
            if (image.LocalId is { } planned && after.FirstOrDefault(one => one.ImageId != planned) is { } other)
            {
                // Compose takes what the tag names when it asks, and anybody may have moved that since the plan.
                throw ContainerErrors.OtherImage(other.Name, planned, other.ImageId);
            }

            foreach (var container in after)
            {
                await replacement
                    .VerifyAsync(container.Id, ownsPorts: true, isDown: before.Count > 0, cancellationToken).ConfigureAwait(false);
                if (replacement.ProofTime > TimeSpan.Zero)
                {
                    outage.Note();
                }
            }

            var successors = Successors(before, after);
            await followers.MoveAsync(successors, cancellationToken).ConfigureAwait(false);
            foreach (var (old, check) in addresses)
            {
                var now = await _calls.InspectAsync(successors.GetValueOrDefault(old, old), cancellationToken).ConfigureAwait(false);
                var isVerified = replacement.Last is not { Proof: ProHealthProof.Stability };
                await check.RunAsync(now, cancellationToken, request.RetryTimeFor(isVerified)).ConfigureAwait(false);
            }

            outage.End();
            moved = await MovedPortsAsync(before, successors, cancellationToken).ConfigureAwait(false);
            foreach (var container in after)
            {
                await replacement.WatchAsync(container.Id, cancellationToken).ConfigureAwait(false);
            }

            await operation.ThrowIfLockLostAsync(cancellationToken).ConfigureAwait(false);
            await KeepPinAsync(pin, judgement?.Foreseen, cancellationToken).ConfigureAwait(false);
            await operation.ThrowIfLockLostAsync(cancellationToken).ConfigureAwait(false);
            await replacement.Repair.Records.RemoveAsync(record.Info).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is not ProException { Id: ContainerErrors.RestoreFailedId })
        {
            // Whatever it is, a lost connection or a full disk: compose may have removed the old one already.
            replacement.BeginRestore(operation.Note, before);
            outage.BeginReturn();
            await _calls.WaitForEngineAsync().ConfigureAwait(false);
            if (await replacement.Repair.Records.FindAsync(target.TargetId, CancellationToken.None).ConfigureAwait(false) is null)
            {
                // Who breaks a lock has restored the old ones already: what runs now is that one's.
                await operation.ThrowIfLockLostAsync(CancellationToken.None).ConfigureAwait(false);
            }

            await KeepLogOfFailedAsync(before).ConfigureAwait(false);
            await PutTagBackAsync().ConfigureAwait(false);
            _ = await replacement.Repair.RestoreUnlessVerifiedAsync(record, failure).ConfigureAwait(false);
            outage.Note();
            if (before.Count == 0 && failure is not OperationCanceledException)
            {
                throw;
            }

            // Compose refuses some files before it stops anything.
            var isUntouched = true;
            foreach (var old in before)
            {
                isUntouched = isUntouched
                    && (await _calls.FindAsync(old.Id, CancellationToken.None).ConfigureAwait(false))?.StartedAt == old.StartedAt;
            }

            if (!isUntouched && before.Count > 0 && site.HookWarning(_rendered?.Config, site.Service) is { } hooks)
            {
                reports.Report(new WarningReport(hooks));
            }

            var (health, proofTime) = await replacement
                .HealthOfAsync(before.Select(one => (one.Name, one)), failure).ConfigureAwait(false);
            return new StrategyResult
            {
                Outcome = ProDeploymentOutcome.RestoredPrevious,
                Verification = replacement.FailedContainer is null ? replacement.Last : null,
                LogContainer = replacement.FailedContainer,
                PreviousHealth = health,
                Order = "stop-first",
                Downtime = isUntouched ? null : outage.Longest + proofTime,
                LogTail = replacement.LastLog,
                Failure = DeploymentErrors.Of(failure, target.Name),
                WasStopped = failure is OperationCanceledException,
            };
        }

        foreach (var warning in moved)
        {
            reports.Report(new WarningReport(warning));
        }

        var undone = await replacement
            .LookForSupervisorAsync(after.Select(one => (one.Name, one.Id)), ended, cancellationToken).ConfigureAwait(false);
        return new StrategyResult
        {
            Outcome = undone is null ? ProDeploymentOutcome.Succeeded : ProDeploymentOutcome.UndoneFromOutside,
            Failure = undone,
            Verification = replacement.Last,
            HealthyAfter = replacement.HealthyAfter,
            Order = "stop-first",
            Downtime = before.Count == 0 ? null : outage.Longest,
            LogTail = replacement.Last?.LogTail ?? [],
            OldLog = oldLog,
        };
    }

    /// <summary>Host ports that the engine had chosen, and chose anew for the containers of compose's own up.</summary>
    private async Task<IReadOnlyList<string>> MovedPortsAsync(
        IEnumerable<ContainerView> before, Dictionary<string, string> successors, CancellationToken cancellationToken)
    {
        var told = new List<string>();
        foreach (var old in before)
        {
            var chosen = PublishedPorts.KeepChosen(old.HostConfig.DeepClone().AsObject(), old);
            if (chosen.Count > 0 && successors.TryGetValue(old.Id, out var successor)
                && await _calls.InspectAsync(successor, cancellationToken).ConfigureAwait(false) is var now
                && PublishedPorts.IsChosenByEngine(now) && PublishedPorts.Moved(chosen, now) is { } moved)
            {
                told.Add(moved);
            }
        }

        return told;
    }

    /// <summary>If compose itself failed, nothing was verified: what its new container said would be lost with it.</summary>
    private async Task KeepLogOfFailedAsync(List<ContainerView> before)
    {
        if (replacement.Last is not null)
        {
            return;
        }

        try
        {
            var there = await _up.ContainersAsync(CancellationToken.None).ConfigureAwait(false);
            if (there.FirstOrDefault(container => !before.Exists(old => old.Id == container.Id)) is { } failed)
            {
                await replacement.KeepLogAsync(failed.Name, failed.Id).ConfigureAwait(false);
            }
        }
        catch (ProException failure)
        {
            // Without its last lines the old container is restored all the same.
            reports.Report(new VerboseReport($"The last lines of the new container could not be read: {failure.Message}"));
        }
    }

    // The label with which a later up leaves a follower alone: its hash holds the ids of the containers that it is tied to. If it
    // differs from its file in more than those ids, its label stays, and compose goes on to see that.
    private async Task<IReadOnlyDictionary<string, string?>> FollowerLabelsAsync(
        ContainerView follower, IReadOnlyDictionary<string, string> successors, CancellationToken cancellationToken)
    {
        var labels = follower.Labels;
        if (_rendered is not { } rendered || site.Client.Program.IsV1
            || ComposeLabels.Get(labels, ComposeLabels.Project) != Project.Name
            || ComposeLabels.Get(labels, ComposeLabels.Service) is not { } service)
        {
            return new Dictionary<string, string?>();
        }

        if (site.HookWarning(rendered.Config, service) is { } hooks)
        {
            reports.Report(new WarningReport(hooks));
        }

        var next = follower.HostConfig.DeepClone().AsObject();
        NamespaceFollowers.Redirect(next, successors);
        try
        {
            // Each takes a second on a busy machine, and the follower waits for them.
            var hashes = await Task.WhenAll(HashAsync(follower.HostConfig), HashAsync(next)).ConfigureAwait(false);
            if (hashes[0] == ComposeLabels.Get(labels, ComposeLabels.Hash))
            {
                return new Dictionary<string, string?> { [ComposeLabels.Hash] = hashes[1] };
            }
        }
        catch (ProException failure)
        {
            reports.Report(new VerboseReport($"Compose doesn't tell the hash of {service}: {failure.Message}"));
        }

        return new Dictionary<string, string?>();

        async Task<string?> HashAsync(JsonObject host)
        {
            var modes = new Dictionary<string, string>
            {
                ["network_mode"] = host.Text("NetworkMode"), ["ipc"] = host.Text("IpcMode"), ["pid"] = host.Text("PidMode"),
            };
            return RenderedService.WithModes(rendered.Text, service, modes) is { } text
                ? await site.Client.ResolvedHashAsync(site.Image, text, service, cancellationToken).ConfigureAwait(false)
                : null;
        }
    }

    /// <summary>Who has taken whose place: the one with the same number, else the first.</summary>
    private static Dictionary<string, string> Successors(IEnumerable<ContainerView> before, IReadOnlyList<ComposeContainer> after) => before
        .Where(old => after.All(container => container.Id != old.Id))
        .ToDictionary(
            old => old.Id,
            old => (after.FirstOrDefault(container => container.Number.ToString(CultureInfo.InvariantCulture)
                == ComposeLabels.Get(old.Labels, ComposeLabels.Number)) ?? after[0]).Id,
            StringComparer.Ordinal);

    /// <summary>Writes down what is there before compose removes it.</summary>
    private async Task<OperationRecord> RecordAsync(
        SuppliedImage image, IReadOnlyList<string> injected, LockedOperation operation, CancellationToken cancellationToken)
    {
        var containers = new List<SavedContainer>();
        foreach (var container in target.Containers)
        {
            var state = await SwapState.OfAsync(_calls, container.Id, cancellationToken).ConfigureAwait(false);
            await state.ReadFilesAsync(_calls, injected, _ => false, cancellationToken).ConfigureAwait(false);
            containers.Add(state.Saved);
        }

        var info = new OperationInfo
        {
            Target = target.TargetId,
            Nonce = Guid.NewGuid().ToString("N"),
            To = image.Reference.ToString(),
            OldImages = [.. containers.Select(container => container.Recipe.ImageId).Distinct()],
            IsComposeUp = true,
            Owner = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [ComposeLabels.Project] = Project.Name,
                [ComposeLabels.Service] = site.Service,
                [ComposeLabels.Files] = string.Join(',', Project.Files),
                [ComposeLabels.WorkingDirectory] = Project.WorkingDirectory,
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
            && Clock.Current.GetElapsedTime(before.At) < Holds)
        {
            return before.Judgement;
        }

        var at = Clock.Current.GetTimestamp();
        ComposeJudgement? judgement = null;
        var seen = new HashSet<(string Image, string? Hash)>();
        foreach (var replica in target.Containers)
        {
            var container = await _calls.InspectAsync(replica.Id, cancellationToken).ConfigureAwait(false);
            if (!seen.Add((container.Image, ComposeLabels.Get(container.Labels, ComposeLabels.Hash))))
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

    private async Task<ComposeJudgement> JudgeAsync(ContainerView container, SuppliedImage image, CancellationToken cancellationToken)
    {
        if (!ImageReference.TryParse(container.Image, out var current))
        {
            var (pin, _) = await site.Client.RenderAsync(site.Image, image.Reference, cancellationToken).ConfigureAwait(false);
            return new ComposeJudgement("The container was started by an image's id.", null, pin, Foreseen: null);
        }

        var judgement = await site.Client
            .JudgeAsync(site.Image, current, image.Reference, container.Labels, cancellationToken).ConfigureAwait(false);
        if (judgement.Rendered is not { } rendered)
        {
            return judgement;
        }

        // Neither a hash nor a label says anything of what compose copies into a container. What is there goes along, unless its file says
        // another thing by now: then compose is to write it, or to mount it. 1.x mounts no config.
        var mounts = container.Mounts.Select(mount => mount.Text("Destination")).ToHashSet(StringComparer.Ordinal);
        var changed = site.Client.Program.IsV1 ? null
            : RenderedService.MountedFiles(rendered.Config, site.Service).FirstOrDefault(path => !mounts.Contains(path));
        var paths = new List<string>();
        foreach (var file in RenderedService.InjectedFiles(rendered.Config, site.Service, FindWith(judgement.Pin)))
        {
            if (mounts.Contains(file.Path))
            {
                changed ??= file.Path;
                continue;
            }

            var there = await ReadFileAsync(container.Id, file.Path, cancellationToken).ConfigureAwait(false);
            if (there is not null)
            {
                paths.Add(file.Path);
            }

            if (file.Content is { Length: > 0 } content && !there.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(content)))
            {
                changed ??= file.Path;
            }
        }

        judgement = judgement with { InjectedFiles = paths };
        return changed is null || !judgement.OnlyImage ? judgement
            : judgement.ByCompose($"Compose itself updates {site.Service}: it makes {changed}, which has changed.");
    }

    private async Task<byte[]?> ReadFileAsync(string container, string path, CancellationToken cancellationToken) =>
        await _calls.GetArchiveAsync(container, path, cancellationToken).ConfigureAwait(false) is { } archive ? ContentOf(archive) : null;

    private static byte[] ContentOf(byte[] archive)
    {
        using var reader = new TarReader(new MemoryStream(archive));
        using var content = new MemoryStream();
        reader.GetNextEntry()?.DataStream?.CopyTo(content);
        return content.ToArray();
    }

    private string Fingerprint() => string.Join(
        '\n',
        Project.Files.Concat(Project.EnvironmentFiles).Append(Project.DotEnv)
            .Select(path => new FileInfo(path))
            .Select(file => file.Exists ? $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}" : file.FullName));

    private async Task KeepPinAsync(ComposePin pin, DotEnvPin? foreseen, CancellationToken cancellationToken)
    {
        if (pin is VariablePin)
        {
            // What was seen before holds for the files as they were then.
            var seen = _judged?.Files == Fingerprint() ? foreseen : null;
            _kept = await site.PinWriter().PersistAsync(pin, cancellationToken, seen).ConfigureAwait(false);
        }
    }

    private async Task UndoPinAsync()
    {
        await PutTagBackAsync().ConfigureAwait(false);
        if (_kept is { } kept && !await kept.UndoAsync(CancellationToken.None).ConfigureAwait(false))
        {
            reports.Report(new WarningReport(
                $"{kept.File} was changed by somebody else meanwhile, and still pins the version that was not kept."));
        }
    }

    private void Hear(string line)
    {
        if (ComposeWarning.Parse(line) is { } warning && _warned.Add(warning))
        {
            reports.Report(new WarningReport($"{Command}: {warning}"));
        }

        reports.Report(new VerboseReport(line));
    }
}
