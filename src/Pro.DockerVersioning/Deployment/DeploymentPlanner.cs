using Pro.DockerVersioning.Deployment.Compose;
using Pro.DockerVersioning.Deployment.Compose.Project;
using Pro.DockerVersioning.Deployment.Container;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Deployment;

/// <summary>A deployment or rollback before it is done.</summary>
internal sealed record DeploymentPlan
{
    public required DeploymentRequest Request { get; init; }

    public required ServiceTarget Target { get; init; }

    /// <summary>The version that runs; null if none does, or nothing says which.</summary>
    public required ProVersion? From { get; init; }

    public required ProVersion Version { get; init; }

    public required SuppliedImage Image { get; init; }

    public required IDeploymentStrategy Strategy { get; init; }

    public required DeploymentSteps Steps { get; init; }

    /// <summary>What it would do; null if there is nothing to do.</summary>
    public StrategyPlan? What { get; init; }

    public DeploymentAliases Aliases { get; init; } = DeploymentAliases.None;

    public IReadOnlyList<string> Changes { get; init; } = [];

    /// <summary>
    /// What would undo it, or spread it to others: a pull, and targets with the same tag. Jobs see no plan: it is a warning too.
    /// </summary>
    public IReadOnlyList<string> Risks { get; init; } = [];

    /// <summary>The version runs already, but a plain <c>up</c> would start another one; null if it wouldn't.</summary>
    public string? UnchangedWarning { get; init; }

    /// <summary>The schema level of the image that runs; null if it names none.</summary>
    public string? SchemaNow { get; init; }

    /// <summary>What the operator should know of the database's schema; null if there is nothing to say.</summary>
    public string? SchemaWarning { get; init; }

    public IReadOnlyList<string> Warnings => What is null ? UnchangedWarning is null ? [] : [UnchangedWarning] :
    [
        .. What.Warnings,
        .. Risks.Select(risk => $"{Name}: {risk}."),
        .. SchemaWarning is null ? (string[])[] : [SchemaWarning],
    ];

    /// <summary>The longest time for which it can leave the service down; null if it never does, or a swarm does it.</summary>
    public string? LongestDowntime { get; init; }

    public bool IsNothingToDo => What is null;

    /// <summary>The plan, a line each, for the prompt and -WhatIf.</summary>
    public IReadOnlyList<string> Lines =>
    [
        $"{Name}: {From?.ToString() ?? (Target.Containers.Count == 0 ? "nothing" : "an unknown version")} -> {Version} ({Target})",
        $"{Name}: {Image.Description}",
        $"{Name}: {What?.Line}",
        .. LongestDowntime is null ? (string[])[] : [LongestDowntime],
        .. Changes.Concat(Risks).Select(change => $"{Name}: {change}"),
        .. (What?.Details ?? []).Select(detail => $"{Name}: {detail}"),
        .. SchemaWarning is null ? (string[])[] : [SchemaWarning],
    ];

    /// <summary>The warning where the image to come names that level.</summary>
    public string? SchemaWarningOf(string? then) =>
        SchemaLevel.Warning(Name, From, Version, SchemaNow, then, isRollback: Request.Kind == ProHistoryKind.Rollback);

    private string Name => Request.Service.Name;
}

