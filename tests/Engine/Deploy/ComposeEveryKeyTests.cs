using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>A compose service with all keys that don't exclude each other, swapped by the cmdlet, and compared field by field.</summary>
/// <remarks>But for those that leave it to compose's own up: hooks, <c>volumes_from</c> a service, and <c>label_file</c> beside
/// <c>env_file</c>.</remarks>
public sealed class ComposeEveryKeyTests : ComposeTest
{
    private static readonly bool IsNew =
        Version.Parse(TestEngine.Call(HttpMethod.Get, "/version")!["ApiVersion"]!.ToString()) >= new Version(1, 48);

    public ComposeEveryKeyTests()
    {
        UsePlugin();
        Assert.SkipUnless(IsNew, "Since API 1.48 a compose service can say all of it.");
    }

    [Theory]
    [InlineData("StopFirst", true)]
    [InlineData("StartFirst", true)]
    [InlineData("StartFirst", false)]
    public void All_that_the_compose_file_says_is_there_after_a_swap(string order, bool isPublished)
    {
        var isBeside = order == "StartFirst";
        foreach (var (name, text) in new[] { ("app.env", "FROM_FILE=a b\n"), ("mounted.txt", "mounted\n") })
        {
            File.WriteAllText(Repository.FullPath(name), text);
        }

        WriteFile(Everything(isPublished, isBeside));
        Well("v1.0.0", "v1.1.0");
        File.WriteAllText(DotEnv, "API_VERSION=v1.0.0\nTOKEN=s3\n");
        _ = Compose("up", "-d");
        var before = Api();

        var result = One($"Deploy-ProService api v1.1.0 -Order {order} -WarningAction Ignore");

        Assert.Contains("swap", Steps(result), StringComparison.Ordinal);
        Assert.Equal(isBeside ? "start-first" : "stop-first", Text(result, "Order"));
        Assert.Empty(Inspections.Differences(before, Api(), isBeside));
        Assert.True(isBeside || Mac(before) == Mac(Api()));
        Assert.Equal("inline s3 mounted", Docker(
            "exec", ContainerName(1), "sh", "-c", "echo $(cat /etc/inline.txt) $(cat /run/secrets/token) $(cat /etc/mounted.txt)").Trim());
        var lives = Lives;
        _ = Compose("up", "-d");
        Assert.Equal(lives, Lives);
        NothingIsLeft();
    }

    private JsonNode Api() => Containers.Single(one => Label(one, "service") == "api");

    private static string Mac(JsonNode container) =>
        container["NetworkSettings"]!["Networks"]!.AsObject()
            .Single(network => network.Key.EndsWith("_back", StringComparison.Ordinal)).Value!["MacAddress"]!.ToString();

    private string Everything(bool isPublished, bool isBeside)
    {
        var mac = isBeside ? "" : ", mac_address: \"02:42:ac:11:65:88\"";
        var host = isBeside ? "" : "hostname: own-host";
        var ports = isPublished ? $"ports: [\"127.0.0.1:{Port}:8080\", \"127.0.0.1:{Port}:8081/udp\"]" : "";
        return $$$"""
        configs: {inline: {content: "inline "}, mounted: {file: ./mounted.txt}}
        secrets: {token: {environment: TOKEN}}
        networks: {front: {}, back: {}}
        volumes: {data: {}}
        services:
          db: {image: "pro-sample/base:1", command: sleep 9999, stop_signal: SIGKILL, networks: [front], volumes: ["/dbs"]}
          api:
            image: ${REGISTRY}/api:${API_VERSION:-latest}
            annotations: {team: shop}
            cap_add: [NET_ADMIN]
            cap_drop: [MKNOD]
            cgroup: private
            cgroup_parent: /pro-test
            configs: [{source: inline, target: /etc/inline.txt}, {source: mounted, target: /etc/mounted.txt}]
            cpu_shares: 512
            cpus: 0.5
            cpuset: "0"
            depends_on: {db: {condition: service_started}}
            deploy: {labels: {on: service}}
            device_cgroup_rules: ["c 42:* rmw"]
            devices: ["/dev/null:/dev/nothing:rw"]
            dns: [10.0.0.53]
            dns_opt: ["ndots:2"]
            dns_search: [example.com]
            domainname: example.com
            env_file: [app.env]
            environment: {COLOUR: operator, EMPTY: "", DOLLAR: "a$$b"}
            expose: ["9000"]
            extra_hosts: ["one:10.0.0.1", "two:host-gateway"]
            group_add: ["10"]
            healthcheck: {test: "wget -q -O /dev/null http://127.0.0.1:8080/version", interval: 20s, timeout: 5s, retries: 3, start_period: 1s, start_interval: 1s}
            init: true
            ipc: shareable
            isolation: default
            labels: {team: shop}
            links: ["db:database"]
            logging: {driver: json-file, options: {max-size: 1m, labels: team}}
            mem_limit: 128m
            mem_reservation: 64m
            memswap_limit: -1
            networks:
              front: {aliases: [shop], gw_priority: 1, driver_opts: {com.docker.network.endpoint.sysctls: net.ipv4.conf.IFNAME.log_martians=1}}
              back: {aliases: [shop-back], interface_name: back0{{{mac}}} }
            oom_score_adj: 100
            pids_limit: 60
            {{{ports}}}
            read_only: false
            restart: on-failure:3
            runtime: runc
            secrets: [token]
            security_opt: ["no-new-privileges:true"]
            shm_size: 1m
            stdin_open: true
            stop_grace_period: 2s
            stop_signal: SIGKILL
            sysctls: {net.core.somaxconn: "512"}
            tmpfs: ["/run/t:size=64k,exec"]
            tty: true
            ulimits: {nofile: {soft: 1024, hard: 2048}, nproc: 500}
            user: "0:0"
            userns_mode: host
            volumes:
              - data:/named:ro
              - /anonymous
              - {type: volume, target: /mounted, volume: {nocopy: true}}
              - {type: bind, source: ., target: /bound, read_only: true, bind: {propagation: rprivate}}
              - {type: tmpfs, target: /run/u, tmpfs: {size: 65536, mode: 448}}
              - {type: image, source: "pro-sample/base:1", target: /image}
            working_dir: /tmp
            {{{host}}}

        """;
    }
}
