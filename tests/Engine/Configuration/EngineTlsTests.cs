using System.Management.Automation;

namespace Pro.DockerVersioning.Tests.Engine.Configuration;

/// <summary>An engine behind TLS: DOCKER_TLS_VERIFY and DOCKER_CERT_PATH. Both sides show a certificate, and both are checked.</summary>
public sealed class EngineTlsTests : EngineTest
{
    private readonly TestAuthority _authority = new();
    private readonly string _folder;

    public EngineTlsTests()
    {
        _folder = Directory.CreateDirectory(Path.Combine(Repository.Beside, "certificates")).FullName;
        _ = Commit();
        _authority.WriteClient(_folder);
        Variables["DOCKER_TLS_VERIFY"] = "1";
        Variables["DOCKER_CERT_PATH"] = _folder;
    }

    [Fact]
    public async Task A_build_and_a_list_go_over_TLS_with_the_clients_certificate()
    {
        await using var engine = TlsProxy.Start(_authority, "127.0.0.1");
        Variables["DOCKER_HOST"] = $"tcp://127.0.0.1:{engine.Port}";
        Assert.Equal("Built", Text(One("Build-ProImage api"), "Outcome"));
        Assert.Equal(Head12, Text(One("Get-ProImageVersion api"), "Version"));
        Assert.True(engine.Connections > 0);
    }

    [Fact]
    public async Task A_certificate_of_another_authority_is_refused()
    {
        await using var engine = TlsProxy.Start(new TestAuthority(), "127.0.0.1", clients: _authority);
        Variables["DOCKER_HOST"] = $"tcp://127.0.0.1:{engine.Port}";
        var error = Bad("Get-ProImageVersion", "EngineUnreachable", ErrorCategory.ResourceUnavailable);
        Assert.Contains("certificate", error.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, engine.Connections);
    }

    [Fact]
    public async Task A_certificate_for_another_host_is_refused()
    {
        await using var engine = TlsProxy.Start(_authority, "elsewhere.example.com");
        Variables["DOCKER_HOST"] = $"tcp://127.0.0.1:{engine.Port}";
        var error = Bad("Get-ProImageVersion", "EngineUnreachable", ErrorCategory.ResourceUnavailable);
        Assert.Contains("certificate", error.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, engine.Connections);
    }

    [Fact]
    public void Missing_certificates_are_named_with_their_folder()
    {
        File.Delete(Path.Combine(_folder, "key.pem"));
        Variables["DOCKER_HOST"] = "tcp://127.0.0.1:1";
        var error = Bad("Get-ProImageVersion", "DockerCertificatesUnreadable", ErrorCategory.AuthenticationError);
        Assert.Contains(_folder, error.ToString(), StringComparison.Ordinal);
        Assert.Contains("DOCKER_CERT_PATH", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }
}
