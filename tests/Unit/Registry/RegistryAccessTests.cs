using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Tests.Configuration;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Registry;

public sealed class RegistryAccessTests
{
    [Fact(Timeout = 60_000)]
    public async Task A_deployment_asks_registries_that_the_engine_trusts_by_their_network_and_by_the_sessions_proxy()
    {
        await using var proxy = ScriptedHttpServer.Start(request => request.Method == "CONNECT"
            ? ScriptedResponse.Empty(405)
            : ScriptedResponse.Json("""{"name":"pro/api","tags":["v1.0.0","v1.2.0","latest"]}"""));
        await using var server = ScriptedHttpServer.Start(_ =>
            ScriptedResponse.Json("""{"RegistryConfig":{"InsecureRegistryCIDRs":["10.0.0.0/8"],"IndexConfigs":{}}}"""));
        using var engine = EngineConnection.Open(new EngineEndpoint { Address = new Uri(server.Url), Source = "the test" });
        var reports = new Collected();
        var supply = new ImageSupply(engine, name => name is "HTTP_PROXY" or "HTTPS_PROXY" ? $"http://{proxy.Host}" : null, reports);

        var newest = await supply.NewestAtRegistryAsync(
            ImageReference.Parse("10.1.2.3:5000/pro/api"), TestContext.Current.CancellationToken);

        Assert.Empty(reports.Warnings);
        Assert.Equal("v1.2.0", newest?.ToString());
    }
}
