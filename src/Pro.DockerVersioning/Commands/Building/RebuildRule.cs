using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Images;
using Pro.DockerVersioning.Machine;
using Pro.DockerVersioning.Registry;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Commands.Building;

/// <summary>
/// A version that is built again with other build arguments is another image. That is refused if somebody may have the first one: it was
/// published or deployed, by whatever user. Else it is a warning, so that a job which is run again with a new date doesn't fail.
/// </summary>
internal sealed class RebuildRule(EngineConnection engine, RegistryAccess registries, HistoryLog history, IProgress<Report> reporter)
{
    private const string Published = "published";
    private const string Deployed = "deployed";

    // A registry that doesn't answer keeps nobody from building.
    private static readonly TimeSpan RegistryPatience = TimeSpan.FromSeconds(5);

    /// <summary>Judges one plan.</summary>
    /// <exception cref="ProException">The version was published or deployed.</exception>
    public async Task CheckAsync(ImageBuildPlan plan, CancellationToken cancellationToken)
    {
        if (plan.OtherArguments is not { } image || plan.AlreadyBuilt is not null)
        {
            return;
        }

        if (await UseAsync(plan, image, cancellationToken).ConfigureAwait(false) is { } use)
        {
            throw ImageErrors.BuiltWithOtherArguments(plan.Reference.ToString(), use);
        }

        reporter.Report(new WarningReport(
            $"{plan.Reference} is on this engine already, built with other build arguments. It is built again, and the tag moves."));
    }

    /// <summary>What became of the version. What is nearest is asked first, and the registry last.</summary>
    private async Task<string?> UseAsync(ImageBuildPlan plan, EngineImage image, CancellationToken cancellationToken)
    {
        // containerd's image store gives a digest to what was only built, and that is the image's id.
        if (image.DigestIn(plan.Reference.WithoutTag()) is { } digest && digest != image.Id)
        {
            return Published;
        }

        if (await IsInContainerAsync(image, cancellationToken).ConfigureAwait(false)
            || (await VerifiedVersions.LoadReachableAsync(engine, cancellationToken).ConfigureAwait(false)).Any(step =>
                ImageReference.TryParse(step.Repository, out var repository) && repository.SameRepository(plan.Reference)
                    && IsOf(step, plan.Version))
            || await IsInSwarmAsync(plan.Reference, image, cancellationToken).ConfigureAwait(false))
        {
            return Deployed;
        }

        return await UseInHistoryAsync(plan, cancellationToken).ConfigureAwait(false)
            ?? (await IsAtRegistryAsync(plan.Reference, cancellationToken).ConfigureAwait(false) ? Published : null);
    }

    private async Task<bool> IsInContainerAsync(EngineImage image, CancellationToken cancellationToken)
    {
        var ancestor = new Dictionary<string, bool> { [image.Id] = true };
        var filters = new Dictionary<string, IDictionary<string, bool>> { ["ancestor"] = ancestor };
        var parameters = new ContainersListParameters { All = true, Filters = filters };
        var containers = await engine.CallAsync(client => client.Containers.ListContainersAsync(parameters, cancellationToken))
            .ConfigureAwait(false);
        return containers.Any(container => container.ImageID == image.Id);
    }

    /// <summary>Whether a service of the swarm runs the version, or goes back to it: its tasks may be on other nodes.</summary>
    private async Task<bool> IsInSwarmAsync(ImageReference version, EngineImage image, CancellationToken cancellationToken)
    {
        try
        {
            var services = await new SwarmApi(engine).ListServicesAsync(cancellationToken).ConfigureAwait(false);
            return services.Any(service => Names(service.Image)
                || (service.PreviousSpec is { } previous && Names(SwarmServiceState.ImageOf(previous))));
        }
        catch (ProException none) when (none.InnerException is DockerApiException)
        {
            // No swarm, not one of its managers, or a swarm without a leader.
            return false;
        }

        bool Names(string? text) => text == image.Id
            || (ImageReference.TryParse(text, out var named) && named.SameRepository(version) && named.Tag == version.Tag);
    }

    private async Task<string?> UseInHistoryAsync(ImageBuildPlan plan, CancellationToken cancellationToken)
    {
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
        if (entry.Service != plan.Service.Name
            || (entry.Reference is { } text && !(ImageReference.TryParse(text, out var named) && named.SameRepository(plan.Reference))))
        {
            return null;
        }

        var isPublished = entry is { Kind: ProHistoryKind.Publish }
            && entry.Outcome is nameof(ProPublicationOutcome.Published) or nameof(ProPublicationOutcome.AlreadyPublished)
            && plan.Version.Equals(entry.Version);
        return isPublished ? Published
            : VerifiedDeployment.Of(entry) is { } step && IsOf(step, plan.Version) ? Deployed
            : null;
    }

    /// <summary>Whether it verified the version, or found it running. A restore found the version that failed.</summary>
    private static bool IsOf(VerifiedDeployment step, ProVersion version) =>
        version.Equals(step.Version) || (step.Kind != ProHistoryKind.Restore && version.Equals(step.From));

    private async Task<bool> IsAtRegistryAsync(ImageReference version, CancellationToken cancellationToken)
    {
        using var bounded = Clock.Limit(RegistryPatience, cancellationToken);
        try
        {
            return await registries.DigestAsync(version, bounded.Token).ConfigureAwait(false) is not null;
        }
        catch (Exception unknown) when (unknown is ProException
            || (unknown is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            reporter.Report(new VerboseReport($"{version.Registry} did not say whether it has {version}: {unknown.Message}"));
            return false;
        }
    }
}