/// <summary>Makes plans. Looks only; a plan is refused here, before anything is touched, or not at all.</summary>
internal sealed class DeploymentPlanner(
    EngineConnection engine, PreviousVersionStore previous, ImageSupply supply, IProgress<Report> reports)
{
    /// <summary>The image that was verified under the version is asked of the history if the caller doesn't know it.</summary>
    public async Task<DeploymentPlan> PlanAsync(
        DeploymentRequest request, EngineSnapshot world, ProVersion version, string? verifiedId, CancellationToken cancellationToken)
    {
        var calls = new ContainerApi(engine);
        var name = request.Service.Name;
        var reference = request.Repository.WithTag(version.ImageTag);
        var found = world.Target(request);
        if (found is not null)
        {
            verifiedId ??= await previous.VerifiedImageAsync(request, found, version, cancellationToken).ConfigureAwait(false);
        }

        var image = await supply.FindAsync(
            reference,
            world.Inventory,
            found is { IsOfEngine: false } ? null : verifiedId,
            () => previous.RecordedDigestAsync(name, reference, cancellationToken),
            request.Force,
            cancellationToken).ConfigureAwait(false);
        var site = found is null ? await FirstStartAsync(request, cancellationToken).ConfigureAwait(false)
            : found.Kind == ServiceTargetKind.Compose
                ? await ComposeContext.TryOpenAsync(engine, request, found, cancellationToken).ConfigureAwait(false) : null;
        var target = found ?? TargetOf(request, world, site!);
        await ContainerTargets.ThrowIfOwnAsync(engine, target, engine.Endpoint.OwnContainer, cancellationToken).ConfigureAwait(false);
        await ContainerTargets.ThrowIfImageIsGoneAsync(engine, target, world.Inventory, cancellationToken).ConfigureAwait(false);
        var there = found is null
            ? await ContainerTargets.NamesOfAsync(engine, target.TargetId, cancellationToken).ConfigureAwait(false) : [];
        if (there.Count > 0)
        {
            // If compose wouldn't run the version anyway, nobody should remove containers for it.
            _ = await site!.Client.RenderAsync(site.Image, reference, cancellationToken).ConfigureAwait(false);
            throw ContainerErrors.NotTheFirstStart(name, target.Name, there, request.Repository.ToString());
        }

        if (image.LocalId is null && target is { IsOfEngine: true, Containers.Count: > 0 })
        {
            var platform = await calls.ForeignPlatformAsync(target.Containers[0].Id, cancellationToken).ConfigureAwait(false);
            image = image with { Platform = platform };
        }

        if (target.IsOfEngine
            || !(await previous.VerifiedAsync(request, target.TargetId, cancellationToken).ConfigureAwait(false))
                .Any(step => step.Version.Equals(version) && step.HasDigest(image.Digest)))
        {
            EnsureVerifiedImage(
                request,
                image,
                verifiedId ?? await previous.VerifiedImageAsync(request, target, version, cancellationToken).ConfigureAwait(false));
        }

        request = request with
        {
            KnownNeed = KnownNeed.Of(await previous.VerifiedStartsAsync(request, target, cancellationToken).ConfigureAwait(false)),
        };
        var aliases = DeploymentAliases.Of(request, (site?.Image.For(reference) as AliasPin)?.Alias);
        await EnsurePublishedAsync(image, aliases, cancellationToken).ConfigureAwait(false);
        var steps = new DeploymentSteps($"{name} {version}", reports);
        var replacement = new ContainerReplacement(engine, request, $"{name} {version}", steps, reports, supply.PullAgainAsync);
        IDeploymentStrategy strategy = target.Kind switch
        {
            ServiceTargetKind.Swarm => new SwarmStrategy(engine, request, target, steps, supply, reports),
            ServiceTargetKind.Compose when site is not null =>
                new ComposeStrategy(engine, request, target, site, replacement, steps, reports),
            ServiceTargetKind.Compose => new ForeignComposeStrategy(engine, request, target, replacement, steps, reports),
            _ => new ContainerStrategy(engine, request, target, replacement),
        };
        var runsAlready = !request.Force && target is { IsOfEngine: true, Containers.Count: > 0 } && image.LocalId is { } id
            && target.Containers.All(one => one.State == "running" && one.ImageId == id && version.Equals(one.Version));
        var what = runsAlready ? null : await strategy.PlanAsync(image, cancellationToken).ConfigureAwait(false);
        if (what?.Flow is { } flow)
        {
            await request.ThrowIfNotItsOwnAsync(calls, flow, target, image, cancellationToken).ConfigureAwait(false);
        }

        var plan = new DeploymentPlan
        {
            Request = request,
            Target = target,
            From = world.VersionOf(target),
            Version = version,
            Image = image,
            Strategy = strategy,
            Steps = steps,
            What = what,
            LongestDowntime = what is null || !target.IsOfEngine ? null
                : await new LongestDowntime(calls, request)
                    .DescribeAsync(target, image, version.ToString(), what.Flow, cancellationToken).ConfigureAwait(false),
            SchemaNow = SchemaOf(world, target),
            Aliases = aliases,
        };
        var forecast = new DeploymentForecast(plan, world, supply);
        if (plan.IsNothingToDo)
        {
            plan = plan with { UnchangedWarning = forecast.WarningIfUnchanged() };
        }
        else
        {
            var verified = await VerifiedVersions.LoadAsync(engine, cancellationToken).ConfigureAwait(false);
            plan = await forecast.ToldAsync(site, verified, cancellationToken).ConfigureAwait(false);
        }

        // One that has to be pulled shows its labels when it is here.
        return image.LocalId is not { } here ? plan : plan with
        {
            SchemaWarning = plan.SchemaWarningOf(world.Inventory.FindById(here)?.Label(ImageLabels.Schema)),
        };
    }

    private static string? SchemaOf(EngineSnapshot world, ServiceTarget target) =>
        world.SwarmOf(target) is { } swarm && ImageReference.TryParse(swarm.Image, out var reference)
            ? (reference.Digest is { } digest ? world.Inventory.FindByDigest(reference, digest) : world.Inventory.Find(reference))
                ?.Label(ImageLabels.Schema)
            : target.Containers.Select(container => world.Inventory.FindById(container.ImageId)?.Label(ImageLabels.Schema))
                .FirstOrDefault(level => level is not null);

    private async Task<ComposeContext> FirstStartAsync(DeploymentRequest request, CancellationToken cancellationToken) =>
        request.ComposeFiles.Value is { Count: > 0 } files
            ? await ComposeContext.OpenAsync(engine, request, files, cancellationToken).ConfigureAwait(false)
            : throw DeploymentErrors.NothingRuns(request.Service.Name, engine.Endpoint.ToString());

    private static ServiceTarget TargetOf(DeploymentRequest request, EngineSnapshot world, ComposeContext site)
    {
        var project = site.Client.Project;
        var id = $"compose.{project.Name}.{site.Service}";
        if (world.Find(id) is { } other)
        {
            throw DeploymentErrors.OtherComposeFile(
                request.Service.Name,
                other.ToString(),
                other.Labels.GetValueOrDefault(ComposeLabels.Files, "another file"),
                string.Join(", ", project.Files));
        }

        return new ServiceTarget
        {
            Kind = ServiceTargetKind.Compose,
            Name = $"{project.Name}/{site.Service}",
            TargetId = id,
            Labels = new Dictionary<string, string> { [ComposeLabels.Project] = project.Name, [ComposeLabels.Service] = site.Service },
        };
    }

    /// <summary>A declared alias names at the registry what runs here: the registry must have it.</summary>
    private async Task EnsurePublishedAsync(SuppliedImage image, DeploymentAliases aliases, CancellationToken cancellationToken)
    {
        if (aliases.AtRegistry is not { Tag: { } alias })
        {
            return;
        }

        string there;
        try
        {
            there = await supply.AtRegistryAsync(image.Reference, cancellationToken).ConfigureAwait(false)
                ?? throw DeploymentErrors.NotAtRegistry(image.Reference.ToString(), alias);
        }
        catch (ProException refused) when (supply.IsForWantOfLogin(refused))
        {
            reports.Report(new WarningReport(
                $"Whether the registry has {image.Reference}, which {alias} will name there, is not known: "
                + $"{RegistryErrors.NoLoginInPlan}."));
            return;
        }

        if (image.Digest is { } here && here != there)
        {
            throw DeploymentErrors.OtherAtRegistry(image.Reference.ToString(), alias, here, there);
        }
    }

    /// <summary>A tag that was moved since it was verified is another image by an old name.</summary>
    private void EnsureVerifiedImage(DeploymentRequest request, SuppliedImage image, string? verifiedId)
    {
        if (verifiedId is null || image.LocalId is not { } here || here == verifiedId)
        {
            return;
        }

        var error = DeploymentErrors.NotTheVerifiedImage(image.Reference.ToString(), verifiedId, here);
        if (request.Kind == ProHistoryKind.Rollback && !request.Force)
        {
            throw error;
        }

        reports.Report(new WarningReport(error.Message));
    }
}
