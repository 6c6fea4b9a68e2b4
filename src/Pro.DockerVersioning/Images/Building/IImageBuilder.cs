using Pro.DockerVersioning.Images.Building.Output;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>Makes one image from a tar stream.</summary>
internal interface IImageBuilder
{
    /// <summary>A short name: "buildx", "docker build", "Engine API".</summary>
    string Name { get; }

    /// <summary>One line that says what does the work, with versions and paths.</summary>
    string Description { get; }

    /// <summary>What it can do. A request for anything else is refused before the build.</summary>
    BuilderFeatures Features { get; }

    /// <summary>How to get a builder that can do more; null: install buildx.</summary>
    string? Remedy => null;

    /// <summary>Refuses what it can't do, and what isn't there (a secret's file), without asking anybody; building does it too.</summary>
    /// <exception cref="ProException">The request can't be carried out.</exception>
    void Check(BuildRequest request);

    /// <summary>Builds. On any failure nothing is tagged. Progress may be reported from several threads, never after the end.</summary>
    /// <exception cref="ProException">
    /// The build failed. Where a step of it did, the inner exception is a <see cref="BuildFailedException"/>.
    /// </exception>
    Task<BuildOutcome> BuildAsync(BuildRequest request, IProgress<BuildProgress> progress, CancellationToken cancellationToken);
}

/// <summary>What a builder can do besides building one Dockerfile for the engine's own platform.</summary>
[Flags]
internal enum BuilderFeatures
{
    /// <summary>Nothing more.</summary>
    None = 0,

    /// <summary><c>RUN --mount</c>, heredocs and the rest of BuildKit's Dockerfile.</summary>
    BuildKitSyntax = 1,

    /// <summary>A frontend from a registry: <c># syntax=</c>.</summary>
    RemoteSyntax = 2,

    /// <summary>Secrets.</summary>
    Secrets = 4,

    /// <summary>SSH agents and keys.</summary>
    Ssh = 8,

    /// <summary>A platform other than the engine's own.</summary>
    Platform = 16,

    /// <summary>Several platforms in one image, pushed.</summary>
    MultiPlatform = 32,

    /// <summary>Cached layers from other images.</summary>
    CacheFrom = 64,

    /// <summary>Cached layers written elsewhere.</summary>
    CacheTo = 128,
}
