using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Pro.DockerVersioning.Registry;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

/// <summary>Docker's certs.d, against a real TLS server. The handler is asked directly: on loopback the client would
/// trust anyone.</summary>
public sealed class RegistryCertificatesTests : IDisposable
{
    private const int Bound = 30_000;

    private readonly string _folder = Directory.CreateTempSubdirectory("pro-certs-").FullName;
    private readonly RSA _key = RSA.Create(2048);
    private readonly X509Certificate2 _authority;

    public RegistryCertificatesTests()
    {
        var request = new CertificateRequest("CN=Test authority", _key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact(Timeout = Bound)]
    public async Task An_authority_in_certs_d_is_trusted_for_the_name_that_it_signed()
    {
        using var good = Issue(IPAddress.Loopback);
        using var misnamed = Issue(IPAddress.Parse("192.0.2.1"));
        await using var server = Server(good);
        await using var impostor = Server(misnamed);

        Assert.Equal("SecureConnectionError", await AskAsync(server, null));
        Assert.Equal("OK", await AskAsync(server, _authority));
        Assert.Equal("SecureConnectionError", await AskAsync(impostor, _authority));
    }

    [Fact(Timeout = Bound)]
    public async Task Another_authority_does_not_help()
    {
        using var other = new RegistryCertificatesTests();
        using var good = Issue(IPAddress.Loopback);
        await using var server = Server(good);

        Assert.Equal("SecureConnectionError", await AskAsync(server, other._authority));
    }

    [Fact]
    public void A_file_that_is_no_certificate_is_named()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "registry.test"));
        File.WriteAllText(Path.Combine(_folder, "registry.test", "client.cert"), "no certificate");

        var error = Assert.Throws<ProException>(() => RegistryCertificates.Load("registry.test", [_folder]));

        Assert.Equal("RegistryCertificateUnreadable", error.Id);
        Assert.Contains("client.cert", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ca.crt")]
    [InlineData("client.cert")]
    [InlineData("client.key")]
    public async Task A_certificate_that_is_a_pipe_is_refused_and_not_waited_for(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such files.");
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "registry.test")).FullName;
        using var made = System.Diagnostics.Process.Start("mkfifo", Path.Combine(folder, name));
        await made.WaitForExitAsync(Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "other.cert"), _authority.ExportCertificatePem(), Cancel);

        var error = await Assert.ThrowsAsync<ProException>(() => Task.Run(
            () => RegistryCertificates.Load("registry.test", [_folder]), Cancel).WaitAsync(TimeSpan.FromSeconds(20), Cancel));

        Assert.Contains($"{name} is a named pipe", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_registry_without_certificates_has_none() => Assert.Null(RegistryCertificates.Load("registry.test", [_folder]));

    private static ScriptedHttpServer Server(X509Certificate2 certificate) =>
        ScriptedHttpServer.StartAsync((_, _) => Task.FromResult(ScriptedResponse.Empty(200)), certificate);

    private async Task<string> AskAsync(ScriptedHttpServer server, X509Certificate2? authority)
    {
        if (authority is not null)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_folder, server.Host)).FullName;
            await File.WriteAllTextAsync(Path.Combine(folder, "ca.crt"), authority.ExportCertificatePem(), Cancel);
        }

        using var certificates = RegistryCertificates.Load(server.Host, [_folder]);
        using var client = new HttpClient(RegistryTransport.CreateHandler(anyCertificate: false, certificates, new WebProxy()));
        try
        {
            using var response = await client.GetAsync(new Uri(server.Url), Cancel);
            return response.StatusCode.ToString();
        }
        catch (HttpRequestException exception)
        {
            return exception.HttpRequestError.ToString();
        }
    }

    private X509Certificate2 Issue(IPAddress address)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=registry", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(_authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), [1, 2, 3, 4]);
        return signed.CopyWithPrivateKey(key);
    }
}
