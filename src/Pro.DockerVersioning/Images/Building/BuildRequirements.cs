using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>Compares a request with a builder: what it can't do is refused before anything is sent.</summary>
internal static class BuildRequirements
{
    /// <summary>Lets pass what the builder can do.</summary>
    /// <exception cref="ProException">The request wants more.</exception>
    public static void Require(IImageBuilder builder, BuildRequest request)
    {
        if (request.Platforms.Count > 1 && request.PushTags.Count == 0)
        {
            throw BuildErrors.PlatformsNeedPush(request.Subject, request.Platforms);
        }

        foreach (var (wanted, feature, name) in Wanted(request))
        {
            if (wanted && !builder.Features.HasFlag(feature))
            {
                throw BuildErrors.BuilderLacks(
                    request.Subject, builder.Description, name, ReasonFor(feature, builder.Features), builder.Remedy);
            }
        }
    }

    private static IEnumerable<(bool Wanted, BuilderFeatures Feature, string Name)> Wanted(BuildRequest request)
    {
        yield return (request.Secrets.Count > 0, BuilderFeatures.Secrets, "-Secret");
        yield return (request.Ssh.Count > 0, BuilderFeatures.Ssh, "-Ssh");
        yield return (request.Platforms.Count > 1 || request.PushTags.Count > 0, BuilderFeatures.MultiPlatform, "several platforms");
        yield return (request.Platforms.Count > 0, BuilderFeatures.Platform, "-Platform");
        yield return (request.CacheFrom.Count > 0, BuilderFeatures.CacheFrom, "-CacheFrom");
        yield return (request.CacheTo.Count > 0, BuilderFeatures.CacheTo, "-CacheTo");
    }

    private static string ReasonFor(BuilderFeatures feature, BuilderFeatures has) => feature switch
    {
        BuilderFeatures.MultiPlatform or BuilderFeatures.CacheTo => "only buildx has it",
        BuilderFeatures.CacheFrom => "its cache comes from images only that it has pushed for that purpose",
        _ when has.HasFlag(BuilderFeatures.BuildKitSyntax) => "it needs a session with the client, which only Docker's own client holds",
        _ => "the classic builder hasn't it",
    };
}
