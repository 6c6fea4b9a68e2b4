using Docker.DotNet;
using Pro.DockerVersioning.Engine;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>
/// <c>docker build</c> of a client from 18.09 to 20.10 with <c>DOCKER_BUILDKIT=1</c>: it holds BuildKit's session itself. From 23 on the
/// client has handed that to buildx.
/// </summary>
/// <param name="executable">The client.</param>
/// <param name="version">Its version.</param>
/// <param name="environment">Where it runs.</param>
/// <param name="engine">The engine that the image has to be on.</param>
internal sealed class ClientBuildKitBuilder(string executable, string version, ChildEnvironment environment, IDockerClient engine)
    : ClientImageBuilder(executable, environment, engine)
{
    /// <summary>The first version that brings BuildKit along.</summary>
    public static readonly Version First = new(18, 9);

    /// <summary>The first version that doesn't any more.</summary>
    public static readonly Version End = new(23, 0);

    /// <inheritdoc/>
    public override string Name => "docker build";

    /// <inheritdoc/>
    public override string Description => $"{Executable} {version} with BuildKit";

    /// <inheritdoc/>
    public override BuilderFeatures Features =>
        BuilderFeatures.BuildKitSyntax | BuilderFeatures.RemoteSyntax | BuilderFeatures.Secrets | BuilderFeatures.Ssh
        | BuilderFeatures.Platform | BuilderFeatures.CacheFrom;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(BuildRequest request, IReadOnlyList<SecretSpec> secrets, ResultFiles files) =>
        ["build", .. CommonArguments(request, secrets, files), files.Context];

    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string?>> Variables() => [new("DOCKER_BUILDKIT", "1")];
}
