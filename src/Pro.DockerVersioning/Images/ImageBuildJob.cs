using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
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
        var publishing = await Publisher(plan).PlanAsync(ItemOf(plan), inventory, options, reporter, cancellationToken).ConfigureAwait(false);
        return await Publisher(plan).RunAsync(publishing, options, reporter, cancellationToken).ConfigureAwait(false);
    }

    private static PublishItem ItemOf(ImageBuildPlan plan) => new(plan.Service.Name, plan.Version, plan.Reference);

    private static PublishOptions OptionsOf(ImageBuildPlan plan) =>
        new(plan.Options.Aliases, plan.Options.Latest, plan.Options.Force);

    private async Task<ProImageBuild> PushByBuilderAsync(
        ImageBuildPlan plan, IProgress<Report> reporter, CancellationToken cancellationToken)
    {
        var names = await Publisher(plan)
            .NamesToPushAsync(ItemOf(plan), plan.Commit.Sha, OptionsOf(plan), reporter, cancellationToken)
            .ConfigureAwait(false);
        return await runner.RunAsync(plan with { Request = plan.Request with { PushTags = names } }, reporter, cancellationToken)
            .ConfigureAwait(false);
    }

    private ImagePublisher Publisher(ImageBuildPlan plan) =>
        publisher ?? throw BuildErrors.PlatformsNeedPush(plan.Request.Subject, plan.Options.Platforms);
}
