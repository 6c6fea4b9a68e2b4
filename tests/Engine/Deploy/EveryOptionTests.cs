using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>A container with all that <c>docker run</c> can say at once, replaced by the cmdlet, and compared field by field.</summary>
public sealed class EveryOptionTests : DeployTest
{
    private const string Sysctls = "com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=1";

    private readonly string _folder = Directory.CreateTempSubdirectory("pro-every-").FullName;

    private string Second => Network + "-b";

    private string Volume => $"pro-test-{Port}-data";

    protected override void Dispose(bool disposing)
    {
        var volumes = Volumes(ContainerName).Concat(Volumes(Peer)).Append(Volume).Distinct().ToList();
        Clear();
        _ = TestEngine.Call(HttpMethod.Delete, $"/containers/{Peer}?force=true");
        foreach (var volume in volumes)
        {
            _ = TestEngine.Call(HttpMethod.Delete, "/volumes/" + volume);
        }

        _ = TestEngine.Call(HttpMethod.Delete, "/networks/" + Second);
        Directory.Delete(_folder, recursive: true);
        base.Dispose(disposing);
    }

    [Theory]
    [InlineData("StopFirst", true)]
    [InlineData("StopFirst", false)]
    [InlineData("StartFirst", false)]
    [InlineData("StartFirst", true)]
    public void All_that_docker_run_was_told_is_there_after_a_swap(string order, bool isPublished)
    {
        IsPublished = isPublished;
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        Prepare();
        var isBeside = order == "StartFirst";
        var isNew = Version.Parse(TestEngine.Call(HttpMethod.Get, "/version")!["ApiVersion"]!.ToString()) >= new Version(1, 48);
        _ = DockerClient.Run(null, [
            "run", "--detach", "--name", ContainerName, .. Everywhere(), .. isNew ? Newer() : ["--network", Network],
            .. isPublished ? ["--publish", $"127.0.0.1:{Port}:8080", "--publish", $"127.0.0.1:{Port}:8081/udp"] : Array.Empty<string>(),
            .. isBeside ? Array.Empty<string>() : Fixed(isNew),
            $"{Registry}/api:v1.0.0"]);
        var before = Container();

        var result = One($"Deploy-ProService api v1.1.0 -Order {order} -Confirm:$false");

        Assert.Equal($"Succeeded {(isBeside ? "start-first" : "stop-first")}", $"{Text(result, "Outcome")} {Text(result, "Order")}");
        var after = Container();
        Assert.NotEqual(before["Image"]!.ToString(), after["Image"]!.ToString());
        Assert.Empty(Inspections.Differences(before, after, isBeside));
        Assert.Equal(Volumes(before), Volumes(after));
        NothingLeft();
    }

    /// <summary>The client copies its credentials in before the start, and no inspection shows them.</summary>
    [Theory]
    [InlineData("StopFirst")]
    [InlineData("StartFirst")]
    public void The_credentials_of_use_api_socket_go_along(string order)
    {
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        const string Credentials = "/run/secrets/docker/config.json";
        _ = Directory.CreateDirectory(Path.Combine(_folder, "run/secrets/docker"));
        var file = Path.Combine(_folder, "run/secrets/docker/config.json");
        File.WriteAllText(file, """{"auths":{}}""");
        _ = DockerClient.Run(null, "create", "--name", ContainerName, "--env", "DOCKER_CONFIG=/run/secrets/docker",
            "--publish", $"127.0.0.1:{Port}:8080", $"{Registry}/api:v1.0.0");
        _ = DockerClient.Run(null, "cp", Path.Combine(_folder, "run"), ContainerName + ":/");
        _ = DockerClient.Run(null, "start", ContainerName);
        Assert.Equal("v1.0.0", Answer());

        Assert.Equal("Succeeded", Text(One($"Deploy-ProService api v1.1.0 -Order {order} -Confirm:$false"), "Outcome"));

        Assert.Equal("v1.1.0", Answer());
        Assert.Equal("""{"auths":{}}""", DockerClient.Run(null, "exec", ContainerName, "cat", Credentials));
    }

