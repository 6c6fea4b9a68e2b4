using System.Text.Json;
using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images.Building.Dockerfile;
using Pro.DockerVersioning.Images.Building.Output;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>Which of the engine's builders.</summary>
internal enum EngineBuilderKind
{
    /// <summary>The classic one (<c>version=1</c>), and the only one for Windows containers.</summary>
    Classic = 1,

    /// <summary>BuildKit (<c>version=2</c>), without the session that secrets, SSH and registry logins need.</summary>
    BuildKit = 2,

    /// <summary>
    /// Podman's own: it answers as the classic one, knows BuildKit's instructions, and takes layers from no image that <c>docker build</c>
    /// has made.
    /// </summary>
    Podman = 3,
}

/// <summary>Finds the login for an image's registry.</summary>
/// <param name="image">The image's reference, as it is in the Dockerfile.</param>
/// <param name="cancellationToken">Stops the search.</param>
/// <returns>The login, or null for none.</returns>
internal delegate Task<AuthConfig?> RegistryLogin(string image, CancellationToken cancellationToken);

/// <summary>Builds by the Engine API alone: where no Docker client can, or the classic builder is wanted.</summary>
/// <param name="engine">The engine.</param>
/// <param name="kind">Which of its builders.</param>
/// <param name="login">Finds the logins that base images are pulled with.</param>
internal sealed class EngineApiBuilder(IDockerClient engine, EngineBuilderKind kind, RegistryLogin login) : IImageBuilder
{
    /// <inheritdoc/>
    public string Name => kind switch
    {
        EngineBuilderKind.BuildKit => "the Engine API",
        EngineBuilderKind.Podman => "Podman",
        _ => "the classic builder",
    };

    /// <inheritdoc/>
    public string Description => kind switch
    {
        EngineBuilderKind.BuildKit => "the Engine API (BuildKit without a session)",
        EngineBuilderKind.Podman => "the Engine API (Podman)",
        _ => "the Engine API (the classic builder)",
    };

    /// <inheritdoc/>
    public string? Remedy { get; init; }

    /// <inheritdoc/>
    public BuilderFeatures Features => kind switch
    {
        EngineBuilderKind.BuildKit => BuilderFeatures.BuildKitSyntax | BuilderFeatures.Platform | BuilderFeatures.CacheFrom,
        EngineBuilderKind.Podman => BuilderFeatures.BuildKitSyntax | BuilderFeatures.Platform,
        _ => BuilderFeatures.Platform | BuilderFeatures.CacheFrom,
    };

    /// <inheritdoc/>
    public void Check(BuildRequest request)
    {
        BuildRequirements.Require(this, request);
        RequireOwnSyntax(request, DockerfileInspector.Inspect(request.DockerfileText));
        RequireDockerfileApart(request, DockerfileInspector.Inspect(request.DockerfileText));
        _ = Parameters(request);
    }

    /// <inheritdoc/>
    public async Task<BuildOutcome> BuildAsync(BuildRequest request, IProgress<BuildProgress> progress, CancellationToken cancellationToken)
    {
        BuildRequirements.Require(this, request);
        var dockerfile = DockerfileInspector.Inspect(request.DockerfileText);
        RequireOwnSyntax(request, dockerfile);
        RequireDockerfileApart(request, dockerfile);
        if (request.Hidden is { } hidden && kind != EngineBuilderKind.BuildKit)
        {
            request = request with { Dockerfile = hidden.ClassicName, WriteContext = hidden.WriteClassicContext };
        }

        var parameters = Parameters(request);
        await PullBasesAsync(request, dockerfile, progress, cancellationToken).ConfigureAwait(false);
        var answer = new EngineBuildAnswer(request.Subject, kind, new BuildLog(progress));
        await SendAsync(request, parameters, answer, progress, cancellationToken).ConfigureAwait(false);
        var id = answer.ImageId ?? throw BuildErrors.EngineLost(request.Subject, "its answer ended before the image's id.");
        return new BuildOutcome(id, null);
    }

    private void RequireOwnSyntax(BuildRequest request, DockerfileInspector dockerfile)
    {
        var syntax = request.BuildArgs.GetValueOrDefault("BUILDKIT_SYNTAX") ?? dockerfile.Syntax;
        if (kind == EngineBuilderKind.BuildKit && syntax is not null)
        {
            throw BuildErrors.BuilderLacks(
                request.Subject,
                Description,
                $"'# syntax={syntax}'",
                "the frontend comes from a registry, which needs a session with the client",
                Remedy);
        }

        if (kind == EngineBuilderKind.Classic && dockerfile.BuildKitFeature is { } feature)
        {
            throw BuildErrors.BuilderLacks(
                request.Subject,
                Description,
                $"'{feature}'",
                "only BuildKit understands it",
                Remedy);
        }
    }

