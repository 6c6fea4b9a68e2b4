using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Images.Building;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images;

/// <summary>
/// Carries a plan out: builds without a tag, and tags only what was built, so that a failed build changes none; then moves the aliases,
/// judged again over what is on the engine by then.
/// </summary>
internal sealed class ImageBuildRunner(EngineConnection engine, IImageBuilder builder, GitRepository history)
{
    /// <summary>Builds and tags.</summary>
    /// <exception cref="ProException">The build failed; no tag has changed.</exception>
    public async Task<ProImageBuild> RunAsync(ImageBuildPlan plan, IProgress<Report> reporter, CancellationToken cancellationToken)
    {
        var clock = Clock.Start();
        var built = plan.AlreadyBuilt is null ? await BuildAsync(plan, reporter, cancellationToken).ConfigureAwait(false) : null;
        var id = plan.AlreadyBuilt ?? built?.ImageId ?? throw BuildErrors.NoImage(plan.Request.Subject, builder.Name);
        var (aliases, digest) = await TagAsync(plan, id, cancellationToken).ConfigureAwait(false);
        return new ProImageBuild
        {
            Service = plan.Service.Name,
            Version = plan.Version,
            Reference = plan.Reference.ToString(),
            Outcome = built is null ? ProBuildOutcome.AlreadyBuilt : ProBuildOutcome.Built,
            Aliases = [.. aliases.Where(alias => alias.Moves).Select(alias => alias.Alias)],
            AliasReasons = [.. aliases.Select(alias => alias.ToString())],
            ImageId = id,
            Digest = digest,
            Commit = plan.Commit.Sha,
            ContextHash = plan.Context.TreeHash,
            Builder = built is null ? "" : builder.Name,
            Duration = clock.Elapsed,

            // The guide's script moved latest with every build: who is used to that should hear it.
            Warnings = plan.Version.Kind == ProVersionKind.Release || plan.Options.Latest != ProLatestPolicy.Auto
                ? [.. aliases.Where(alias => alias.IsDeployed).Select(alias => alias.WarningFor($"{plan.Service.Name} {plan.Version}"))]
                : [.. aliases.Where(alias => !alias.Moves).Select(alias => alias.WarningFor($"{plan.Service.Name} {plan.Version}"))],
        };
    }

    /// <summary>Builds for several platforms: the builder pushes the version itself, and nothing of it is tagged here.</summary>
    /// <returns>The digest at the registry.</returns>
    /// <exception cref="ProException">The build or its push failed.</exception>
    public async Task<string> PushAsync(ImageBuildPlan plan, IProgress<Report> reporter, CancellationToken cancellationToken) =>
        (await BuildAsync(plan, reporter, cancellationToken).ConfigureAwait(false)).Digest
        ?? throw BuildErrors.NoImage(plan.Request.Subject, builder.Name);

    /// <summary>The result of a build that the builder pushes, or that the registry had already.</summary>
    public ProImageBuild Pushed(
        ImageBuildPlan plan, bool isNew, string digest, IReadOnlyList<AliasDecision> aliases, string? message, TimeSpan duration) => new()
        {
            Service = plan.Service.Name,
            Version = plan.Version,
            Reference = plan.Reference.ToString(),
            Outcome = isNew ? ProBuildOutcome.Built : ProBuildOutcome.AlreadyBuilt,
            Aliases = [.. aliases.Where(alias => alias.Moves).Select(alias => alias.Alias)],
            AliasReasons = [.. aliases.Select(alias => $"at the registry, {alias}")],
            Digest = digest,
            Commit = plan.Commit.Sha,
            ContextHash = plan.Context.TreeHash,
            Builder = isNew ? builder.Name : "",
            Duration = duration,
            IsPublished = true,
            Warnings =
            [
                .. message is null ? Array.Empty<string>() : [$"{plan.Service.Name} {plan.Version}: {message}"],
                .. aliases.Where(alias => alias.IsHeldBack)
                    .Select(alias => alias.WarningFor($"{plan.Service.Name} {plan.Version}: at the registry")),
            ],
        };

    private async Task<BuildOutcome> BuildAsync(ImageBuildPlan plan, IProgress<Report> reporter, CancellationToken cancellationToken)
    {
        using var progress = new BuildReporter(plan, reporter);
        try
        {
            return await builder.BuildAsync(plan.Request, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (ProException failed) when (failed.InnerException is BuildFailedException { Failure.MissingContextPath: { } path } inner
            && IsOnlyOnDisk(plan, path))
        {
            throw BuildFailureErrors.FileOnlyOnDisk(plan.Request.Subject, plan.Source, inner.Failure);
        }
    }

    /// <summary>
    /// What lies in the tree as well, or is built from the disk, was left out by the ignore file: no commit and no -WorkingTree helps then.
    /// </summary>
    private static bool IsOnlyOnDisk(ImageBuildPlan plan, string path)
    {
        try
        {
            var full = TreePath.Normalize(TreePath.Join(plan.Service.Context, path.TrimStart('/')));
            return !plan.Options.WorkingTree && plan.Tree.IsOnDisk(full) && TreePath.Follow(plan.Tree, full) is null;
        }
        catch (ProException)
        {
            // It leads out of the repository: the builder's own word stands.
            return false;
        }
    }

    /// <summary>
    /// Gives the version its image and moves the aliases, judged over what is there by then: another build may have come in between, and
    /// those of one repository that run side by side in this process go one after another.
    /// </summary>
    private async Task<(IReadOnlyList<AliasDecision> Aliases, string? Digest)> TagAsync(
        ImageBuildPlan plan,
        string id,
        CancellationToken cancellationToken)
    {
        using var turn = await AliasMutex.TakeAsync(engine.Endpoint.ToString(), plan.Reference, cancellationToken)
            .ConfigureAwait(false);

        // The version itself is not an answer to the question who else is there: the tag and the question go side by side.
        var tagging = plan.AlreadyBuilt is null ? TagAsync(id, plan.Reference, cancellationToken) : Task.CompletedTask;
        var loading = ImageInventory.LoadImagesAsync(engine, cancellationToken);
        await Task.WhenAll(tagging, loading).ConfigureAwait(false);
        var inventory = await loading.ConfigureAwait(false);
        var repository = plan.Reference.WithoutTag();
        var decisions = AliasPlanning.OnEngine(inventory, repository, plan.Version, plan.Commit.Sha, plan.Options, history);
        foreach (var decision in decisions.Where(decision => decision.Moves))
        {
            var alias = repository.WithTag(decision.Alias);
            if (inventory.Find(alias)?.Id != id)
            {
                await TagAsync(id, alias, cancellationToken).ConfigureAwait(false);
            }
        }

        return (decisions, inventory.FindById(id)?.DigestIn(repository));
    }

    private Task TagAsync(string id, ImageReference reference, CancellationToken cancellationToken) =>
        engine.CallAsync(client => client.Images.TagImageAsync(
            id,
            new ImageTagParameters { RepositoryName = reference.Name, Tag = reference.Tag! },
            cancellationToken));
}
