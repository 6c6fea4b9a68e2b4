using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Services.Containers;
using Pro.DockerVersioning.Services.Verification;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>What a plan has to say of a service's health URL.</summary>
internal static class HealthUrlWarning
{
    /// <summary>The choice's warnings, and that one where it is due.</summary>
    /// <remarks>
    /// Side by side without published ports nothing changes hands after which the URL would surely be answered by the new one.
    /// </remarks>
    public static IReadOnlyList<string> WarningsFor(this DeploymentRequest request, SwapChoice choice) =>
        choice.Flow == SwapFlow.StartFirst && request.HealthUrl is { } url
            ? [
                .. choice.Warnings,
                $"{UrlText.Shown(url)} (healthUrl) is not asked, because the version that runs would answer it while both do: the HEALTHCHECK of the image "
                    + "decides, or that it runs without an end.",
            ]
            : choice.Warnings;

    /// <summary>Refuses a loopback URL that would be asked and names a port that the target doesn't publish.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="calls">The engine's calls.</param>
    /// <param name="flow">How the containers are swapped.</param>
    /// <param name="target">What runs the service.</param>
    /// <param name="image">The image that is to run.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="ProException"><c>HealthUrlPortNotPublished</c>.</exception>
    public static async Task ThrowIfNotItsOwnAsync(
        this DeploymentRequest request,
        ContainerCalls calls,
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
        if (flow == SwapFlow.StopFirst && image.LocalId is { } id)
        {
            var oldImage = await calls.FindImageAsync(old.Text("Image"), cancellationToken).ConfigureAwait(false);
            var newImage = await calls.FindImageAsync(id, cancellationToken).ConfigureAwait(false);
            if (PlannedHealthCheck.Of(old, oldImage, newImage) is not null)
            {
                // It decides, and nobody asks the URL.
                return;
            }
        }

        var owner = await HostPort.OwnerAsync(old, one => calls.FindAsync(one, cancellationToken)).ConfigureAwait(false);
        HostPort.ThrowIfNotPublished(request.Service.Name, url, owner);
    }
}
