using System.Diagnostics;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images.Building;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Images;

/// <summary>One service from its plan to its result: the build, and with -Push the publication.</summary>
internal sealed class ImageBuildJob(EngineConnection engine, ImageBuildRunner runner, ImagePublisher? publisher)
{
    /// <summary>Runs it.</summary>
    /// <exception cref="ProException">The build or the publication failed.</exception>
    public async Task<ProImageBuild> RunAsync(ImageBuildPlan plan, IProgress<Report> reporter, CancellationToken cancellationToken)
    {
        var item = new PublishItem(plan.Service.Name, plan.Version, plan.Reference);
        var options = new PublishOptions(plan.Options.Aliases, plan.Options.Latest, plan.Options.Force);
        if (plan.IsPushedByBuilder)
        {
            return await PushByBuilderAsync(plan, item, options, reporter, cancellationToken).ConfigureAwait(false);
        }

        var clock = Stopwatch.StartNew();
        var build = await runner.RunAsync(plan, reporter, cancellationToken).ConfigureAwait(false);
        if (publisher is null)
        {
            return build;
        }

        var inventory = await ImageInventory.LoadAsync(engine, cancellationToken).ConfigureAwait(false);
        var publishing = await publisher.PlanAsync(item, inventory, options, reporter, cancellationToken).ConfigureAwait(false);
        var publication = await publisher.RunAsync(publishing, options, reporter, cancellationToken).ConfigureAwait(false);
        return build.Published(publication, clock.Elapsed);
    }

    private async Task<ProImageBuild> PushByBuilderAsync(
        ImageBuildPlan plan,
        PublishItem item,
        PublishOptions options,
        IProgress<Report> reporter,
        CancellationToken cancellationToken)
    {
        if (publisher is null)
        {
            throw BuildErrors.PlatformsNeedPush(plan.Request.Subject, plan.Options.Platforms);
        }

        var names = await publisher.NamesToPushAsync(item, plan.Commit.Sha, options, reporter, cancellationToken).ConfigureAwait(false);
        return await runner.RunAsync(plan with { Request = plan.Request with { PushTags = names } }, reporter, cancellationToken)
            .ConfigureAwait(false);
    }
}
