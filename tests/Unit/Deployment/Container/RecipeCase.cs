using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Deployment.Container;

/// <summary>One way in which an operator may have created a container.</summary>
/// <param name="Body">Of <c>POST /containers/create</c>, without the image.</param>
internal sealed record RecipeCase(JsonObject Body)
{
    /// <summary>Networks to connect afterwards.</summary>
    public IReadOnlyList<(string Network, JsonObject? Endpoint)> Connects { get; init; } = [];

    /// <summary>
    /// False where it is compared as it was created: this machine can't start it (no GPU), or its start would tell nothing that others
    /// don't.
    /// </summary>
    public bool Starts { get; init; } = true;

    /// <summary>Every option that needs nothing of the machine and excludes no other, on two networks of its own.</summary>
    public static RecipeCase Wide(string network, string second, string subnet, string volume, string folder) => new(Parse($$"""
        {
          "Hostname": "own-host", "Domainname": "example.com", "User": "1000:1000", "Tty": true, "OpenStdin": true, "StdinOnce": true,
          "AttachStdout": true, "AttachStderr": true, "ExposedPorts": { "80/tcp": {}, "53/udp": {}, "81/tcp": {}, "9000/tcp": {} },
          "Env": [ "COLOUR=operator", "EMPTY=", "IMAGE_ONLY", "TEXT=a=b c\"d" ],
          "Labels": { "team": "shop", "layer": "operator", "empty": "" }, "Volumes": { "/anonymous": {} },
          "WorkingDir": "/operator", "StopSignal": "SIGUSR1", "StopTimeout": 3,
          "Healthcheck": { "Test": [ "CMD-SHELL", "exit 0" ], "Interval": 7000000000, "Timeout": 2000000000, "Retries": 4,
            "StartPeriod": 1000000000 },
          "HostConfig": {
            "NetworkMode": "{{network}}", "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 3 },
            "Binds": [ "{{volume}}:/named:ro", "{{folder}}:/host:ro" ], "Tmpfs": { "/run/t": "size=64k,mode=1777" },
            "Mounts": [
              { "Type": "volume", "Target": "/mounted", "VolumeOptions": { "NoCopy": true, "Labels": { "a": "b" } } },
              { "Type": "volume", "Source": "{{volume}}", "Target": "/mounted2", "ReadOnly": true },
              { "Type": "bind", "Source": "{{folder}}", "Target": "/bound", "BindOptions": { "Propagation": "rprivate" } },
              { "Type": "tmpfs", "Target": "/run/u", "TmpfsOptions": { "SizeBytes": 65536, "Mode": 448 } } ],
            "PortBindings": {
              "80/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "28380" }, { "HostIp": "127.0.0.2", "HostPort": "28381" } ],
              "53/udp": [ { "HostIp": "", "HostPort": "28353" } ], "81/tcp": [ { "HostIp": "127.0.0.1", "HostPort": "28390-28395" } ] },
            "Memory": 67108864, "MemorySwap": -1, "MemoryReservation": 33554432, "CpuShares": 512, "NanoCpus": 500000000,
            "PidsLimit": 50, "CpusetCpus": "0", "CpusetMems": "0", "Isolation": "default", "BlkioWeight": 0, "OomScoreAdj": 100,
            "BlkioDeviceReadBps": [], "CgroupParent": "/pro-test", "CgroupnsMode": "private",
            "CapAdd": [ "NET_ADMIN" ], "CapDrop": [ "MKNOD", "AUDIT_WRITE" ], "GroupAdd": [ "10", "29" ],
            "Devices": [ { "PathOnHost": "/dev/null", "PathInContainer": "/dev/nothing", "CgroupPermissions": "rw" } ],
            "DeviceCgroupRules": [ "c 42:* rmw" ], "LogConfig": { "Type": "json-file", "Config": { "max-size": "1m", "labels": "team" } },
            "ExtraHosts": [ "one:10.0.0.1", "two:host-gateway" ], "Dns": [ "10.0.0.53" ], "DnsOptions": [ "ndots:2" ],
            "DnsSearch": [ "example.com" ],
            "Sysctls": { "net.core.somaxconn": "512" }, "Ulimits": [ { "Name": "nofile", "Soft": 1024, "Hard": 2048 } ],
            "SecurityOpt": [ "no-new-privileges" ], "MaskedPaths": [], "ReadonlyPaths": [], "ShmSize": 1048576, "Init": true,
            "IpcMode": "shareable", "ReadonlyRootfs": true, "ConsoleSize": [ 0, 0 ], "ContainerIDFile": ""
          },
          "NetworkingConfig": { "EndpointsConfig": { "{{network}}": {
            "IPAMConfig": { "IPv4Address": "{{subnet}}.7.20", "IPv6Address": "fd00:213:7::20", "LinkLocalIPs": [ "169.254.7.7" ] },
            "Aliases": [ "shop", "shop.internal" ] } } }
        }
        """))
    {
        Connects = [(second, Parse($$"""{ "IPAMConfig": { "IPv4Address": "{{subnet}}.8.30" }, "Aliases": [ "second" ] }"""))],
    };

