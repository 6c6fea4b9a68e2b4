using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Machine;

namespace Pro.DockerVersioning.Registry;

/// <summary>
/// The certificates that Docker keeps for one registry (<c>certs.d/HOST/</c>): authorities (<c>*.crt</c>) that are trusted besides
/// the system's, and client certificates (<c>NAME.cert</c> with <c>NAME.key</c>). The engine honours them, so we must: else a
/// registry that can be pushed to would be out of our reach. See docs.docker.com/engine/security/certificates.
/// </summary>
internal sealed class RegistryCertificates : IDisposable
{
    private readonly X509Certificate2Collection _authorities = [];
    private readonly X509Certificate2Collection _clients = [];

    private RegistryCertificates()
    {
    }

    /// <summary>Where Docker looks, on this system: the engine's folder, and the one of a rootless engine.</summary>
    public static IReadOnlyList<string> DefaultFolders { get; } = OperatingSystem.IsWindows()
        ?
        [
            Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "docker", "certs.d"),
            Home(".docker", "certs.d"),
        ]
        : ["/etc/docker/certs.d", Home(".config", "docker", "certs.d"), Home(".docker", "certs.d")];

    /// <summary>Reads the certificates for a registry from the first folder that has any; null if none has.</summary>
    /// <exception cref="ProException">A file there is no certificate, or can't be read.</exception>
    public static RegistryCertificates? Load(string host, IEnumerable<string> folders)
    {
        // Windows allows no colon in a name; Docker leaves it out there.
        var name = OperatingSystem.IsWindows() ? host.Replace(":", string.Empty, StringComparison.Ordinal) : host;
        var folder = folders.Select(root => Path.Combine(root, name)).FirstOrDefault(Directory.Exists);
        if (folder is null)
        {
            return null;
        }

        var files = Directory.EnumerateFiles(folder).Where(IsPem).Order(StringComparer.Ordinal).ToList();
        files.ForEach(RegularFile.Ensure);
        var certificates = new RegistryCertificates();
        foreach (var file in files)
        {
            try
            {
                certificates.Add(file);
            }
            catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
            {
                certificates.Dispose();
                throw RegistryErrors.CertificateUnreadable(host, file, exception);
            }
        }

        return certificates;
    }

    /// <summary>Has a connection trust and show them.</summary>
    public void Apply(SslClientAuthenticationOptions options)
    {
        if (_clients.Count > 0)
        {
            options.ClientCertificates = _clients;
        }

        if (_authorities.Count > 0)
        {
            options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                errors == SslPolicyErrors.None
                || (errors == SslPolicyErrors.RemoteCertificateChainErrors && certificate is not null && IsTrusted(certificate, chain));
        }
    }

    public void Dispose()
    {
        foreach (var certificate in _authorities.Concat(_clients))
        {
            certificate.Dispose();
        }
    }

    private static string Home(params string[] parts) =>
        Path.Combine([Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), .. parts]);

    private static bool IsPem(string file) => Path.GetExtension(file) is ".crt" or ".cert" or ".key";

    private void Add(string file)
    {
        switch (Path.GetExtension(file))
        {
            case ".crt":
                _authorities.ImportFromPemFile(file);
                break;
            case ".cert":
                _clients.Add(LoadClient(file));
                break;
            default:
                break;
        }
    }

    /// <summary>Windows' TLS takes no key that lives in memory only; the way through PKCS #12 gives it one that it takes.</summary>
    private static X509Certificate2 LoadClient(string file)
    {
        var certificate = X509Certificate2.CreateFromPemFile(file, Path.ChangeExtension(file, ".key"));
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        using (certificate)
        {
            return new X509Certificate2(certificate.Export(X509ContentType.Pkcs12));
        }
    }

    /// <summary>Builds the chain again, with our authorities as the only roots and the server's intermediates at hand.</summary>
    private bool IsTrusted(X509Certificate certificate, X509Chain? received)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (received is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(received.ChainElements.Select(element => element.Certificate).ToArray());
        }

        using var server = new X509Certificate2(certificate);
        return chain.Build(server);
    }
}
