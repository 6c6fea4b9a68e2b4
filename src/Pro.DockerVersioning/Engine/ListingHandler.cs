using Pro.DockerVersioning.Machine;
using System.Net;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Asks again for a listing of images that failed because one of them went meanwhile. Engine 20.10 answers 500 then, and the next
/// listing is whole.
/// </summary>
internal sealed class ListingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int Attempts = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
    private static readonly string[] Listings = ["/images/json", "/system/df"];
    private static readonly string[] Gone = ["unrecognized image ID", "layer does not exist"];

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var attempt = 1;
        while (attempt++ < Attempts && await IsDisturbedAsync(request, response, cancellationToken).ConfigureAwait(false))
        {
            response.Dispose();
            await Clock.Delay(Pause, cancellationToken).ConfigureAwait(false);
            using var again = new HttpRequestMessage(request.Method, request.RequestUri) { Version = request.Version };
            foreach (var header in request.Headers)
            {
                _ = again.Headers.TryAddWithoutValidation(header.Key, header.Value);
            }

            response = await base.SendAsync(again, cancellationToken).ConfigureAwait(false);
        }

        return response;
    }

    private static async Task<bool> IsDisturbedAsync(
        HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.InternalServerError || request.Method != HttpMethod.Get
            || !Listings.Any(listing => request.RequestUri!.AbsolutePath.EndsWith(listing, StringComparison.Ordinal)))
        {
            return false;
        }

        // Read into memory: whoever gets this answer can read it again.
        await response.Content.LoadIntoBufferAsync().ConfigureAwait(false);
        var message = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        return Gone.Any(gone => message.Contains(gone, StringComparison.OrdinalIgnoreCase));
    }
}
