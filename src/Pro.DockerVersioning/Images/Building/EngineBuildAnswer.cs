using System.Text.Json;
using Docker.DotNet;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Images.Building.Output;

namespace Pro.DockerVersioning.Images.Building;

/// <summary>
/// What the engine says during a build. An error comes in the middle of an answer that began with 200: only an image's id without an
/// error is a success.
/// </summary>
internal sealed class EngineBuildAnswer(string subject, EngineBuilderKind kind, BuildLog log)
{
    private readonly BuildKitTraceReader _trace = new(log);
    private readonly ClassicStreamReader _text = new(log);

    /// <summary>The image's id, once it is known.</summary>
    public string? ImageId { get; private set; }

    /// <summary>Takes one message.</summary>
    /// <exception cref="ProException">The message is the build's error.</exception>
    public void Read(JsonElement message)
    {
        if (ErrorOf(message) is { } error)
        {
            throw Failed(error, null);
        }

        if (message.TryGetProperty("stream", out var stream))
        {
            _text.Read(stream.GetString() ?? string.Empty);
        }

        if (!message.TryGetProperty("aux", out var aux))
        {
            return;
        }

        if (aux.ValueKind == JsonValueKind.String)
        {
            _trace.Read(aux.GetString()!);
        }
        else if (aux.ValueKind == JsonValueKind.Object && aux.TryGetProperty("ID", out var id))
        {
            // The classic builder tells the id of each stage: the last one is the image.
            ImageId = id.GetString();
        }
    }

    /// <summary>The answer ended without an error.</summary>
    public void Complete()
    {
        if (kind != EngineBuilderKind.BuildKit)
        {
            _text.Complete();
        }
    }

    /// <summary>The engine refused the whole call: the classic builder does so for a wrong Dockerfile.</summary>
    public ProException Refused(DockerApiException exception)
    {
        var message = MessageOf(exception.ResponseBody);
        var failure = BuildFailureReader.Read(message, log);
        return failure.Kind == BuildFailureKind.Other
            ? BuildErrors.EngineRefused(subject, message, exception)
            : BuildFailureErrors.BuildFailed(subject, failure, exception);
    }

    /// <summary>The sentence in the engine's answer to a refused call.</summary>
    public static string MessageOf(string? body)
    {
        try
        {
            using var document = JsonDocument.Parse(body ?? string.Empty);
            return document.RootElement.GetProperty("message").GetString() ?? string.Empty;
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return body ?? string.Empty;
        }
    }

    private ProException Failed(string error, Exception? inner)
    {
        if (kind != EngineBuilderKind.BuildKit)
        {
            _text.Fail(error);
        }

        return BuildFailureErrors.BuildFailed(subject, BuildFailureReader.Read(error, log), inner);
    }

    private static string? ErrorOf(JsonElement message)
    {
        if (message.TryGetProperty("errorDetail", out var detail) && detail.TryGetProperty("message", out var text))
        {
            return text.GetString();
        }

        return message.TryGetProperty("error", out var error) ? error.GetString() : null;
    }
}