    /// <summary>
    /// Without a session BuildKit reads the Dockerfile from the context alone, where a COPY of the whole context finds it.
    /// </summary>
    private void RequireDockerfileApart(BuildRequest request, DockerfileInspector dockerfile)
    {
        if (request.Hidden is { } hidden && kind == EngineBuilderKind.BuildKit && dockerfile.WholeContextUse is { } use)
        {
            throw BuildErrors.DockerfileNotApart(request.Subject, Description, hidden.FileName, use);
        }
    }

    private async Task PullBasesAsync(
        BuildRequest request,
        DockerfileInspector dockerfile,
        IProgress<BuildProgress> progress,
        CancellationToken cancellationToken)
    {
        var puller = new BaseImagePuller(engine, login, progress);
        var bases = dockerfile.BaseImages(request.BuildArgs, request.Target, allStages: kind != EngineBuilderKind.BuildKit);
        foreach (var image in bases)
        {
            var wanted = image with { Platform = image.Platform ?? request.Platforms.SingleOrDefault() };
            await puller.EnsureAsync(request, wanted, cancellationToken).ConfigureAwait(false);
            if (request.Hidden is not null && kind == EngineBuilderKind.BuildKit)
            {
                RequireDockerfileApart(request, await TriggersAsync(image, cancellationToken).ConfigureAwait(false));
            }
        }
    }

    /// <summary>What a base image does to a build that starts from it: its ONBUILD instructions.</summary>
    private async Task<DockerfileInspector> TriggersAsync(BaseImage image, CancellationToken cancellationToken)
    {
        var found = await engine.Images.InspectImageAsync(image.Reference, cancellationToken).ConfigureAwait(false);
        return DockerfileInspector.Inspect(string.Join('\n', [$"FROM {image.Reference}", .. found.Config?.OnBuild ?? []]));
    }

    private ImageBuildParameters Parameters(BuildRequest request) => new()
    {
        Version = kind == EngineBuilderKind.BuildKit ? "2" : "1",
        Dockerfile = request.Dockerfile,
        Target = request.Target,
        BuildArgs = new Dictionary<string, string>(request.BuildArgs),
        Labels = new Dictionary<string, string>(request.Labels),
        Platform = request.Platforms.SingleOrDefault(),
        NoCache = request.NoCache,

        // The engine wants one JSON array here; the library would repeat the parameter.
        CacheFrom = request.CacheFrom.Count == 0
            ? null
            : [JsonSerializer.Serialize(request.CacheFrom.Select(cache => CacheImage(request, cache)))],
        Remove = true,
        ForceRemove = true,
    };

    private string CacheImage(BuildRequest request, string cache)
    {
        if (!cache.Contains('=', StringComparison.Ordinal))
        {
            return cache;
        }

        var fields = cache.Split(',').Select(DockerfileInstruction.Cut).ToDictionary(field => field.Name, field => field.Value);
        return fields.GetValueOrDefault("type") == "registry" && fields.GetValueOrDefault("ref") is { Length: > 0 } reference
            ? reference
            : throw BuildErrors.BuilderLacks(
                request.Subject, Description, $"-CacheFrom '{cache}'", "it takes layers from images only", Remedy);
    }

    private async Task SendAsync(
        BuildRequest request,
        ImageBuildParameters parameters,
        EngineBuildAnswer answer,
        IProgress<BuildProgress> progress,
        CancellationToken cancellationToken)
    {
        var context = new ContextPipe(request, progress, cancellationToken);
        await using (context.ConfigureAwait(false))
        {
            try
            {
                var stream = await PostAsync(parameters, context.Reader, cancellationToken).ConfigureAwait(false);
                await using (stream.ConfigureAwait(false))
                {
                    await foreach (var message in EngineBuildStream.ReadAsync(stream, cancellationToken).ConfigureAwait(false))
                    {
                        answer.Read(message);
                    }
                }
            }
            catch (DockerApiException exception)
            {
                context.ThrowIfFailed();
                throw answer.Refused(exception);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException or FormatException)
            {
                cancellationToken.ThrowIfCancellationRequested();
                context.ThrowIfFailed();
                throw BuildErrors.EngineLost(request.Subject, (exception.InnerException ?? exception).Message, exception);
            }

            context.ThrowIfFailed();
            answer.Complete();
        }
    }

    private Task<Stream> PostAsync(ImageBuildParameters parameters, Stream context, CancellationToken cancellationToken)
    {
#pragma warning disable CS0618 // The other overload fails on BuildKit's aux texts; the stream is read to its end here.
        return engine.Images.BuildImageFromDockerfileAsync(context, parameters, cancellationToken);
#pragma warning restore CS0618
    }
}
