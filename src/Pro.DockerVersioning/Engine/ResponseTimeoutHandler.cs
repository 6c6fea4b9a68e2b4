using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Bounds the wait for the head of an answer, which comes once the engine has done what it was asked. A service must not stay between two
/// versions because an engine never answers.
/// </summary>
/// <remarks>What lasts as long as it lasts is not bounded here: transfers, prunes, a container's own end.</remarks>
internal sealed class ResponseTimeoutHandler(HttpMessageHandler inner, TimeSpan patience) : DelegatingHandler(inner)
{
    private static readonly string[] Lasting =
        ["/prune", "/system/df", "/build", "/images/create", "/images/load", "/push", "/wait", "/events", "/logs", "/attach", "/start"];

    /// <summary>The time that a call takes by itself, above that.</summary>
    public static HttpRequestOptionsKey<TimeSpan> OwnTime { get; } = new("own-time");

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        var time = IsLasting(path)
            ? Timeout.InfiniteTimeSpan
            : request.Options.TryGetValue(OwnTime, out var own) ? patience + own : patience;
        using var bounded = Clock.Limit(time, cancellationToken);
        try
        {
            return await base.SendAsync(request, bounded.Token).ConfigureAwait(false);
        }
        catch (Exception ended) when (bounded.IsCancellationRequested && ended is (OperationCanceledException or HttpRequestException))
        {
            // Docker.DotNet's transport makes a failed request of a cancelled one: Ctrl+C would look like an engine that is gone.
            cancellationToken.ThrowIfCancellationRequested();
            throw new TimeoutException($"no answer to {request.Method} {path} within {time.TotalSeconds:0} seconds", ended);
        }
    }

    // A container starts at once or not at all; a command in it (exec) lasts.
    private static bool IsLasting(string path) =>
        Lasting.Any(end => path.EndsWith(end, StringComparison.Ordinal)) && !(path.EndsWith("/start", StringComparison.Ordinal)
            && path.Contains("/containers/", StringComparison.Ordinal));
}
