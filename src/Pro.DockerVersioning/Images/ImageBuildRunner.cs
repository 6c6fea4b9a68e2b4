using System.Diagnostics;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Git;
using Pro.DockerVersioning.Images.Building;
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
        var clock = Stopwatch.StartNew();
        if (plan.AlreadyBuilt is { } existing)
        {
            var there = await ImageInventory.LoadImagesAsync(engine, cancellationToken).ConfigureAwait(false);
            var kept = await MoveAliasesAsync(plan, existing, there, cancellationToken).ConfigureAwait(false);
            return Result(plan, ProBuildOutcome.AlreadyBuilt, existing, digest: null, kept, clock.Elapsed);
        }

        var outcome = await BuildAsync(plan, reporter, cancellationToken).ConfigureAwait(false);
        if (outcome.ImageId is not { } id)
        {
            return Result(plan, ProBuildOutcome.Built, imageId: null, outcome.Digest, plan.Aliases, clock.Elapsed);
        }

        // The version itself is no answer to the question who else is there: the tag and the question go side by side.
        var tagging = TagAsync(id, plan.Reference, cancellationToken);
        var loading = ImageInventory.LoadImagesAsync(engine, cancellationToken);
        await Task.WhenAll(tagging, loading).ConfigureAwait(false);
        var aliases = await MoveAliasesAsync(plan, id, await loading.ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return Result(plan, ProBuildOutcome.Built, id, outcome.Digest, aliases, clock.Elapsed);
    }

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
            throw BuildErrors.FileOnlyOnDisk(plan.Request.Subject, plan.Source, inner.Failure);
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
            return plan.Tree is not WorkingTree && plan.Tree.IsOnDisk(full) && TreePath.Follow(plan.Tree, full) is null;
        }
        catch (ProException)
        {
            // It leads out of the repository: the builder's own word stands.
            return false;
        }
    }

    /// <summary>Another build may have come in between: judged over what is there now.</summary>
    private async Task<IReadOnlyList<AliasDecision>> MoveAliasesAsync(
        ImageBuildPlan plan,
        string id,
        ImageInventory inventory,
        CancellationToken cancellationToken)
    {
        var repository = plan.Reference.WithoutTag();
        var decisions = AliasJudgement.OnEngine(inventory, repository, plan.Version, plan.Commit.Sha, plan.Options, history);
        foreach (var decision in decisions.Where(decision => decision.Moves))
        {
            var alias = repository.WithTag(decision.Alias);
            if (inventory.Find(alias)?.Id != id)
            {
                await TagAsync(id, alias, cancellationToken).ConfigureAwait(false);
            }
        }

        return decisions;
    }

    private Task TagAsync(string id, ImageReference reference, CancellationToken cancellationToken) =>
        engine.CallAsync(client => client.Images.TagImageAsync(
            id,
            new ImageTagParameters { RepositoryName = reference.Name, Tag = reference.Tag! },
            cancellationToken));

    private ProImageBuild Result(
        ImageBuildPlan plan,
        ProBuildOutcome outcome,
        string? imageId,
        string? digest,
        IReadOnlyList<AliasDecision> aliases,
        TimeSpan duration) => new()
        {
            Service = plan.Service.Name,
            Version = plan.Version,
            Reference = plan.Reference.ToString(),
            Outcome = outcome,
            Aliases = [.. aliases.Where(alias => alias.Moves).Select(alias => alias.Alias)],
            AliasReasons = [.. aliases.Select(alias => alias.ToString())],
            ImageId = imageId,
            Digest = digest,
            Commit = plan.Commit.Sha,
            ContextHash = plan.Context.TreeHash,
            Builder = outcome == ProBuildOutcome.Built ? builder.Name : "",
            Duration = duration,
            IsPublished = plan.IsPushedByBuilder && digest is not null,
        };
}
