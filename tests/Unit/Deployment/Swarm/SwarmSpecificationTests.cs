using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Swarm;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Versions;
using Pro.DockerVersioning.Tests.Deployment.Locking;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

[Collection(nameof(RealSwarm))]
[Trait("Engine", "real")]
public sealed class SwarmSpecificationTests(SwarmEngine swarm)
{
    private const int Limit = 240_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task Nothing_of_the_specification_is_lost()
    {
        var name = "pro-test-" + Guid.NewGuid().ToString("N")[..8];
        var secret = (await PostAsync("secrets/create", new JsonObject { ["Name"] = name, ["Data"] = "cw==" }))["ID"]!.ToString();
        var config = (await PostAsync("configs/create", new JsonObject { ["Name"] = name, ["Data"] = "cw==" }))["ID"]!.ToString();
        var network = (await PostAsync("networks/create", new JsonObject { ["Name"] = name, ["Driver"] = "overlay" }))["Id"]!.ToString();
        try
        {
            await using var service = await TestService.CreateAsync(swarm, replicas: 1, configure: spec =>
            {
                foreach (var (key, value) in Everything(secret, config, network, name))
                {
                    spec[key] = value!.DeepClone();
                }

                spec["TaskTemplate"]!["ContainerSpec"]!["Image"] = Pinned;
            });
            var before = await service.StateAsync();
            Assert.Equal(2, before.Spec["TaskTemplate"]!["ContainerSpec"]!["Env"]!.AsArray().Count);

            var result = await service.UpdateAsync("v2.0.0", new SwarmUpdateOptions { FailureAction = SwarmFailureAction.Rollback });

            Assert.Equal(ProDeploymentOutcome.Succeeded, result.Outcome);
            var expected = (JsonObject)before.Spec.DeepClone();
            expected["TaskTemplate"]!["ContainerSpec"]!["Image"] = await TestService.PinnedAsync(swarm, "v2.0.0");
            expected["UpdateConfig"]!["FailureAction"] = "rollback";
            SwarmUpdateTests.AssertSame(expected, (await service.StateAsync()).Spec);
        }
        finally
        {
            await UntilRemovedAsync($"networks/{network}");
            await UntilRemovedAsync($"secrets/{secret}");
            await UntilRemovedAsync($"configs/{config}");
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_service_that_changed_since_it_was_read_is_read_again_and_the_change_kept()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 0);
        var stale = await service.StateAsync();
        await ChangeAsync(service, spec => spec["Labels"] = new JsonObject { ["somebody"] = "else" });
        var steps = new SwarmUpdateSender(swarm.Api, stale.Id, registryAuth: null);
        steps.Ours.Add(stale.Image!);
        var target = await TestService.PinnedAsync(swarm, "v2.0.0");

        await steps.SendAsync(stale, _ => new SwarmChange(target, 0, null, null), target, Token);

        var state = await service.StateAsync();
        Assert.Equal(target, state.Image);
        Assert.Equal("else", state.Labels["somebody"]);
    }

    [Fact(Timeout = Limit)]
    public async Task A_service_that_somebody_else_updates_is_left_to_them()
    {
        await using var service = await TestService.CreateAsync(swarm, replicas: 2);
        var other = await TestService.PinnedAsync(swarm, "v5.0.0-moody");

        var error = await Assert.ThrowsAsync<ProException>(() => service.UpdateAsync("v2.0.0", new SwarmUpdateOptions
        {
            Canary = 1,
            ApproveCanary = async _ =>
            {
                await ChangeAsync(service, spec => spec["TaskTemplate"]!["ContainerSpec"]!["Image"] = other);
                return true;
            },
        }));

        Assert.Equal("SwarmUpdateSuperseded", error.Id);
        Assert.Equal(other, (await service.StateAsync()).Image);
    }

