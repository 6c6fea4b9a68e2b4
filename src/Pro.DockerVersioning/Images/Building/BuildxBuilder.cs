using Docker.DotNet;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Images.Building;

/// <summary><c>docker buildx build</c>: everything that BuildKit can.</summary>
/// <param name="executable">The client that has the plugin.</param>
/// <param name="version">buildx's version as it tells it, or null.</param>
/// <param name="environment">Where it runs.</param>
/// <param name="engine">The engine that the image has to be on.</param>
internal sealed class BuildxBuilder(string executable, string? version, ChildEnvironment environment, IDockerClient engine)
    : ClientImageBuilder(executable, environment, engine)
{
    private static readonly Version KnowsProvenance = new(0, 10);

    /// <inheritdoc/>
    public override string Name => "docker buildx";

    /// <inheritdoc/>
    public override string Description => $"{Executable} buildx {version}".TrimEnd();

    /// <inheritdoc/>
    public override BuilderFeatures Features =>
        BuilderFeatures.BuildKitSyntax | BuilderFeatures.RemoteSyntax | BuilderFeatures.Secrets | BuilderFeatures.Ssh
        | BuilderFeatures.Platform | BuilderFeatures.MultiPlatform | BuilderFeatures.CacheFrom | BuilderFeatures.CacheTo;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(BuildRequest request, IReadOnlyList<SecretSpec> secrets, ResultFiles files) =>
    [
        "buildx",
        "build",
        .. CommonArguments(request, secrets, files),
        $"--metadata-file={files.MetadataFile}",
        .. request.CacheTo.Select(cache => $"--cache-to={cache}"),

        // An attestation would make an index of the image: another id, and an unknown/unknown platform in every listing.
        .. ClientVersion.Parse(version) >= KnowsProvenance ? ["--provenance=false"] : Array.Empty<string>(),
        .. request.PushTags.Select(tag => $"--tag={tag}"),
        request.PushTags.Count > 0 ? "--push" : "--load",
        files.Context,
    ];

    /// <inheritdoc/>
    /// <remarks>The variable does the same as --provenance=false if the version is unknown.</remarks>
    protected override IEnumerable<KeyValuePair<string, string?>> Variables() => [new("BUILDX_NO_DEFAULT_ATTESTATIONS", "1")];
}
