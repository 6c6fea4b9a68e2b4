using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Deployment.Health;
using Pro.DockerVersioning.Deployment.Health.Probes;
using Pro.DockerVersioning.Engine.Api;

namespace Pro.DockerVersioning.Deployment.Strategies;

/// <summary>What a plan has to say of a service's health URL.</summary>
internal static class HealthUrlWarning
{
    /// <summary>
    /// The choice's warnings, and that one where it is due. Side by side without published ports nothing changes hands after which the URL
    /// would surely be answered by the new one.
    /// </summary>
    public static IReadOnlyList<string> WarningsFor(this DeploymentRequest request, SwapChoice choice) =>
        choice.Flow == SwapFlow.StartFirst && request.HealthUrl is { } url
            ? [
                .. choice.Warnings,
                $"{UrlText.Shown(url)} (healthUrl) is not asked, because the version that runs would answer it while both do: "
                    + "the HEALTHCHECK of the image decides, or that it runs without an end.",
            ]
            : choice.Warnings;

    /// <summary>For how long a port of a container that runs in place is asked again until it answers.</summary>
    public static TimeSpan RetryTimeFor(this DeploymentRequest request, bool isVerified) =>
        isVerified ? FinalAddressCheck.RetryTime : request.HealthTimeout ?? request.KnownNeed;

    /// <summary>
    /// Why a health URL can't verify a candidate before it has the ports, as the end of a sentence. Null if it can, or a HEALTHCHECK does:
    /// one of the engine's machine is asked inside the candidate.
    /// </summary>
    public static async Task<string?> WhyNotBeforePortsAsync(
        ContainerApi calls, Uri? url, ContainerView old, string? image, CancellationToken cancellationToken) =>
        url is not null && !UrlProbes.MeansHost(url) && image is not null
        && await PlannedHealthCheck.FindAsync(calls, old, image, cancellationToken).ConfigureAwait(false) is (IsHere: true, Check: null)
            ? $"{UrlText.Shown(url)} (healthUrl) names a host, so the new version can be asked there only once it has the ports"
            : null;

    /// <summary>Refuses a loopback URL that would be asked and names a port that the target doesn't publish.</summary>
    /// <exception cref="ProException"><c>HealthUrlPortNotPublished</c>.</exception>
    public static async Task ThrowIfNotItsOwnAsync(
        this DeploymentRequest request,
        ContainerApi calls,
        SwapFlow flow,
        ServiceTarget target,
        SuppliedImage image,
        CancellationToken cancellationToken)
    {
        if (request.HealthUrl is not { } url || !UrlProbes.MeansHost(url) || flow == SwapFlow.StartFirst)
        {
            return;
        }

        var old = await calls.InspectAsync(target.Containers[0].Id, cancellationToken).ConfigureAwait(false);
        if (flow == SwapFlow.StopFirst && image.LocalId is { } id
            && (await PlannedHealthCheck.FindAsync(calls, old, id, cancellationToken).ConfigureAwait(false)).Check is not null)
        {
            // It decides, and nobody asks the URL.
            return;
        }

        var owner = await HostPort.OwnerAsync(old, one => calls.FindAsync(one, cancellationToken)).ConfigureAwait(false);
        HostPort.ThrowIfNotPublished(request.Service.Name, url, owner);
    }
}