    [Fact(Timeout = Limit)]
    public async Task An_image_without_a_digest_is_deployed_on_a_swarm_of_one_with_a_warning_and_again_when_its_tag_has_moved()
    {
        var image = "pro-test/" + Guid.NewGuid().ToString("N")[..8];
        await swarm.BuildAsync($"{image}:v1.0.0", "CMD [\"/bin/busybox\",\"httpd\",\"-f\"]", Token);
        await swarm.BuildAsync($"{image}:v2.0.0", "CMD [\"/bin/busybox\",\"httpd\",\"-f\",\"-p\",\"81\"]", Token);
        await using var service = await TestService.CreateAsync(swarm, replicas: 1, image: $"{image}:v1.0.0");

        var result = await service.UpdateAsync($"{image}:v2.0.0", new SwarmUpdateOptions());

        Assert.Equal((ProDeploymentOutcome.Succeeded, (string?)null), (result.Outcome, result.Digest));
        Assert.Contains(service.Warnings, warning => warning.Contains("has no digest", StringComparison.Ordinal));
        Assert.Equal($"{image}:v2.0.0", (await service.StateAsync()).Image);
        Assert.Equal(ProDeploymentOutcome.NothingToDo, (await service.UpdateAsync($"{image}:v2.0.0", new SwarmUpdateOptions())).Outcome);

        var ran = (await swarm.Engine.Client.Images.InspectImageAsync($"{image}:v2.0.0", Token)).ID;
        await swarm.BuildAsync($"{image}:v2.0.0", "CMD [\"/bin/busybox\",\"sh\",\"-c\",\"exit 5\"]", Token);
        var moved = await service.UpdateAsync($"{image}:v2.0.0", new SwarmUpdateOptions());

        // The same text meant another image, which failed; the way back is the image that ran, whatever its name means now.
        Assert.Equal(ProDeploymentOutcome.RestoredPrevious, moved.Outcome);
        var task = (await service.LookAsync()).Tasks.Single(task => task.IsRunning);
        Assert.Equal(ran, (await swarm.Engine.Client.Containers.InspectContainerAsync(task.ContainerId!, Token)).Image);
    }

    [Fact(Timeout = Limit)]
    public async Task Services_are_found_by_their_repository_with_version()
    {
        await using var pinned = await TestService.CreateAsync(swarm, replicas: 0);
        await using var byDigest = await TestService.CreateAsync(
            swarm, replicas: 0, image: $"{SwarmEngine.Repository}@{Pinned.Split('@')[1]}");
        await using var other = await TestService.CreateAsync(swarm, replicas: 0, image: $"{SwarmEngine.Repository}-other:v1.0.0");

        var found = (await SwarmServices.FindAsync(swarm.Connection, ImageReference.Parse(SwarmEngine.Repository), Token))
            .ToDictionary(service => service.Name);

        Assert.Equal("v1.0.0", found[pinned.Name].Version?.ToString());
        Assert.Equal("v1.0.0", found[byDigest.Name].Version?.ToString());
        Assert.DoesNotContain(other.Name, found.Keys);
    }

    [Fact(Timeout = Limit)]
    public async Task A_digest_comes_from_the_engine_or_from_the_registry_or_is_null()
    {
        var reference = ImageReference.Parse($"{SwarmEngine.Repository}:v6.0.0");
        await swarm.PublishAsync("v6.0.0", "CMD [\"x\"]", Token);
        var known = await SwarmDigests.ResolveDigestAsync(swarm.Connection, reference, null, Token);
        await swarm.Engine.Client.Images.DeleteImageAsync(reference.ToString(), new ImageDeleteParameters(), Token);
        var asked = await SwarmDigests.ResolveDigestAsync(swarm.Connection, reference, null, Token);
        var none = await SwarmDigests.ResolveDigestAsync(swarm.Connection, reference.WithTag("v6.0.1"), null, Token);

        Assert.StartsWith("sha256:", known, StringComparison.Ordinal);
        Assert.Equal(known, asked);
        Assert.Null(none);
    }

    [Fact(Timeout = Limit)]
    public async Task An_engine_outside_a_swarm_says_that_it_is_no_manager()
    {
        await using var real = await RealEngine.StartAsync();
        var machine = real.Connection;
        var info = await machine.CallAsync(client => client.System.GetSystemInfoAsync(Token));
        Assert.SkipWhen(info.Swarm?.ControlAvailable == true, "This machine's engine is a swarm manager.");

        var error = await Assert.ThrowsAsync<ProException>(() => new SwarmApi(machine).GetServiceAsync("api", Token));

        Assert.Equal("SwarmNotAManager", error.Id);
    }

    private string Pinned => field ??= TestService.PinnedAsync(swarm, "v1.0.0").GetAwaiter().GetResult();

