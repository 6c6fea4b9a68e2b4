using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using Docker.DotNet;
using Pro.DockerVersioning.Errors;

namespace Pro.DockerVersioning.Engine;

/// <summary>Translates the exceptions of Docker.DotNet and of its transport, once.</summary>
internal static class EngineFaults
{
    /// <summary>The error as the user sees it; null for what is not Docker's (and for what is translated already).</summary>
    public static ProException? Translate(Exception exception, EngineEndpoint endpoint) => exception switch
    {
        ProException or OperationCanceledException { InnerException: null } => null,
        DockerApiException refused => EngineErrors.Refused(endpoint.ToString(), refused.StatusCode, MessageOf(refused), refused),
        _ when Find<SocketException>(exception) is { SocketErrorCode: SocketError.AccessDenied } => Denied(endpoint, exception),
        _ when Find<UnauthorizedAccessException>(exception) is not null => Denied(endpoint, exception),
        // So says .NET of a Unix socket without a file.
        _ when Find<SocketException>(exception) is { SocketErrorCode: SocketError.AddressNotAvailable } && endpoint.IsLocal =>
            Unreachable(endpoint, "there is no such socket", exception),
        _ when Find<SocketException>(exception) is { } socket => Unreachable(endpoint, socket.Message, exception),
        _ when Find<AuthenticationException>(exception) is { } tls => Unreachable(endpoint, tls.Message, exception),
        JsonException => EngineErrors.AnswerForeign(endpoint.ToString(), exception),
        TimeoutException => Unreachable(endpoint, exception.Message, exception),
        HttpRequestException or IOException => Unreachable(
            endpoint, Find<IOException>(exception)?.Message ?? "the connection ended without an answer", exception),
        OperationCanceledException { InnerException: TimeoutException } => Unreachable(endpoint, "it took too long", exception),
        _ => null,
    };

    /// <summary>The sentence in an engine's answer, out of its JSON.</summary>
    public static string MessageOf(DockerApiException exception)
    {
        var body = exception.ResponseBody?.Trim() ?? "";
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.TryGetProperty("message", out var message) ? message.GetString() ?? body : body;
        }
        catch (Exception notJson) when (notJson is JsonException or InvalidOperationException)
        {
            return body.Length > 0 ? body : $"HTTP {(int)exception.StatusCode}.";
        }
    }

    /// <summary>The error of a stream's form (<c>errorDetail</c>) that came as the whole answer; null for any other.</summary>
    public static string? StreamedError(DockerApiException exception)
    {
        try
        {
            using var document = JsonDocument.Parse(exception.ResponseBody ?? "");
            return document.RootElement.GetProperty("errorDetail").GetProperty("message").GetString();
        }
        catch (Exception other) when (other is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }

    private static ProException Denied(EngineEndpoint endpoint, Exception inner) =>
        EngineErrors.AccessDenied(endpoint.ToString(), endpoint.Source, inner);

    private static ProException Unreachable(EngineEndpoint endpoint, string why, Exception inner) =>
        EngineErrors.Unreachable(endpoint.ToString(), endpoint.Source, endpoint.IsLocal, why, inner);

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
            {
                return found;
            }
        }

        return null;
    }
}
