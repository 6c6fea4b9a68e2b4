using System.Globalization;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Simulation.Engines;

/// <summary>A container.</summary>
internal sealed class SimulatedContainer
{
    public required string Id { get; init; }

    public required string Name { get; set; }

    public required SimulatedImage Image { get; init; }

    public required DateTimeOffset Created { get; init; }

    public required JsonObject Config { get; init; }

    public required JsonObject HostConfig { get; init; }

    /// <summary>Its mounts, as an inspection shows them.</summary>
    public required IReadOnlyList<JsonObject> Mounts { get; init; }

    /// <summary>What was put into it, and is not in a volume.</summary>
    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>Its networks in the order in which it was connected.</summary>
    public List<SimulatedEndpoint> Networks { get; } = [];

    /// <summary>created, running, paused, restarting, exited.</summary>
    public string Status { get; set; } = "created";

    public bool IsRunning => Status is "running" or "paused";

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset FinishedAt { get; set; }

    public int ExitCode { get; set; }

    public int RestartCount { get; set; }

    /// <summary>Counted up at each start and each end: what was meant for another run of it is over.</summary>
    public int Run { get; set; }

    /// <summary>starting, healthy, unhealthy; null without a check.</summary>
    public string? Health { get; set; }

    public int FailingStreak { get; set; }

    public List<JsonObject> HealthLog { get; } = [];

    /// <summary>The published ports that are bound: 80/tcp to a host port.</summary>
    public Dictionary<string, string> Ports { get; } = new(StringComparer.Ordinal);

    public JsonObject RestartPolicy => HostConfig["RestartPolicy"]!.AsObject();

    public bool RemovesItself => HostConfig["AutoRemove"]?.GetValue<bool>() == true;

    public string Label(string name) => Config["Labels"]?[name]?.GetValue<string>() ?? "";

    public JsonObject Inspect() => new()
    {
        ["Id"] = Id,
        ["Name"] = "/" + Name,
        ["Created"] = Text(Created),
        ["Path"] = "serve",
        ["Args"] = new JsonArray(),
        ["Driver"] = "overlay2",
        ["Platform"] = "linux",
        ["Image"] = Image.Id,
        ["RestartCount"] = RestartCount,
        ["State"] = State(),
        ["Config"] = Config.DeepClone(),
        ["HostConfig"] = HostConfig.DeepClone(),
        ["Mounts"] = new JsonArray([.. Mounts.Select(mount => mount.DeepClone())]),
        ["NetworkSettings"] = new JsonObject
        {
            ["Ports"] = ShowPorts(),
            ["Networks"] = new JsonObject(Networks.Select(one => KeyValuePair.Create(one.Network.Name, (JsonNode?)one.Inspect(this)))),
        },
    };

    public JsonObject List() => new()
    {
        ["Id"] = Id,
        ["Names"] = new JsonArray("/" + Name),
        ["Image"] = Config["Image"]!.GetValue<string>(),
        ["ImageID"] = Image.Id,
        ["Command"] = "serve",
        ["Created"] = Created.ToUnixTimeSeconds(),
        ["State"] = Status,
        ["Status"] = Status,
        ["Labels"] = Config["Labels"]!.DeepClone(),
        ["Ports"] = new JsonArray(),
        ["Mounts"] = new JsonArray([.. Mounts.Select(mount => mount.DeepClone())]),
        ["HostConfig"] = new JsonObject { ["NetworkMode"] = HostConfig["NetworkMode"]!.GetValue<string>() },
        ["NetworkSettings"] = new JsonObject
        {
            ["Networks"] = new JsonObject(Networks.Select(one => KeyValuePair.Create(one.Network.Name, (JsonNode?)one.Inspect(this)))),
        },
    };

    private JsonObject State()
    {
        var state = new JsonObject
        {
            ["Status"] = Status,
            ["Running"] = Status is "running" or "paused" or "restarting",
            ["Paused"] = Status == "paused",
            ["Restarting"] = Status == "restarting",
            ["OOMKilled"] = false,
            ["Dead"] = false,
            ["Pid"] = IsRunning ? 4711 : 0,
            ["ExitCode"] = ExitCode,
            ["Error"] = "",
            ["StartedAt"] = Text(StartedAt),
            ["FinishedAt"] = Text(FinishedAt),
        };
        if (Health is not null)
        {
            state["Health"] = new JsonObject
            {
                ["Status"] = Health,
                ["FailingStreak"] = FailingStreak,
                ["Log"] = new JsonArray([.. HealthLog.TakeLast(5).Select(one => one.DeepClone())]),
            };
        }

        return state;
    }

    private JsonObject ShowPorts()
    {
        var shown = new JsonObject();
        foreach (var (port, bindings) in IsRunning ? HostConfig["PortBindings"] as JsonObject ?? [] : [])
        {
            shown[port] = Ports.TryGetValue(port, out var host)
                ? new JsonArray(new JsonObject { ["HostIp"] = bindings![0]!["HostIp"]?.GetValue<string>() ?? "", ["HostPort"] = host })
                : null;
        }

        return shown;
    }

