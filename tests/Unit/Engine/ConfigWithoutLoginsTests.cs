using System.Text.Json.Nodes;
using Pro.DockerVersioning.Engine;
using Xunit;

namespace Pro.DockerVersioning.Tests.Engine;

public sealed class ConfigWithoutLoginsTests
{
    [Fact]
    public void It_has_the_plugins_and_the_headers_that_the_engine_may_see_and_no_login()
    {
        using var folder = new Configuration.TemporaryFolder();
        folder.Write(
            "config.json",
            """
            {
              "auths": { "reg.example": { "auth": "bWU6cw==" } }, "credsStore": "desktop", "credHelpers": { "b.example": "x" },
              "HttpHeaders": { "X-Mine": "s" }, "cliPluginsExtraDirs": [ "/opt/plugins" ]
            }
            """);
        string? Read(string name) => name == "DOCKER_CONFIG" ? folder.Path : null;
        var endpoint = EngineEndpoint.Resolve(Read);
        string file;
        using (var config = new ConfigWithoutLogins(endpoint, Read))
        {
            var variables = config.Endpoint.ChildEnvironment;
            Assert.Null(variables["DOCKER_AUTH_CONFIG"]);
            Assert.False(variables.ContainsKey("DOCKER_HOST"));
            file = Path.Combine(variables["DOCKER_CONFIG"]!, "config.json");
            var text = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            Assert.Equal(["HttpHeaders", "cliPluginsExtraDirs"], text.Select(one => one.Key).Order(StringComparer.Ordinal));
            Assert.Equal("s", text["HttpHeaders"]!["X-Mine"]!.ToString());
            Assert.Equal(
                ["/opt/plugins", Path.Combine(folder.Path, "cli-plugins")], text["cliPluginsExtraDirs"]!.AsArray()
                    .Select(one => one!.ToString()));
        }

        Assert.False(File.Exists(file));
    }

    /// <summary>The contexts are in the user's folder, which the child no longer knows.</summary>
    [Fact]
    public void The_engine_of_a_context_is_named_by_its_address_and_certificates()
    {
        var endpoint = new EngineEndpoint
        {
            Address = new Uri("tcp://prod.example:2376"),
            Source = "the context 'prod'",
            IsOfContext = true,
            UsesTls = true,
            CertificateFolder = "/certificates",
            ChildEnvironment = new Dictionary<string, string?> { ["DOCKER_HOST"] = null, ["DOCKER_CONTEXT"] = "prod" },
        };
        using var config = new ConfigWithoutLogins(endpoint, static _ => null);
        var variables = config.Endpoint.ChildEnvironment;
        Assert.Equal(
            ("tcp://prod.example:2376", null, "1", "/certificates"),
            (variables["DOCKER_HOST"], variables["DOCKER_CONTEXT"], variables["DOCKER_TLS_VERIFY"], variables["DOCKER_CERT_PATH"]));
    }
}
