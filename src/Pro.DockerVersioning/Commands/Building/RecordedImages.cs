using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Commands.Building;

/// <summary>Builds and publishes, and writes the history's lines: one a build, one a publication.</summary>
internal sealed class RecordedImages(HistoryLog history, EngineConnection engine, IProgress<Report> reporter)
{
    private readonly HistoryRecorder _recorder = new(history, reporter);

    /// <summary>Builds, and with -Push publishes.</summary>
    public async Task<ProImageBuild> BuildAsync(ImageBuildJob job, ImageBuildPlan plan, CancellationToken cancellationToken)
    {
        var clock = Clock.Start();
        var entry = Entry(ProHistoryKind.Build, new PublishItem(plan.Service.Name, plan.Version, plan.Reference));
        var build = await _recorder.RunAsync(
            entry,
            () => job.BuildAsync(plan, reporter, cancellationToken),
            static (done, result) => done with { Outcome = result.Outcome.ToString(), ImageId = result.ImageId, Digest = result.Digest })
            .ConfigureAwait(false);
        if (build.IsPublished)
        {
            // The builder has pushed what it built, or the registry had it.
            await history.AppendAsync(
                entry with
                {
                    Kind = ProHistoryKind.Publish,
                    Time = Clock.Now,
                    Outcome = build.Outcome == ProBuildOutcome.Built
                        ? nameof(ProPublicationOutcome.Published)
                        : nameof(ProPublicationOutcome.AlreadyPublished),
                    Digest = build.Digest,
                },
                reporter).ConfigureAwait(false);
        }

        return job.Publishes(plan)
            ? build.Published(
                await PublishAsync(
                    new PublishItem(plan.Service.Name, plan.Version, plan.Reference),
                    () => job.PublishAsync(plan, reporter, cancellationToken)).ConfigureAwait(false),
                clock.Elapsed)
            : build;
    }

    /// <summary>Publishes.</summary>
    public Task<ProImagePublication> PublishAsync(PublishItem item, Func<Task<ProImagePublication>> publish) => _recorder.RunAsync(
        Entry(ProHistoryKind.Publish, item),
        publish,
        static (done, result) => done with { Outcome = result.Outcome.ToString(), ImageId = result.ImageId, Digest = result.Digest });

    private ProHistoryEntry Entry(ProHistoryKind kind, PublishItem item) => new()
    {
        Kind = kind,
        Engine = engine.Endpoint.ToString(),
        Service = item.Service,
        Version = item.Version,
        Reference = item.Reference.ToString(),
        Outcome = "",
    };
}