    private static JsonObject Everything(string secret, string config, string network, string name) => (JsonObject)JsonNode.Parse($$$"""
        {
          "Labels": { "team": "shop", "com.docker.stack.namespace": "shop" },
          "TaskTemplate": {
            "ContainerSpec": {
              "Image": "x", "Labels": { "a": "b" }, "Command": ["/bin/busybox", "httpd"], "Args": ["-f"], "Hostname": "web-{{.Task.Slot}}",
              "Env": ["A=1", "中文=值 \"quoted\" <&>"], "Dir": "/bin", "User": "0:0", "Groups": ["10"], "Init": true, "StopSignal": "SIGKILL",
              "TTY": true, "OpenStdin": true, "ReadOnly": true, "StopGracePeriod": 1500000001,
              "Privileges": { "NoNewPrivileges": false, "SELinuxContext": { "Disable": true } },
              "Mounts": [
                { "Type": "tmpfs", "Target": "/t", "TmpfsOptions": { "SizeBytes": 1048576, "Mode": 448 } },
                { "Type": "bind", "Source": "/usr", "Target": "/b", "ReadOnly": true, "BindOptions": { "Propagation": "rprivate" } },
                { "Type": "volume", "Source": "{{{name}}}", "Target": "/v",
                    "VolumeOptions": { "NoCopy": true, "Labels": { "x": "y" }, "DriverConfig": { "Name": "local" } } }
              ],
              "Healthcheck": { "Test": ["CMD", "/bin/busybox", "true"],
                  "Interval": 1000000000, "Timeout": 2000000000, "StartPeriod": 3000000000, "Retries": 4 },
              "Hosts": ["10.1.2.3 db database"],
                  "DNSConfig": { "Nameservers": ["10.9.9.9"], "Search": ["example.com"], "Options": ["ndots:2"] },
              "Secrets": [{ "SecretID": "{{{secret}}}", "SecretName": "{{{name}}}",
                  "File": { "Name": "s", "UID": "1", "GID": "2", "Mode": 256 } }],
              "Configs": [{ "ConfigID": "{{{config}}}", "ConfigName": "{{{name}}}",
                  "File": { "Name": "/c", "UID": "1", "GID": "2", "Mode": 292 } }],
              "Sysctls": { "net.ipv4.ip_unprivileged_port_start": "0" },
                  "CapabilityAdd": ["CAP_NET_ADMIN"], "CapabilityDrop": ["CAP_MKNOD"],
              "Ulimits": [{ "Name": "nofile", "Soft": 1024, "Hard": 2048 }]
            },
            "Resources": { "Limits": { "NanoCPUs": 500000000, "MemoryBytes": 67108864, "Pids": 50 },
                "Reservations": { "NanoCPUs": 1000000, "MemoryBytes": 8388608 } },
            "RestartPolicy": { "Condition": "on-failure", "Delay": 100000000, "MaxAttempts": 3, "Window": 5000000000 },
            "Placement": { "Constraints": ["node.role==manager"],
                "Preferences": [{ "Spread": { "SpreadDescriptor": "node.labels.zone" } }], "MaxReplicas": 2 },
            "Networks": [{ "Target": "{{{network}}}", "Aliases": ["web"], "DriverOpts": { "x": "y" } }],
            "LogDriver": { "Name": "json-file", "Options": { "max-size": "1m" } }
          },
          "UpdateConfig": { "Parallelism": 2, "Delay": 1000001, "FailureAction": "pause", "Monitor": 1000000003,
              "MaxFailureRatio": 0.25, "Order": "stop-first" },
          "RollbackConfig": { "Parallelism": 3, "Delay": 5, "FailureAction": "continue", "Monitor": 7,
              "MaxFailureRatio": 0.5, "Order": "start-first" },
          "EndpointSpec": { "Mode": "dnsrr",
              "Ports": [{ "Name": "http", "Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8099, "PublishMode": "host" }] }
        }
        """)!;

    private async Task<JsonNode> PostAsync(string path, JsonObject body) =>
        (await swarm.Connection.Http.AskAsync(HttpMethod.Post, path, body, null, Token))!;

    private async Task ChangeAsync(TestService service, Action<JsonObject> change)
    {
        while (true)
        {
            var state = await service.StateAsync();
            var spec = (JsonObject)state.Spec.DeepClone();
            change(spec);
            if (await swarm.Api.TryUpdateAsync(state, spec, registryAuth: null))
            {
                return;
            }
        }
    }

    /// <summary>The last task may still hold it for a moment.</summary>
    private async Task UntilRemovedAsync(string path)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await swarm.Connection.Http.AskAsync(HttpMethod.Delete, path, null, null, CancellationToken.None);
                return;
            }
            catch (ProException) when (attempt < 100)
            {
                await Task.Delay(100, CancellationToken.None);
            }
        }
    }
}
