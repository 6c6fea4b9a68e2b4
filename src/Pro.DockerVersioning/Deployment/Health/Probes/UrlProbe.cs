using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Pro.DockerVersioning.Configuration;

namespace Pro.DockerVersioning.Deployment.Health.Probes;

/// <summary>
/// Asks a health URL. Any 2xx is well; a redirect is not followed (a login page would answer 200 for a service that is down).
/// Each request has its own connection: a kept one could still lead to the container that had the port before.
/// </summary>
internal sealed class UrlProbe : IUrlProbe
{
    private readonly Uri _address;
    private readonly string _shown;
    private readonly TimeSpan _timeout;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _client;

    public UrlProbe(Uri address, TimeSpan timeout)
    {
        _address = address;
        _shown = UrlText.Shown(address);
        _timeout = timeout;

        // A proxy's localhost is another machine's.
        _handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = !address.IsLoopback };
        _client = new HttpClient(_handler, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.ConnectionClose = true;
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("Pro.DockerVersioning");
    }

    public async Task<ProbeOutcome> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, _address);
            if (_address.UserInfo.Length > 0)
            {
                request.Headers.Authorization = AuthenticationHeaderValue.Parse(Authorization(_address));
            }

            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token)
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
            var text = string.Create(CultureInfo.InvariantCulture, $"{_shown}: no answer within {_timeout.TotalSeconds:0.###} s");
            return new ProbeOutcome(ProbeVerdict.NotWell, text);
        }
    }

    /// <summary>The header's value for a URL with user info.</summary>
    internal static string Authorization(Uri address) =>
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo)));

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }
}
