using Pro.DockerVersioning.Configuration;

namespace Pro.DockerVersioning.Tests.Simulation;

/// <summary>The flows of a container, each with what is around it.</summary>
internal static class Scenes
{
    public static readonly ShopScene[] All =
    [
        new("stop-first, alone"),
        new("stop-first, with peers") { HasPeers = true },
        new("stop-first, three networks") { Networks = ["app", "back", "cache"], HasPeers = true },
        new("stop-first, no check") { HasHealthCheck = false },
        new("stop-first, unhealthy version") { NewIsWell = false },
        new("stop-first, version that ends") { NewIsWell = false, HasHealthCheck = false },
        new("start-first, alone") { Order = UpdateOrder.StartFirst },
        new("start-first, with peers") { Order = UpdateOrder.StartFirst, HasPeers = true },
        new("start-first, three networks") { Order = UpdateOrder.StartFirst, Networks = ["app", "back", "cache"], HasPeers = true },
        new("start-first, unhealthy version") { Order = UpdateOrder.StartFirst, NewIsWell = false },
        new("warm swap, default bridge") { Order = UpdateOrder.StartFirst, Networks = ["bridge"], IsPublished = true },
        new("warm swap, own network") { Order = UpdateOrder.StartFirst, IsPublished = true },
        new("warm swap, three networks")
        {
            Order = UpdateOrder.StartFirst,
            IsPublished = true,
            Networks = ["app", "back", "cache"],
            HasPeers = true,
        },
        new("warm swap, unhealthy version") { Order = UpdateOrder.StartFirst, IsPublished = true, NewIsWell = false },
        new("stop-first, published") { IsPublished = true },
        new("stop-first, not running") { RunsAtFirst = false },
        new("stop-first, named like the beginning of another one's id") { Name = "cafe" },
    ];
}