    /// <summary>By <c>--link</c> a process has its peer's address and ports as variables, at its start.</summary>
    [Fact]
    public void The_variables_and_hosts_of_a_link_are_there_when_the_new_one_starts()
    {
        const string Look = "env >/srv/env; cp /etc/hosts /srv/hosts; touch /srv/health";
        _ = Make("v1.0.0", health: Look);
        _ = Make("v1.1.0", health: Look);
        _ = DockerClient.Run(
            null, "run", "--detach", "--name", Peer, "--expose", "5432", "--stop-signal", "SIGKILL", Base, "sleep", "9999");
        _ = DockerClient.Run(
            null, "run", "--detach", "--name", ContainerName, "--link", Peer + ":db",
            "--publish", $"127.0.0.1:{Port}:8080", $"{Registry}/api:v1.0.0");
        Assert.Equal("v1.0.0", Answer());
        var before = Seen();
        Assert.Contains(before, line => line.StartsWith("DB_PORT_5432_TCP_ADDR=", StringComparison.Ordinal));
        Assert.Contains(before, line => line.Contains("\tdb ", StringComparison.Ordinal));

        var result = One("Deploy-ProService api v1.1.0 -Confirm:$false");

        Assert.Equal("Succeeded stop-first", $"{Text(result, "Outcome")} {Text(result, "Order")}");
        Assert.Equal(before, Seen());
        _ = Container(Peer);

        // Of the hosts those of the link; its own address may be another one.
        string[] Seen() =>
        [
            .. DockerClient.Run(null, "exec", ContainerName, "cat", "/srv/env", "/srv/hosts").Split('\n')
                .Where(line => line.StartsWith("DB_", StringComparison.Ordinal) || line.Contains("\tdb ", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Each network has its own; an engine takes both at the creation only.</summary>
    [Fact]
    public void Each_network_keeps_its_MAC_address()
    {
        var version = TestEngine.Call(HttpMethod.Get, "/version")!["ApiVersion"]!.ToString();
        Assert.SkipUnless(Version.Parse(version) >= new Version(1, 44), "Before API 1.44 a container has one MAC address.");
        _ = Make("v1.0.0");
        _ = Make("v1.1.0");
        _ = Make("v1.2.0", health: "");
        Prepare();
        _ = DockerClient.Run(
            null, "run", "--detach", "--name", ContainerName, "--publish", $"127.0.0.1:{Port}:8080",
            "--network", $"name={Network},mac-address=02:42:ac:11:65:01", "--network", $"name={Second},mac-address=02:42:ac:11:65:02",
            $"{Registry}/api:v1.0.0");
        Assert.Equal("v1.0.0", Answer());

        var result = One("Deploy-ProService api v1.1.0 -Confirm:$false");
        Assert.Equal("Succeeded", Text(result, "Outcome"));
        Assert.Equal(("02:42:ac:11:65:01", "02:42:ac:11:65:02"), Both());
        _ = Restored("Deploy-ProService api v1.2.0 -HealthTimeout 00:00:05 -Confirm:$false");
        Assert.Equal(("02:42:ac:11:65:01", "02:42:ac:11:65:02"), Both());
        Assert.Equal("v1.1.0", Answer());

        (string, string) Both()
        {
            var networks = Container()["NetworkSettings"]!["Networks"]!;
            return (networks[Network]!["MacAddress"]!.ToString(), networks[Second]!["MacAddress"]!.ToString());
        }
    }

    /// <summary>Needs nothing of the other, and no network.</summary>
    private string[] Everywhere() =>
    [
        "--add-host", "one:10.0.0.1", "--add-host", "two:host-gateway", "--cap-add", "NET_ADMIN", "--cap-drop", "MKNOD",
        "--cgroup-parent", "/pro-test", "--cgroupns", "private", "--cpu-shares", "512", "--cpus", "0.5", "--cpuset-cpus", "0",
        "--cpuset-mems", "0",
        "--device", "/dev/null:/dev/nothing:rw", "--device-cgroup-rule", "c 42:* rmw", "--dns", "10.0.0.53", "--dns-option", "ndots:2",
        "--dns-search", "example.com", "--domainname", "example.com", "--env", "COLOUR=operator", "--env", "EMPTY=",
        "--env-file", _folder + "/env",
        "--expose", "9000", "--group-add", "10", "--health-cmd", "wget -q -O /dev/null http://127.0.0.1:8080/version",
        "--health-interval", "20s",
        "--health-retries", "3", "--health-start-period", "1s", "--health-timeout", "5s",
        "--init", "--interactive", "--tty", "--ipc", "shareable",
        "--isolation", "default", "--label", "team=shop", "--label-file", _folder + "/labels", "--log-driver", "json-file",
        "--log-opt", "max-size=1m",
        "--log-opt", "labels=team", "--memory", "128m", "--memory-reservation", "64m", "--memory-swap", "-1",
        "--mount", $"type=volume,src={Volume},dst=/named,readonly", "--mount", "type=volume,dst=/mounted,volume-nocopy,volume-label=a=b",
        "--mount", $"type=bind,src={_folder},dst=/bound,bind-propagation=rprivate,readonly",
        "--mount", "type=tmpfs,dst=/run/u,tmpfs-size=65536,tmpfs-mode=0700",
        "--network-alias", "shop", "--oom-score-adj", "100", "--pids-limit", "60", "--read-only", "--restart", "on-failure:3",
        "--runtime", "runc",
        "--security-opt", "no-new-privileges", "--shm-size", "1m", "--stop-signal", "SIGKILL", "--stop-timeout", "3",
        "--sysctl", "net.core.somaxconn=512",
        "--tmpfs", "/srv:size=64k,exec", "--ulimit", "nofile=1024:2048", "--user", "0:0", "--userns", "host",
        "--volume", "/anonymous", "--volume", $"{Volume}:/again:ro", "--volume", $"{_folder}:/host:ro", "--volumes-from", Peer + ":ro",
        "--workdir", "/tmp",
    ];

    /// <summary>Since Engine 28.</summary>
    private string[] Newer() =>
    [
        "--annotation", "team=shop", "--health-start-interval", "1s",
        "--mount", $"type=volume,src={Volume},dst=/sub,volume-subpath=inner", "--mount", $"type=image,src={Base},dst=/image",
        "--mount", $"type=bind,src={_folder},dst=/flat,readonly,bind-recursive=disabled",
        "--network", $"name={Network},driver-opt={Sysctls},gw-priority=1",
        "--network", $"name={Second},alias=back,\"driver-opt={Sysctls},net.ipv4.conf.IFNAME.forwarding=1\"",
    ];

    /// <summary>What two at once can't have.</summary>
    private static string[] Fixed(bool isNew) =>
        ["--hostname", "own-host", .. isNew ? Array.Empty<string>() : ["--mac-address", "02:42:ac:11:65:77"]];

    private void Prepare()
    {
        MakeNetwork(hasPeer: false);
        _ = TestEngine.Call(HttpMethod.Post, "/networks/create", new JsonObject { ["Name"] = Second });
        _ = TestEngine.Call(HttpMethod.Post, "/volumes/create", new JsonObject { ["Name"] = Volume });
        _ = DockerClient.Run(
            null, "run", "--detach", "--name", Peer, "--volume", "/peers", "--volume", $"{Volume}:/data", "--stop-signal", "SIGKILL", Base,
            "sh", "-c", "mkdir -p /data/inner; exec sleep 9999");
        File.WriteAllText(_folder + "/env", "FROM_FILE=a b\"c\n");
        File.WriteAllText(_folder + "/labels", "from.file=yes\n");
    }

    private static IEnumerable<string> Volumes(string name) =>
        TestEngine.Call(HttpMethod.Get, $"/containers/{name}/json") is { } container && container["Mounts"] is not null
            ? Volumes(container)
            : [];

    private static IEnumerable<string> Volumes(JsonNode container) => container["Mounts"]!.AsArray()
        .Where(mount => mount!["Type"]!.ToString() == "volume").Select(mount => $"{mount!["Name"]}").Order(StringComparer.Ordinal);
}
