using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>
/// Asks a health URL. Any 2xx is well; a redirect is not followed (a login page would answer 200 for a service that is down).
/// Each request has its own connection: a kept one could still lead to the container that had the port before.
/// </summary>
internal sealed class UrlProbe(Uri address) : IUrlProbe
{
    private readonly string _shown = UrlText.Shown(address);

    public async Task<ProbeOutcome> RunAsync(CancellationToken cancellationToken)
    {
        // A proxy's localhost is another machine's.
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = !address.IsLoopback };
        using var client = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var limit = Clock.Limit(UrlProbes.RequestTime, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.ConnectionClose = true;
            request.Headers.UserAgent.ParseAdd("Pro.DockerVersioning");
            if (address.UserInfo.Length > 0)
            {
                request.Headers.Authorization = AuthenticationHeaderValue.Parse(Authorization(address));
            }

            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token)
                .ConfigureAwait(false);
            var text = string.Create(CultureInfo.InvariantCulture, $"{_shown} answered {(int)response.StatusCode}");
            return new ProbeOutcome(response.IsSuccessStatusCode ? ProbeVerdict.Well : ProbeVerdict.NotWell, text);
        }
        catch (HttpRequestException fault)
        {
            return new ProbeOutcome(ProbeVerdict.NotWell, $"{_shown}: {LogText.Clean((fault.InnerException ?? fault).Message)}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProbeOutcome(ProbeVerdict.NotWell, string.Create(
                CultureInfo.InvariantCulture, $"{_shown}: no answer within {UrlProbes.RequestTime.TotalSeconds:0.###} s"));
        }
    }

    /// <summary>The header's value for a URL with user info.</summary>
    internal static string Authorization(Uri address) =>
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo)));
}
