using Pro.DockerVersioning.Errors;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

/// <summary>What engines really say, collected from docker 20 to 29 and from the registries' own documentation.</summary>
public sealed class RegistryErrorsTests
{
    private const string Reference = "registry.example.com/pro/api:v1.2.3";

    [Theory]
    [InlineData("denied: requested access to the resource is denied", true, "RegistryAccessDenied")]
    [InlineData("denied: requested access to the resource is denied", false, "RegistryLoginRequired")]
    [InlineData("denied", true, "RegistryAccessDenied")]
    [InlineData("denied", false, "RegistryLoginRequired")]
    [InlineData("received unexpected HTTP status: 502 Upstream is gone", true, "RegistryUnreachable")]
    [InlineData("unauthorized: authentication required", false, "RegistryLoginRequired")]
    [InlineData("unauthorized: authentication required", true, "RegistryLoginRequired")]
    [InlineData("no basic auth credentials", false, "RegistryLoginRequired")]
    [InlineData("unauthorized: incorrect username or password", true, "RegistryLoginRequired")]
    [InlineData("denied: Your authorization token has expired. Reauthenticate and try again.", true, "RegistryLoginRequired")]
    [InlineData(
        "unauthorized: unauthorized to access repository: pro/api, action: push: unauthorized to access repository",
        true, "RegistryAccessDenied")]
    [InlineData(
        "push access denied, repository does not exist or may require authorization: " +
        "server message: insufficient_scope: authorization failed",
        true, "RegistryAccessDenied")]
    [InlineData(
        "pull access denied for pro/api, repository does not exist or may require 'docker login': " +
        "denied: requested access to the resource is denied",
        false, "RegistryLoginRequired")]
    [InlineData("error parsing HTTP 403 response body: unexpected end of JSON input: 403 Forbidden", true, "RegistryAccessDenied")]
    [InlineData("name unknown: repository name not known to registry", true, "RegistryRepositoryNotFound")]
    [InlineData(
        "name unknown: The repository with name 'api' does not exist in the registry with id '123'",
        true, "RegistryRepositoryNotFound")]
    [InlineData("manifest unknown: manifest unknown", false, "RegistryManifestNotFound")]
    [InlineData(
        "manifest for registry.example.com/pro/api:v1.2.3 not found: manifest unknown: manifest unknown",
        false, "RegistryManifestNotFound")]
    [InlineData(
        "Get \"http://registry.example.com/v2/\": dial tcp 192.0.2.1:80: connect: connection refused",
        false, "RegistryUnreachable")]
    [InlineData(
        "Get \"https://registry.example.com/v2/\": dial tcp: lookup registry.example.com on 192.0.2.53:53: no such host",
        false, "RegistryUnreachable")]
    [InlineData("Get \"https://registry.example.com/v2/\": x509: certificate signed by unknown authority", false, "RegistryUnreachable")]
    [InlineData("Get \"https://registry.example.com/v2/\": http: server gave HTTP response to HTTPS client", false, "RegistryUnreachable")]
    [InlineData(
        "Get \"https://registry.example.com/v2/\": net/http: request canceled while waiting for connection (Client.Timeout exceeded)",
        false,
        "RegistryUnreachable")]
    [InlineData("received unexpected HTTP status: 503 Service Unavailable", true, "RegistryUnreachable")]
    [InlineData("toomanyrequests: You have reached your unauthenticated pull rate limit.", false, "RegistryRateLimited")]
    [InlineData("tag does not exist: registry.example.com/pro/api:v1.2.3", true, "RegistryImageNotOnEngine")]
    [InlineData("An image does not exist locally with the tag: registry.example.com/pro/api", true, "RegistryImageNotOnEngine")]
    [InlineData("write /var/lib/docker/tmp/x: no space left on device", true, "RegistryNoSpaceLeft")]
    [InlineData(
        "tag invalid: The image tag 'v1.2.3' already exists in the 'api' repository " +
        "and cannot be overwritten because the repository is immutable.",
        true, "RegistryTagImmutable")]
    [InlineData("blob upload invalid", true, "RegistryRefused")]
    [InlineData("open /var/lib/docker/image: permission denied", true, "RegistryRefused")]
    public void The_engines_words_are_told_apart(string message, bool hadCredentials, string id)
    {
        var inner = new InvalidOperationException("from the library");

        var error = RegistryErrors.FromEngineMessage(message, Reference, hadCredentials, inner);

        Assert.Equal(id, error.Id);
        Assert.Contains(message.Split('?')[0], error.Message, StringComparison.Ordinal);
        Assert.Same(inner, error.InnerException);
        Assert.NotEmpty(error.RecommendedAction);
    }

    [Fact]
    public void What_things_are_called_is_no_news()
    {
        const string Name = "registry.example.com/certificate/i/o timeout/denied:unauthorized";

        Assert.Equal("RegistryRefused", RegistryErrors.FromEngineMessage($"blob upload invalid for {Name}", Name, true).Id);
    }

    [Theory]
    [InlineData("dial tcp 192.0.2.1:443: connect: connection refused", "refuses the connection")]
    [InlineData("lookup registry.example.com: no such host", "name of registry.example.com is not known")]
    [InlineData("x509: certificate has expired or is not yet valid", "is not trusted")]
    [InlineData("http: server gave HTTP response to HTTPS client", "speaks plain HTTP")]
    [InlineData("net/http: TLS handshake timeout", "does not answer in time")]
    public void Each_way_of_being_unreachable_says_which_and_from_where(string message, string says)
    {
        var error = RegistryErrors.FromEngineMessage(message, Reference, hadCredentials: false);

        Assert.Contains("from the Docker engine", error.Message, StringComparison.Ordinal);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Contains("registry.example.com", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("registry.example.com/pro/api:v1", "docker login registry.example.com")]
    [InlineData("localhost:5000/api:v1", "docker login localhost:5000")]
    [InlineData("localhost/api:v1", "docker login localhost")]
    public void The_remedy_names_the_registry(string reference, string command)
    {
        var error = RegistryErrors.FromEngineMessage("no basic auth credentials", reference, false);

        Assert.Contains(command, error.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pro/api:v1")]
    [InlineData("nginx")]
    [InlineData("docker.io/pro/api")]
    public void Docker_Hubs_login_needs_no_name(string reference)
    {
        var action = RegistryErrors.FromEngineMessage("no basic auth credentials", reference, false).RecommendedAction;

        Assert.Contains("docker login", action, StringComparison.Ordinal);
        Assert.DoesNotContain("docker login docker.io", action, StringComparison.Ordinal);
    }

    [Fact]
    public void Signed_addresses_and_users_in_addresses_are_cut_out_of_foreign_text()
    {
        var clean = RegistryErrors.Clean(
            "Put \"https://user:pass@h.example/v2/x?_state=SIGNED&digest=1\": EOF\r\n\u001b[31mred" + new string('x', 1000));

        Assert.DoesNotContain("SIGNED", clean, StringComparison.Ordinal);
        Assert.DoesNotContain("pass", clean, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', clean);
        Assert.DoesNotContain('\n', clean);
        Assert.StartsWith("Put \"https://***@h.example/v2/x?…\": EOF", clean, StringComparison.Ordinal);
        Assert.True(clean.Length <= 501);
    }
}
