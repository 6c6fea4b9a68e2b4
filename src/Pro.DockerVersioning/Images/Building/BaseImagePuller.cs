using Docker.DotNet;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images.Building.Dockerfile;
using Pro.DockerVersioning.Images.Building.Output;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>Brings base images onto the engine before a build that has no session, and so no logins.</summary>
internal sealed class BaseImagePuller(IDockerClient engine, RegistryLogin login, IProgress<BuildProgress> progress)
{
    /// <summary>Pulls one, where it isn't there yet, is there for another platform, or is to be asked for anyway.</summary>
    /// <exception cref="ProException">It can't be had.</exception>
    public async Task EnsureAsync(BuildRequest request, BaseImage image, CancellationToken cancellationToken)
    {
        if (!request.Pull && await IsHereAsync(image, cancellationToken).ConfigureAwait(false))
        {
            return;
        }

        progress.Report(new BasePulling(image.Reference, "pulling"));
        var messages = new PullMessages(image.Reference, progress);
        try
        {
            await engine.Images.CreateImageAsync(
                Parameters(image),
                await login(image.Reference, cancellationToken).ConfigureAwait(false),
                messages,
                cancellationToken).ConfigureAwait(false);
        }
        catch (DockerApiException exception)
        {
            throw Failed(request, image, EngineBuildAnswer.MessageOf(exception.ResponseBody), exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw BuildErrors.EngineLost(request.Subject, (exception.InnerException ?? exception).Message, exception);
        }
        finally
        {
            progress.Report(new BasePulling(image.Reference, null));
        }

        // A pull that fails after it began says so inside its answer.
        if (messages.Error is { } error)
        {
            throw Failed(request, image, error, null);
        }
    }

    private static ProException Failed(BuildRequest request, BaseImage image, string message, Exception? inner)
    {
        var log = new BuildLog(new Progress<BuildProgress>());
        var name = $"[internal] load metadata for {image.Reference}";
        log.Start(name, BuildStep.FromBuildKit(name));
        log.FailCurrent(message);
        return BuildFailureErrors.BuildFailed(request.Subject, BuildFailureReader.Read(message, log), inner);
    }

    private static ImagesCreateParameters Parameters(BaseImage image)
    {
        // Without a tag the engine would pull all of them.
        var isWhole = ReferenceGrammar.Cut(image.Reference) is not { Tag: null, Digest: null };
        return new ImagesCreateParameters
        {
            FromImage = isWhole ? image.Reference : image.Reference + ":latest",
            Platform = image.Platform,
        };
    }

    private async Task<bool> IsHereAsync(BaseImage image, CancellationToken cancellationToken)
    {
        try
        {
            var found = await engine.Images.InspectImageAsync(image.Reference, cancellationToken).ConfigureAwait(false);
            return image.Platform?.Split('/') is not [var os, var architecture, ..]
                || (os.Equals(found.Os, StringComparison.OrdinalIgnoreCase)
                    && architecture.Equals(found.Architecture, StringComparison.OrdinalIgnoreCase));
        }
        catch (DockerImageNotFoundException)
        {
            return false;
        }
    }

    /// <summary>The pull's messages as they come, on the reading thread: <see cref="Progress{T}"/> would be late.</summary>
    private sealed class PullMessages(string image, IProgress<BuildProgress> progress) : IProgress<JSONMessage>
    {
        private string? _status;

        public string? Error { get; private set; }

        public void Report(JSONMessage value)
        {
            Error ??= value.Error?.Message;
            if (value.Status is { Length: > 0 } status && status != _status)
            {
                _status = status;
                progress.Report(new BasePulling(image, status));
            }
        }
    }
}
