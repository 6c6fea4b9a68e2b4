using Pro.DockerVersioning.Cleaning;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Versions;
using Xunit;

namespace Pro.DockerVersioning.Tests.Cleaning;

public sealed class ServiceLocksTests
{
    private static readonly ImageReference Api = ImageReference.Parse("reg.example/pro/api");

    [Theory]
    [InlineData("container.kind_elbakyan")]
    [InlineData("compose.shop.backend")]
    [InlineData("swarm.stack_backend")]
    public void A_lock_says_its_service_by_its_repository_whatever_its_target_is_called(string target)
    {
        var held = Lock(target, "deploy api to v1.1.0") with { Service = "api", Repository = "reg.example/pro/api" };
        Assert.Equal(held, ServiceLocks.Find([held], "api", Api));
        Assert.Equal(held, ServiceLocks.Find([held], "api-of-another-name", Api));
        Assert.Equal(held, ServiceLocks.Find([held], "api", null));
        Assert.Null(ServiceLocks.Find([held], "web", ImageReference.Parse("reg.example/pro/web")));
    }

    [Fact]
    public void The_service_of_the_same_name_in_another_registry_is_another_one() =>
        Assert.Null(ServiceLocks.Find(
            [Lock("container.api", "deploy api to v1.1.0") with { Service = "api", Repository = "other.example/api" }], "api", Api));

    [Theory]
    [InlineData("container.kind_elbakyan", "roll back api to v1.2.2")]
    [InlineData("container.kind_elbakyan", "repair api")]
    [InlineData("compose.shop.api", "repair")]
    [InlineData("container.shop-api-1", "")]
    public void A_lock_that_does_not_say_it_is_known_by_its_operation_or_its_target(string target, string operation) =>
        Assert.NotNull(ServiceLocks.Find([Lock(target, operation)], "api", Api));

    [Theory]
    [InlineData("cleaning", "cleaning", "clean up images")]
    [InlineData("container", "container.kind_elbakyan", "deploy api to v1.0.0")]
    [InlineData("compose", "compose.shop.api", "deploy api to v1.0.0")]
    [InlineData("swarm", "swarm.shop_api", "roll back api to v1.0.0")]
    [InlineData("roll", "container.kind_elbakyan", "roll back api to v1.0.0")]
    [InlineData("to", "container.kind_elbakyan", "roll back api to v1.0.0")]
    [InlineData("pi", "container.api", "roll back api to v1.0.0")]
    public void The_words_around_the_name_are_no_service(string service, string target, string operation) =>
        Assert.Null(ServiceLocks.Find([Lock(target, operation)], service, ImageReference.Parse("reg.example/pro/" + service)));

    [Fact]
    public void What_a_lock_is_about_stands_in_its_volumes_labels()
    {
        var request = new LockRequest("container.kind_elbakyan", "deploy api to v1.1.0")
        {
            Service = "api",
            Repository = "reg.example/pro/api",
        };
        var read = LockInfo.Read(LockInfo.Ours(request, DateTimeOffset.UtcNow).ToLabels());
        Assert.Equal(("api", "reg.example/pro/api"), (read?.Service, read?.Repository));
    }

    private static LockInfo Lock(string target, string operation) =>
        LockInfo.Ours(new LockRequest(target, operation), DateTimeOffset.UtcNow);
}
