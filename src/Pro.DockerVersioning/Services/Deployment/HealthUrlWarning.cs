using Pro.DockerVersioning.Services.Containers;

namespace Pro.DockerVersioning.Services.Deployment;

/// <summary>Tells where a plan has no use for a service's health URL.</summary>
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
                $"{url} (healthUrl) is not asked, because the version that runs would answer it while both do: the HEALTHCHECK of the image "
                    + "decides, or that it runs without an end.",
            ]
            : choice.Warnings;
}
