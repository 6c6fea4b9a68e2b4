using Docker.DotNet.Models;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Reporting;

namespace Pro.DockerVersioning.Commands.Building;

/// <summary>
/// A version that is built again with other build arguments is another image. That is refused if somebody may have the first one: it was
/// published or deployed. Else it is a warning, so that a job which is run again with a new date doesn't fail.
/// </summary>
internal sealed class RebuildRule(EngineConnection engine, HistoryLog history, IProgress<Report> reporter)
{
    /// <summary>Judges one plan.</summary>
    /// <exception cref="ProException">The version was published or deployed.</exception>
    public async Task CheckAsync(ImageBuildPlan plan, CancellationToken cancellationToken)
    {
        if (plan.OtherArguments is not { } image || plan.AlreadyBuilt is not null)
        {
            return;
        }

        if (await WhoHasItAsync(plan, image, cancellationToken).ConfigureAwait(false) is { } use)
        {
            throw ImageErrors.BuiltWithOtherArguments(plan.Reference.ToString(), use);
        }

        reporter.Report(new WarningReport(
            $"{plan.Reference} is on this engine already, built with other build arguments. It is built again, and the tag moves."));
    }

    private async Task<string?> WhoHasItAsync(ImageBuildPlan plan, EngineImage image, CancellationToken cancellationToken)
    {
        // containerd's image store gives a digest to what was only built, and that is the image's id.
        if (image.DigestIn(plan.Reference.WithoutTag()) is { } digest && digest != image.Id)
        {
            return "published";
        }

        var ancestor = new Dictionary<string, bool> { [image.Id] = true };
        var filters = new Dictionary<string, IDictionary<string, bool>> { ["ancestor"] = ancestor };
        var parameters = new ContainersListParameters { All = true, Filters = filters };
        var containers = await engine.CallAsync(client => client.Containers.ListContainersAsync(parameters, cancellationToken))
            .ConfigureAwait(false);
        if (containers.Any(container => container.ImageID == image.Id))
        {
            return "deployed";
        }

        string? use = null;
        await history.VisitEngineAsync(
            engine.Endpoint.ToString(),
            ProOperator.Host,
            entry => use ??= UseIn(entry, plan),
            reporter,
            cancellationToken).ConfigureAwait(false);
        return use;
    }

    private static string? UseIn(ProHistoryEntry entry, ImageBuildPlan plan)
    {
        if (entry.Service != plan.Service.Name || !plan.Version.Equals(entry.Version)
            || (entry.Reference is { } reference && reference != plan.Reference.ToString()))
        {
            return null;
        }

        return entry.Kind switch
        {
            ProHistoryKind.Publish when entry.Outcome
                is nameof(ProPublicationOutcome.Published) or nameof(ProPublicationOutcome.AlreadyPublished) => "published",
            ProHistoryKind.Deploy or ProHistoryKind.Rollback when entry.IsVerified => "deployed",
            _ => null,
        };
    }
}
