using System.Diagnostics;
using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

/// <summary>
/// What a client of the service sees. It asks inside the swarm's network and finds the tasks by the service's name, as a proxy does: the
/// kernel of a test machine may have no IPVS, without which no virtual address and no published port works.
/// </summary>
[Collection(nameof(RealSwarm))]
[Trait("Engine", "real")]
[Trait("Run", "all")] // The cmdlet does the same with two thousand requests.
public sealed class SwarmRequestsTests(SwarmEngine swarm)
{
    // A task that was told to stop goes on for its grace period (the first process of a container ignores a signal without a handler),
    // so that requests on their way are answered.
    private const string Web = "STOPSIGNAL SIGTERM\n" +
        "HEALTHCHECK --interval=500ms --timeout=20s CMD " +
        "[\"/bin/busybox\",\"wget\",\"-q\",\"-O\",\"/dev/null\",\"http://127.0.0.1:8080/busybox\"]\n" +
        "CMD [\"/bin/busybox\",\"httpd\",\"-f\",\"-p\",\"8080\",\"-h\",\"/bin\"]";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task No_request_fails_while_a_service_is_updated_start_first()
    {
        await swarm.PublishAsync("v7.0.0-web", Web, Token);
        await swarm.PublishAsync("v7.1.0-web", $"ENV NEW=1\n{Web}", Token);
        var network = "pro-test-" + Guid.NewGuid().ToString("N")[..8];
        await swarm.Connection.Http.AskAsync(
            HttpMethod.Post, "networks/create",
                new JsonObject { ["Name"] = network, ["Driver"] = "overlay", ["Attachable"] = true }, null, Token);
        await using var service = await TestService.CreateAsync(swarm,
            image: await TestService.PinnedAsync(swarm, "v7.0.0-web"), configure: spec =>
        {
            spec["TaskTemplate"]!["Networks"] = new JsonArray(new JsonObject { ["Target"] = network });
            spec["TaskTemplate"]!["ContainerSpec"]!["StopGracePeriod"] = 2_000_000_000L;
            spec["EndpointSpec"] = new JsonObject { ["Mode"] = "dnsrr" };
        });
        await using var client = await Asking.StartAsync(swarm, network, service.Name);
        var asked = await client.UntilAsync(20);

        var result = await service.UpdateAsync("v7.1.0-web", new SwarmUpdateOptions { Order = UpdateOrder.StartFirst });

        Assert.Equal(ProDeploymentOutcome.Succeeded, result.Outcome);
        var (requests, failed) = await client.UntilAsync(asked.Requests + 100);
        Assert.True(failed == 0, $"{failed} of {requests} requests failed");
    }

    /// <summary>A container that asks all the time, and counts.</summary>
    private sealed class Asking(SwarmEngine swarm, string id, DirectoryInfo folder) : IAsyncDisposable
    {
        // No -T: a static busybox may crash on it.
        private const string Script = "i=0; f=0; while :; do busybox wget -q -O /dev/null http://$0:8080/busybox || f=$((f+1)); " +
            "i=$((i+1)); echo $i $f > /out/next; busybox mv /out/next /out/count; done";

        public static async Task<Asking> StartAsync(SwarmEngine swarm, string network, string service)
        {
            var folder = Directory.CreateTempSubdirectory("pro-asking-");
            var created = await swarm.Engine.Client.Containers.CreateContainerAsync(
                new CreateContainerParameters
                {
                    Image = $"{SwarmEngine.Repository}:v1.0.0",
                    Cmd = ["/bin/busybox", "sh", "-c", Script, service],
                    HostConfig = new HostConfig { NetworkMode = network, Binds = [$"{folder.FullName}:/out"] },
                },
                Token);
            await swarm.Engine.Client.Containers.StartContainerAsync(created.ID, new ContainerStartParameters(), Token);
            return new Asking(swarm, created.ID, folder);
        }

        public async Task<(int Requests, int Failed)> UntilAsync(int requests)
        {
            var since = Stopwatch.GetTimestamp();
            while (true)
            {
                var file = Path.Combine(folder.FullName, "count");
                var counts = File.Exists(file) ? (await File.ReadAllTextAsync(file, Token)).Split(' ').Select(int.Parse).ToArray() : [0, 0];
                if (counts[0] >= requests)
                {
                    return (counts[0], counts[1]);
                }

                Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromMinutes(1), $"Only {counts[0]} requests.");
                await Task.Delay(50, Token);
            }
        }

        public async ValueTask DisposeAsync()
        {
            await swarm.Engine.Client.Containers.RemoveContainerAsync(id,
                new ContainerRemoveParameters { Force = true }, CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }
}
