using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Docker.DotNet.Handler.Abstractions;
using Docker.DotNet.X509;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Engine;

/// <summary>
/// Puts TLS, a bound to the wait, a second try for listings and the negotiation of the API's version around Docker.DotNet's transport.
/// </summary>
internal sealed class EngineAuthentication(EngineEndpoint endpoint) : IAuthProvider
{
    private readonly CertificateCredentials? _tls = endpoint.UsesTls ? Load(endpoint) : null;

    /// <inheritdoc/>
    public bool TlsEnabled => _tls is not null;

    /// <summary>The whole way to the engine, once a client has been built on it; the client owns it.</summary>
    public ApiVersionHandler? Transport { get; private set; }

    /// <inheritdoc/>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The handler around it owns it.")]
    public HttpMessageHandler ConfigureHandler(HttpMessageHandler handler) =>
        Transport = new ApiVersionHandler(new ListingHandler(new ResponseTimeoutHandler(
            new HeaderHandler(_tls?.ConfigureHandler(handler) ?? handler, endpoint.Headers),
            endpoint.Patience)));

    [SuppressMessage("Security", "CA5359:Do not disable certificate validation", Justification = "The user's context says SkipTLSVerify.")]
    private static CertificateCredentials Load(EngineEndpoint endpoint)
    {
        if (endpoint.CertificateFolder is not { } folder)
        {
            var bare = new CertificateCredentials(null);
            if (endpoint.SkipsVerification)
            {
                bare.ServerCertificateValidationCallback = AcceptAny;
            }

            return bare;
        }

        try
        {
            if (!Directory.Exists(folder))
            {
                throw new DirectoryNotFoundException("there is no such folder");
            }

            var certificate = Path.Combine(folder, "cert.pem");
            var key = Path.Combine(folder, "key.pem");
            var authority = Path.Combine(folder, "ca.pem");
            Array.ForEach([certificate, key, authority], RegularFile.Ensure);
            var credentials = new CertificateCredentials(
                File.Exists(certificate) ? DockerTlsCertificates.LoadCertificateFromPemFiles(certificate, key) : null);
            if (endpoint.SkipsVerification)
            {
                credentials.ServerCertificateValidationCallback = AcceptAny;
            }
            else if (File.Exists(authority))
            {
                credentials.ServerCertificateValidationCallback =
                    SignedBy(DockerTlsCertificates.LoadCertificateAuthorityFromPemFile(authority));
            }

            return credentials;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or System.Security.Cryptography.CryptographicException)
        {
            throw EngineErrors.CertificatesUnreadable(folder, endpoint.Source, exception);
        }
    }

    private static bool AcceptAny(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) => true;

    // Docker.DotNet's own callback looks at the chain only, and would accept the certificate of any host that the authority has signed.
    private static RemoteCertificateValidationCallback SignedBy(X509Certificate2 authority)
    {
        var chainOnly = DockerTlsCertificates.CreateCertificateAuthorityValidationCallback(authority);
        return (sender, certificate, chain, errors) =>
            (errors & (SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateNotAvailable)) == 0
            && chainOnly(sender, certificate, chain, errors);
    }
}