    /// <summary>Those that exclude one another, and each way to override a command; by name.</summary>
    public static IReadOnlyDictionary<string, RecipeCase> Others(string network, string other) => new Dictionary<string, string>
    {
        ["nothing set"] = """{ }""",
        ["all ports published"] = """{ "HostConfig": { "PublishAllPorts": true } }""",
        ["command"] = """{ "Cmd": [ "sleep", "411" ] }""",
        ["entrypoint, no command"] = """{ "Entrypoint": [ "sleep", "412" ] }""",
        ["entrypoint and command"] = """{ "Entrypoint": [ "sleep" ], "Cmd": [ "413" ] }""",
        ["entrypoint emptied, command"] = """{ "Entrypoint": [ "" ], "Cmd": [ "sleep", "414" ] }""",
        ["entrypoint an empty list"] = """{ "Entrypoint": [] }""",
        ["entrypoint an empty list, command"] = """{ "Entrypoint": [], "Cmd": [ "sleep", "415" ] }""",
        ["entrypoint emptied, the image's command"] = """{ "Entrypoint": [ "" ], "Cmd": [ "sleep", "401" ] }""",
        ["healthcheck off"] = """{ "Healthcheck": { "Test": [ "NONE" ] } }""",
        ["healthcheck, interval only"] = """{ "Healthcheck": { "Interval": 9000000000 } }""",
        ["the host's namespaces"] = """
            { "HostConfig": { "IpcMode": "host", "PidMode": "host", "UTSMode": "host", "UsernsMode": "host", "CgroupnsMode": "host",
                "NetworkMode": "host" } }
            """,
        ["privileged"] = """{ "HostConfig": { "Privileged": true, "Runtime": "runc", "RestartPolicy": { "Name": "unless-stopped" } } }""",
        ["no network"] = """{ "Hostname": "alone", "HostConfig": { "NetworkMode": "none", "OomKillDisable": true, "Memory": 67108864 } }""",
        ["network disabled"] = """{ "NetworkDisabled": true }""",
        ["removes itself"] = """{ "HostConfig": { "AutoRemove": true } }""",
        ["another's namespaces"] = $$"""
            { "HostConfig": { "NetworkMode": "container:{{other}}", "IpcMode": "container:{{other}}", "PidMode": "container:{{other}}",
              "VolumesFrom": [ "{{other}}:ro" ] } }
            """,
        ["linked on the default bridge"] = $$"""
            { "MacAddress": "02:42:ac:11:77:77", "HostConfig": { "NetworkMode": "default", "Links": [ "{{other}}:db", "{{other}}" ] } }
            """,
        ["linked on a network"] = $$"""
            { "HostConfig": { "NetworkMode": "{{network}}" },
              "NetworkingConfig": { "EndpointsConfig": { "{{network}}": { "Links": [ "{{other}}:db" ], "DriverOpts": { "a": "b" } } } } }
            """,
        ["seccomp, quotas"] = """
            { "HostConfig": { "SecurityOpt": [ "seccomp={\"defaultAction\":\"SCMP_ACT_ALLOW\"}", "label=user:u" ],
              "CpuPeriod": 50000, "CpuQuota": 25000, "Memory": 67108864, "MemorySwappiness": 10, "PidsLimit": -1 } }
            """,
    }.ToDictionary(pair => pair.Key, pair => Of(pair.Key, Parse(pair.Value)), StringComparer.Ordinal);

