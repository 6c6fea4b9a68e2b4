namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Adds the headers of the user's Docker configuration to each request. As in Docker's client, those of the request itself win, and the
/// name of the program stays.
/// </summary>
internal sealed class HeaderHandler(HttpMessageHandler inner, IReadOnlyDictionary<string, string> headers) : DelegatingHandler(inner)
{
    /// <inheritdoc/>
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        foreach (var (name, value) in headers)
        {
            if (!request.Headers.Contains(name) && !name.Equals("User-Agent", StringComparison.OrdinalIgnoreCase))
            {
                _ = request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return base.SendAsync(request, cancellationToken);
    }
}
