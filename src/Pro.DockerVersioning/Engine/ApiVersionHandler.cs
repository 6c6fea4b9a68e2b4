namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Negotiates the API's version without a request of its own. The first request names none and is answered in the engine's newest
/// version, whose number is in the answer's header; an engine newer than <see cref="Newest"/> is asked in ours from then on.
/// So engines from 20.10 (API 1.41) to 29 (which refuses everything below 1.44) and later ones are served. Requests in raw JSON need no
/// such bound: a container's configuration goes back as it came, with the fields of tomorrow.
/// </summary>
internal sealed class ApiVersionHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>The newest version that Docker.DotNet was made for: Docker 29.4.</summary>
    internal static readonly Version Newest = new(1, 54);

    /// <summary>True for a request whose answer is read as raw JSON, in the engine's newest version.</summary>
    internal static readonly HttpRequestOptionsKey<bool> IsRaw = new("pro-raw-json");

    private volatile string? _prefix;
    private volatile Version? _engine;

    /// <summary>The newest version that the engine understands; null before its first answer.</summary>
    public Version? EngineVersion => _engine;

    /// <summary>The version of Podman, if it answers in the place of Docker's engine: it says so with each answer.</summary>
    public string? Podman { get; private set; }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isRaw = request.Options.TryGetValue(IsRaw, out var raw) && raw;
        if (_prefix is { } prefix)
        {
            if (prefix.Length > 0 && !isRaw)
            {
                request.RequestUri = Prefixed(request.RequestUri!, prefix);
            }

            return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }

        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (!response.Headers.TryGetValues("Api-Version", out var values) || !Version.TryParse(values.First(), out var engine))
        {
            return response;
        }

        Podman = response.Headers.TryGetValues("Libpod-Api-Version", out var podman) ? podman.First() : null;
        _engine = engine;
        _prefix = engine > Newest ? $"/v{Newest}" : "";
        if (_prefix.Length == 0 || isRaw || request.Content is not null || request.Method != HttpMethod.Get)
        {
            return response;
        }

        // The first answer may have a shape that we don't know: ask again in our version.
        response.Dispose();
        using var again = new HttpRequestMessage(request.Method, Prefixed(request.RequestUri!, _prefix)) { Version = request.Version };
        foreach (var header in request.Headers)
        {
            _ = again.Headers.TryAddWithoutValidation(header.Key, header.Value);
        }

        return await base.SendAsync(again, cancellationToken).ConfigureAwait(false);
    }

    // Who names a version means it.
    private static Uri Prefixed(Uri address, string prefix) =>
        address.AbsolutePath.StartsWith("/v1.", StringComparison.Ordinal)
            ? address
            : new UriBuilder(address) { Path = prefix + address.AbsolutePath }.Uri;
}
