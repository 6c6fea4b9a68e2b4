using System.Text.Json.Nodes;
using Pro.DockerVersioning.Deployment.Container.Recipe;
using Pro.DockerVersioning.Deployment.Container.Swap;
using Pro.DockerVersioning.Engine.Api;
using Pro.DockerVersioning.Errors;
using Pro.DockerVersioning.Tests.Deployment.Container;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Compose;

[Trait("Engine", "real")]
[Collection(nameof(RealContainers))]
public sealed class UpRestoreTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    public async Task A_paused_container_comes_back_paused_also_where_a_call_fails_once(int? failing)
    {
        await using var engine = await TestEngine.StartAsync();
        _ = await engine.ImageAsync("old", JsonNode.Parse("""{ "Cmd": [ "sleep", "501" ], "StopSignal": "SIGKILL" }""")!.AsObject());
        var id = await engine.CreateAsync("web", JsonNode.Parse($$"""{ "Image": "{{engine.Prefix}}:old" }""")!.AsObject());
        await engine.StartContainerAsync(id);
        _ = await engine.Http.PostAsync($"containers/{id}/pause", null, Cancel);
        var old = new ContainerView(await engine.InspectAsync(id));
        var image = await engine.InspectImageAsync(old.ImageId);
        var name = engine.Prefix + "-web";
        var info = new OperationInfo { Target = engine.Prefix, Nonce = engine.Prefix, To = "x", IsComposeUp = true };
        var record = new OperationRecord(info, [new SwapState(old, ContainerRecipe.From(old, image)).Saved], null);
        await engine.RemoveAsync(id);

        await using (var faulty = new FaultyEngine(engine.Engine.Endpoint, Fault.Refused, failing ?? int.MaxValue))
        {
            Assert.False(await new OperationRepair(faulty.Engine)
                .RestoreUnlessVerifiedAsync(record, new InvalidOperationException("sick")));
            Assert.Equal(failing is not null, faulty.Failed is not null);
        }

        Assert.Equal("paused", (await engine.InspectAsync(name))["State"]!["Status"]!.GetValue<string>());
        _ = await engine.Http.PostAsync($"containers/{name}/unpause", null, Cancel);
    }

    [Fact]
    public void A_restore_that_fails_names_the_containers_and_not_what_up_never_makes()
    {
        var error = ContainerErrors.RestoreFailed(
            ["shop_api_1", "shop_api_2"], "it is sick.", ContainerErrors.OldImageGone("shop_api_1", "shop/api:v1", "sha256:1"));
        Assert.Equal("RestoreFailed", error.Id);
        Assert.Contains("shop_api_1, shop_api_2", error.RecommendedAction, StringComparison.Ordinal);
        Assert.DoesNotContain("pro-prev", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_interrupts_a_change_becomes_an_error_that_says_so_and_a_stop_none()
    {
        var fault = new HttpRequestException("the connection broke");
        var error = DeploymentErrors.Of(fault, "shop/api")!;
        Assert.Equal("DeploymentInterrupted", error.Id);
        Assert.Same(fault, error.InnerException);
        Assert.Contains("the connection broke", error.Message, StringComparison.Ordinal);
        Assert.Same(error, DeploymentErrors.Of(error, "shop/api"));
        Assert.Null(DeploymentErrors.Of(new TaskCanceledException(), "shop/api"));
    }
}