    /// <summary>What engines since 28 (API 1.48) have besides, on both networks from the start.</summary>
    public static RecipeCase Newer(string network, string second, string volume) => new(Parse($$"""
        {
          "Healthcheck": { "Test": [ "CMD-SHELL", "exit 0" ], "Interval": 7000000000, "StartPeriod": 1000000000,
            "StartInterval": 2000000000 },
          "HostConfig": {
            "NetworkMode": "{{network}}", "Annotations": { "team": "shop", "empty": "" }, "CgroupnsMode": "host", "OomScoreAdj": 5,
            "Runtime": "runc", "ReadonlyRootfs": true, "Init": false, "SecurityOpt": [ "no-new-privileges:true" ],
            "Tmpfs": { "/run/t": "rw,exec,size=64k" },
            "Mounts": [
              { "Type": "volume", "Source": "{{volume}}", "Target": "/sub", "VolumeOptions": { "Subpath": "inner" } },
              { "Type": "bind", "Source": "/tmp", "Target": "/bound", "ReadOnly": true,
                "BindOptions": { "NonRecursive": true, "CreateMountpoint": true } },
              { "Type": "bind", "Source": "/tmp", "Target": "/flat", "ReadOnly": true, "BindOptions": { "ReadOnlyNonRecursive": true } },
              { "Type": "image", "Source": "pro-sample/base:1", "Target": "/image", "ImageOptions": { "Subpath": "bin" } },
              { "Type": "tmpfs", "Target": "/run/u", "TmpfsOptions": { "SizeBytes": 65536, "Mode": 448, "Options": [ [ "exec" ] ] } } ]
          },
          "NetworkingConfig": { "EndpointsConfig": {
            "{{network}}": { "Aliases": [ "shop" ], "MacAddress": "02:42:ac:11:00:42",
              "DriverOpts": { "com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.log_martians=1" } },
            "{{second}}": { "Aliases": [ "back" ], "MacAddress": "02:42:ac:11:00:43", "GwPriority": 7,
              "DriverOpts": { "com.docker.network.endpoint.sysctls": "net.ipv4.conf.IFNAME.log_martians=1" } } } }
        }
        """));

    /// <summary>What this machine can create, but not start.</summary>
    public static RecipeCase Unstartable => new(Parse("""
        { "HostConfig": {
            "DeviceRequests": [ { "Driver": "nvidia", "Count": -1, "Capabilities": [ [ "gpu" ] ], "Options": { "a": "b" } } ],
            "BlkioDeviceReadBps": [ { "Path": "/dev/vda", "Rate": 1048576 } ],
            "BlkioDeviceWriteIOps": [ { "Path": "/dev/vda", "Rate": 100 } ],
            "BlkioDeviceReadIOps": [ { "Path": "/dev/vda", "Rate": 100 } ],
            "BlkioDeviceWriteBps": [ { "Path": "/dev/vda", "Rate": 1048576 } ],
            "BlkioWeightDevice": [ { "Path": "/dev/vda", "Weight": 100 } ],
            "Binds": [ "/tmp:/shared:rshared", "/tmp:/slave:ro,rslave" ],
            "Mounts": [ { "Type": "bind", "Source": "/tmp", "Target": "/moved", "BindOptions": { "Propagation": "rslave" } } ],
            "VolumeDriver": "local" } }
        """))
    {
        Starts = false,
    };

    private static RecipeCase Of(string name, JsonObject body)
    {
        if (IsOfCommands(name))
        {
            // The engine fills in what isn't given at the start, or where there is something to fill in.
            body["HostConfig"] = new JsonObject();
        }

        return new RecipeCase(body) { Starts = !IsOfCommands(name) };
    }

    private static bool IsOfCommands(string name) =>
        name.StartsWith("entrypoint", StringComparison.Ordinal) || name.StartsWith("command", StringComparison.Ordinal)
        || name.StartsWith("healthcheck", StringComparison.Ordinal);

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
