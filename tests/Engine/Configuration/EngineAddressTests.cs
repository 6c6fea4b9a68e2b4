using System.Management.Automation;
using System.Security.Cryptography;
using System.Text;

namespace Pro.DockerVersioning.Tests.Engine.Configuration;

/// <summary>Which engine a command talks to, and what it says when there is none.</summary>
public sealed class EngineAddressTests : EngineTest
{
    public EngineAddressTests() => Commit();

    [Theory]
    [InlineData("unix:///nowhere/docker.sock", "there is no such socket")]
    [InlineData("tcp://127.0.0.1:1", "Connection refused")]
    public void Nobody_answering_is_one_error_with_the_address_and_the_remedy(string host, string why)
    {
        Variables["DOCKER_HOST"] = host;
        foreach (var script in (string[])
            [
                "Get-ProImageVersion", "Build-ProImage api", "Publish-ProImage api v1.0.0", "Deploy-ProService api v1.0.0",
                "Invoke-ProRollback api v1.0.0 -Confirm:$false", "Repair-ProService", "Remove-ProOldImage -Confirm:$false",
            ])
        {
            var error = Bad(script, "EngineUnreachable", ErrorCategory.ResourceUnavailable);
            Assert.Contains(host, error.ToString(), StringComparison.Ordinal);
            Assert.Contains("DOCKER_HOST", error.ToString(), StringComparison.Ordinal);
            Assert.Contains(why, error.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Ssh_is_refused_with_the_tunnel_that_helps()
    {
        Variables["DOCKER_HOST"] = "ssh://ops@prod.example.com";
        var error = Bad("Get-ProImageVersion", "DockerHostSshNotSupported", ErrorCategory.NotImplemented);
        Assert.Contains("ssh -NL", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ftp://x")]
    [InlineData("not an address")]
    public void An_address_of_another_kind_is_refused(string host)
    {
        Variables["DOCKER_HOST"] = host;
        _ = Bad("Get-ProImageVersion", "DockerHostInvalid", ErrorCategory.InvalidArgument);
    }

    [Fact]
    public void An_unknown_context_is_named()
    {
        Variables["DOCKER_HOST"] = null;
        Variables["DOCKER_CONTEXT"] = "nowhere";
        var error = Bad("Get-ProImageVersion", "DockerContextNotFound", ErrorCategory.ObjectNotFound);
        Assert.Contains("'nowhere'", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("docker context ls", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_context_is_followed_by_DOCKER_CONTEXT_or_by_Dockers_configuration(bool byVariable)
    {
        await using var proxy = EngineProxy.Start();
        var folder = Directory.CreateDirectory(Path.Combine(Repository.Beside, "docker")).FullName;
        var id = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes("elsewhere"))).ToLowerInvariant();
        var meta = Directory.CreateDirectory(Path.Combine(folder, "contexts", "meta", id)).FullName;
        await File.WriteAllTextAsync(
            Path.Combine(meta, "meta.json"),
            """{"Name":"elsewhere","Metadata":{},"Endpoints":{"docker":{"Host":"HOST","SkipTLSVerify":false}}}"""
                .Replace("HOST", proxy.Url, StringComparison.Ordinal),
            Cancel);
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), byVariable ? "{}" : """{"currentContext":"elsewhere"}""", Cancel);
        Variables["DOCKER_HOST"] = null;
        Variables["DOCKER_CONFIG"] = folder;
        Variables["DOCKER_CONTEXT"] = byVariable ? "elsewhere" : null;
        _ = Good("Get-ProImageVersion");
        Assert.Contains(proxy.Requests, path => path.EndsWith("/images/json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DOCKER_HOST_wins_over_a_context()
    {
        await using var proxy = EngineProxy.Start();
        Variables["DOCKER_HOST"] = proxy.Url;
        Variables["DOCKER_CONTEXT"] = "nowhere";
        _ = Good("Get-ProImageVersion");
        Assert.NotEmpty(proxy.Requests);
    }
}
