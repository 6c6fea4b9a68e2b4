using System.Net;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Registry;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

/// <summary>Which registries are spoken to by a proxy, and which without TLS: as the engine does it.</summary>
public sealed class EnvironmentProxyTests
{
    [Theory]
    [InlineData("", "https://registry.test/", true)]
    [InlineData("*", "https://registry.test/", false)]
    [InlineData("other.test,*", "https://registry.test/", false)]
    [InlineData("10.0.0.0/8", "https://10.1.2.3:5000/", false)]
    [InlineData("10.1.0.0/8", "https://10.200.2.3/", false)]
    [InlineData("10.0.0.0/8", "https://11.1.2.3/", true)]
    [InlineData("10.0.0.0/8", "https://registry.test/", true)]
    [InlineData("fd00::/8", "https://[fd12::1]:5000/", false)]
    [InlineData("fd00::/8", "https://[fe80::1]/", true)]
    [InlineData("10.1.2.3", "https://10.1.2.3/", false)]
    [InlineData("10.1.2.3:5000", "https://10.1.2.3:5000/", false)]
    [InlineData("10.1.2.3:5000", "https://10.1.2.3:5001/", true)]
    [InlineData("[fd12::1]:5000", "https://[fd12::1]:5000/", false)]
    [InlineData("fd12::1", "https://[fd12::1]/", false)]
    [InlineData("registry.test:5000", "https://registry.test:5000/", false)]
    [InlineData("registry.test:5000", "https://registry.test/", true)]
    [InlineData("registry.test:443", "https://registry.test/", false)]
    [InlineData("registry.test:80", "http://registry.test/", false)]
    [InlineData("registry.test", "https://registry.test:5000/", false)]
    [InlineData("registry.test", "https://sub.registry.test/", false)]
    [InlineData("registry.test", "https://myregistry.test/", true)]
    [InlineData(".registry.test", "https://sub.registry.test/", false)]
    [InlineData(".registry.test", "https://registry.test/", true)]
    [InlineData("*.registry.test", "https://a.sub.registry.test/", false)]
    [InlineData("*.registry.test", "https://registry.test/", true)]
    [InlineData("*.registry.test:5000", "https://sub.registry.test:5000/", false)]
    [InlineData("*.registry.test:5000", "https://sub.registry.test/", true)]
    [InlineData(" Other.Test , REGISTRY.TEST ,", "https://registry.test/", false)]
    [InlineData("", "http://127.0.0.2:5000/", false)]
    [InlineData("", "http://localhost:5000/", false)]
    [InlineData(",,:5000,", "https://registry.test:5000/", true)]
    public void NO_PROXY_is_read_as_Docker_reads_it(string exceptions, string address, bool byProxy)
    {
        var proxy = Proxy(("HTTPS_PROXY", "http://proxy.test:3128"), ("HTTP_PROXY", "http://proxy.test:3128"), ("NO_PROXY", exceptions));
        Assert.Equal(byProxy ? new Uri("http://proxy.test:3128") : null, proxy.GetProxy(new Uri(address)));
        Assert.Equal(!byProxy, proxy.IsBypassed(new Uri(address)));
        Assert.Equal(byProxy ? "http://proxy.test:3128" : null, proxy.NameFor(new Uri(address)));
    }

    [Fact]
    public void The_scheme_of_the_address_chooses_the_variable_and_a_login_is_the_proxys_alone()
    {
        var proxy = Proxy(("https_proxy", "anna:p%40ss@secure.test:3128"), ("http_proxy", "plain.test:8080"));
        Assert.Equal("http://secure.test:3128", proxy.NameFor(new Uri("https://registry.test/")));
        Assert.Equal("http://plain.test:8080", proxy.NameFor(new Uri("http://registry.test/")));
        var login = proxy.GetCredential(new Uri("http://secure.test:3128/"), "Basic");
        Assert.Equal(("anna", "p@ss"), (login?.UserName, login?.Password));
        Assert.Null(proxy.GetCredential(new Uri("http://plain.test:8080/"), "Basic"));
    }

    [Fact]
    public void Where_no_variable_names_a_proxy_the_systems_holds_but_for_the_exceptions()
    {
        var system = new WebProxy("http://system.test:1");
        var proxy = new EnvironmentProxy(name => name == "NO_PROXY" ? "10.0.0.0/8" : null, system);
        Assert.Equal("http://system.test:1", proxy.NameFor(new Uri("https://registry.test/")));
        Assert.Null(proxy.NameFor(new Uri("https://10.1.2.3/")));
        Assert.Null(new EnvironmentProxy(_ => null, null).NameFor(new Uri("https://registry.test/")));
    }

    [Theory]
    [InlineData("plain.test:5000", true)]
    [InlineData("docker.io", false)]
    [InlineData("10.1.2.3:5000", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("inside.test:5000", true)]
    [InlineData("inside.test", true)]
    [InlineData("outside.test", false)]
    [InlineData("unknown.test", false)]
    [InlineData("[fd12::1]:5000", true)]
    [InlineData("named.test", false)]
    public void A_registry_is_insecure_by_its_name_or_by_its_network(string host, bool isInsecure)
    {
        var info = (JsonObject)JsonNode.Parse("""
            {"RegistryConfig":{
              "InsecureRegistryCIDRs":["127.0.0.0/8","10.0.0.0/8","fd00::/8"],
              "IndexConfigs":{"docker.io":{"Secure":true},"plain.test:5000":{"Secure":false},"named.test":{"Secure":true}}}}
            """)!;
        var insecure = InsecureRegistries.Of(info, name => name switch
        {
            "inside.test" or "named.test" => [IPAddress.Parse("192.168.1.1"), IPAddress.Parse("10.9.9.9")],
            "outside.test" => [IPAddress.Parse("192.168.1.1")],
            _ => throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound),
        });
        Assert.Equal(isInsecure, insecure.Contains(host));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"RegistryConfig":null}""")]
    [InlineData("""{"RegistryConfig":{"InsecureRegistryCIDRs":null,"IndexConfigs":null}}""")]
    public void An_engine_that_says_nothing_of_registries_trusts_none(string info) =>
        Assert.False(InsecureRegistries.Of((JsonObject)JsonNode.Parse(info)!).Contains("10.1.2.3"));

    private static EnvironmentProxy Proxy(params (string Name, string Value)[] variables) =>
        new(name => variables.FirstOrDefault(variable => variable.Name == name).Value, null);
}
