using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Images;

/// <summary>One service from its plan to its result: the build, and with -Push the publication.</summary>
internal sealed class ImageBuildJob(EngineConnection engine, ImageBuildRunner runner, ImagePublisher? publisher)
{
    /// <summary>Whether the image is published after it was built; a builder that pushes itself has done so already.</summary>
    public bool Publishes(ImageBuildPlan plan) => publisher is not null && !plan.IsPushedByBuilder;

    /// <summary>Builds it.</summary>
    /// <exception cref="ProException">The build failed.</exception>
    public Task<ProImageBuild> BuildAsync(ImageBuildPlan plan, IProgress<Report> reporter, CancellationToken cancellationToken) =>
        plan.IsPushedByBuilder
            ? PushByBuilderAsync(plan, reporter, cancellationToken)
            : runner.RunAsync(plan, reporter, cancellationToken);

    /// <summary>Publishes what was built.</summary>
    /// <exception cref="ProException">The publication failed.</exception>
    public async Task<ProImagePublication> PublishAsync(
        ImageBuildPlan plan, IProgress<Report> reporter, CancellationToken cancellationToken)
    {
        var options = OptionsOf(plan);
        var inventory = await ImageInventory.LoadAsync(engine, cancellationToken).ConfigureAwait(false);
        var publishing = await Publisher(plan).PlanAsync(ItemOf(plan), inventory, options, cancellationToken).ConfigureAwait(false);
        return await Publisher(plan).RunAsync(publishing, options, reporter, cancellationToken).ConfigureAwait(false);
    }

    private static PublishItem ItemOf(ImageBuildPlan plan) => new(plan.Service.Name, plan.Version, plan.Reference);

    private static PublishOptions OptionsOf(ImageBuildPlan plan) =>
        new(plan.Options.Aliases, plan.Options.Latest, plan.Options.Force);

    /// <summary>
    /// The builder pushes the version only: the aliases follow at the registry, judged after the build, which may take its time.
    /// </summary>
    private async Task<ProImageBuild> PushByBuilderAsync(
        ImageBuildPlan plan, IProgress<Report> reporter, CancellationToken cancellationToken)
    {
        var clock = Clock.Start();
        var (item, options) = (ItemOf(plan), OptionsOf(plan));
        var inputs = plan.Request.NoCache || plan.Request.Pull ? null : plan.Inputs;
        var (published, notChecked) = await Publisher(plan).FindPublishedAsync(item, inputs, options, cancellationToken)
            .ConfigureAwait(false);
        var digest = published ?? await runner.PushAsync(plan, reporter, cancellationToken).ConfigureAwait(false);
        var aliases = await Publisher(plan).MoveAliasesAsync(item, digest, plan.Commit.Sha, options, notChecked, cancellationToken)
            .ConfigureAwait(false);
        return runner.Pushed(plan, published is null, digest, aliases, notChecked, clock.Elapsed);
    }

    private ImagePublisher Publisher(ImageBuildPlan plan) =>
        publisher ?? throw BuildErrors.PlatformsNeedPush(plan.Request.Subject, plan.Options.Platforms);
}