    public static string Text(DateTimeOffset time) => time == default
        ? "0001-01-01T00:00:00Z" : time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff00'Z'", CultureInfo.InvariantCulture);
}

/// <summary>A network.</summary>
internal sealed class SimulatedNetwork
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public string Driver { get; init; } = "bridge";

    public bool IsInternal { get; init; }

    public JsonObject Labels { get; init; } = [];

    public JsonObject Options { get; init; } = [];

    /// <summary>The third number of its addresses.</summary>
    public required int Number { get; init; }

    /// <summary>The last number that was given.</summary>
    public int LastAddress { get; set; } = 1;

    public bool IsPredefined => Name is "bridge" or "host" or "none";

    public JsonObject Inspect(IEnumerable<SimulatedContainer> containers) => new()
    {
        ["Name"] = Name,
        ["Id"] = Id,
        ["Created"] = "2026-01-01T00:00:00Z",
        ["Scope"] = "local",
        ["Driver"] = Driver,
        ["EnableIPv6"] = false,
        ["IPAM"] = new JsonObject
        {
            ["Driver"] = "default",
            ["Config"] = Name is "host" or "none" ? new JsonArray()
                : new JsonArray(new JsonObject { ["Subnet"] = $"172.20.{Number}.0/24", ["Gateway"] = $"172.20.{Number}.1" }),
        },
        ["Internal"] = IsInternal,
        ["Attachable"] = false,
        ["Ingress"] = false,
        ["ConfigOnly"] = false,
        ["Containers"] = new JsonObject(
            from container in containers
            where container.IsRunning
            from endpoint in container.Networks
            where endpoint.Network == this
            select KeyValuePair.Create(container.Id, (JsonNode?)new JsonObject
            {
                ["Name"] = container.Name,
                ["EndpointID"] = endpoint.Id,
                ["IPv4Address"] = endpoint.Address + "/24",
            })),
        ["Options"] = Options.DeepClone(),
        ["Labels"] = Labels.DeepClone(),
    };
}

/// <summary>A container's place on a network.</summary>
internal sealed class SimulatedEndpoint
{
    public required SimulatedNetwork Network { get; init; }

    /// <summary>As the operator has asked for it.</summary>
    public required JsonObject Asked { get; init; }

    public string Id { get; set; } = "";

    public string Address { get; set; } = "";

    public IEnumerable<string> Aliases => (Asked["Aliases"] as JsonArray ?? []).Select(one => one!.GetValue<string>());

    public JsonObject Inspect(SimulatedContainer container)
    {
        var shown = new JsonObject
        {
            ["IPAMConfig"] = Asked["IPAMConfig"]?.DeepClone(),
            ["Links"] = Asked["Links"]?.DeepClone(),
            ["Aliases"] = Asked["Aliases"]?.DeepClone(),
            ["MacAddress"] = Address.Length == 0 ? ""
                : "02:42:" + string.Join(':', Address.Split('.').Select(one =>
                    int.Parse(one, CultureInfo.InvariantCulture).ToString("x2", CultureInfo.InvariantCulture))),
            ["DriverOpts"] = Asked["DriverOpts"]?.DeepClone(),
            ["GwPriority"] = Asked["GwPriority"]?.DeepClone() ?? 0,
            ["NetworkID"] = Network.Id,
            ["EndpointID"] = Id,
            ["Gateway"] = Address.Length == 0 ? "" : $"172.20.{Network.Number}.1",
            ["IPAddress"] = Address,
            ["IPPrefixLen"] = Address.Length == 0 ? 0 : 24,
            ["IPv6Gateway"] = "",
            ["GlobalIPv6Address"] = "",
            ["GlobalIPv6PrefixLen"] = 0,
        };
        shown["DNSNames"] = Network.IsPredefined ? null
            : new JsonArray([.. Names(container).Distinct(StringComparer.Ordinal).Select(one => (JsonNode)one)]);
        return shown;
    }

    /// <summary>The names by which others on the network find it.</summary>
    public IEnumerable<string> Names(SimulatedContainer container) => Aliases
        .Prepend(container.Name).Append(container.Id[..12]).Append(container.Config["Hostname"]!.GetValue<string>());
}

/// <summary>A volume, with what was put into it.</summary>
internal sealed class SimulatedVolume
{
    public required string Name { get; init; }

    public JsonObject Labels { get; init; } = [];

    /// <summary>True if the engine made it for a container.</summary>
    public bool IsAnonymous { get; init; }

    public Dictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    public JsonObject Inspect() => new()
    {
        ["Name"] = Name,
        ["Driver"] = "local",
        ["Mountpoint"] = $"/var/lib/docker/volumes/{Name}/_data",
        ["CreatedAt"] = "2026-01-01T00:00:00Z",
        ["Labels"] = Labels.DeepClone(),
        ["Options"] = null,
        ["Scope"] = "local",
    };
}
