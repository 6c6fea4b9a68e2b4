using System.Text.Json.Nodes;
using Pro.DockerVersioning.Configuration;
using Pro.DockerVersioning.Configuration.Catalog;
using Pro.DockerVersioning.Deployment;
using Pro.DockerVersioning.Deployment.Locking;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.History;
using Pro.DockerVersioning.Reporting;
using Pro.DockerVersioning.Tests.Simulation.Engines;
using Pro.DockerVersioning.Tests.Simulation.World;
using Pro.DockerVersioning.Versions;

namespace Pro.DockerVersioning.Tests.Simulation;

/// <summary>A service on a simulated engine, and the commands for it: what the cmdlets do, without PowerShell around it.</summary>
internal sealed class Shop : IDisposable
{
    public const string Old = "v1.0.0";
    public const string New = "v1.1.0";

    private const string Alias = "shop";
    private const string Port = "8080";
    private readonly string _folder = Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), "pro-simulation-" + Guid.NewGuid().ToString("N")[..12]);

    private readonly List<(string Id, DateTimeOffset StartedAt)> _foreign = [];
    private readonly HistoryLog _history;
    private readonly List<string> _networks;
    private readonly string? _data;
    private readonly string _oldId;
    private DateTimeOffset? _unansweredSince;

    public Shop(ShopScene scene, int seed = 0)
    {
        World = new SimulatedWorld(seed);
        Scene = scene;
        _history = HistoryLog.At(_folder);
        foreach (var (version, isWell) in new[] { (Old, true), (New, scene.NewIsWell) })
        {
            Engine.AddImage($"{Repository}:{version}", () => Image(version, isWell));
        }

        foreach (var network in scene.Networks.Where(network => network != "bridge"))
        {
            _ = Engine.AddNetwork(network);
        }

        var api = Engine.Create(scene.Name, Engine.Images[0], Body());
        if (scene.RunsAtFirst)
        {
            Engine.Start(api);
        }

        foreach (var foreign in (string[])["be", "db"])
        {
            var container = Engine.Create(foreign, Engine.AddImage($"{foreign}:1", () => Image("v1.0.0", isWell: true)), new JsonObject
            {
                ["Image"] = $"{foreign}:1",
                ["HostConfig"] = new JsonObject
                {
                    ["NetworkMode"] = scene.HasPeers ? scene.Networks[0] : "bridge",
                    ["RestartPolicy"] = new JsonObject { ["Name"] = "unless-stopped" },
                },
            },
            foreign == "be" ? "cafe".PadRight(64, '0') : null);
            Engine.Start(container);
            _foreign.Add((container.Id, container.StartedAt));
        }

        _networks = [.. Engine.Networks.Select(one => one.Name)];
        _data = DataOf(api);
        _oldId = api.Id;
        World.Rest(TimeSpan.FromMinutes(1));
        if (scene is { Order: UpdateOrder.StartFirst, RunsAtFirst: true })
        {
            World.Changed = Watch;
        }
    }

    public static ImageReference Repository { get; } = ImageReference.Parse("registry.example.com/shop/api");

    public ShopScene Scene { get; }

    public SimulatedWorld World { get; }

    public SimulatedEngine Engine => World.Engine;

    /// <summary>What the commands have said.</summary>
    public List<Report> Reports { get; } = [];

    /// <summary>Start-first: the longest time for which nobody has answered by the service's name.</summary>
    public TimeSpan LongestGap { get; private set; }

    /// <summary>
    /// Whether somebody serves under the service's name on its networks; and at its port, which is free for a moment of a warm swap.
    /// </summary>
    private bool IsAnswered => Scene.IsPublished || Engine.Containers.Any(one => Engine.Serves(one)
        && Scene.Networks.All(network => one.Networks.Any(endpoint =>
            endpoint.Network.Name == network && endpoint.Names(one).Contains(Alias))));

    /// <summary>Runs a command to its end or its death. What it refuses is fine.</summary>
    public void Run(string name, FaultPlan? plan, Func<EngineConnection, Task> what) => _ = RunTogether([(name, plan, what)]);

    /// <summary>Runs commands side by side.</summary>
    /// <returns>Who they were.</returns>
    public IReadOnlyList<Operator> RunTogether(IEnumerable<(string Name, FaultPlan? Plan, Func<EngineConnection, Task> What)> commands)
    {
        List<(Operator Who, Func<EngineConnection, Task> What)> operations =
            [.. commands.Select(one => (new Operator(World, one.Name, one.Plan), Refusable(one.What)))];
        World.Run([.. operations]);
        return [.. operations.Select(one => one.Who)];
    }

    /// <summary>Brings it to the new version.</summary>
    public Task DeployNewAsync(EngineConnection engine) => DeployAsync(engine, New);

    /// <summary>Brings it to the old version.</summary>
    public Task DeployOldAsync(EngineConnection engine) => DeployAsync(engine, Old);

    /// <summary>Brings the service to a version, as <c>Deploy-ProService</c> does.</summary>
    public async Task<ProDeployment> DeployAsync(EngineConnection engine, string version)
    {
        var request = Request(ProHistoryKind.Deploy);
        var reports = new Collector(Reports);
        var world = await EngineSnapshot.LoadAsync(engine, "api", Repository, default, _history);
        if (world.Target(request) is { } found
            && await new TargetRepair(engine, _history, reports).WhyNeededAsync(request, world, found, default) is not null)
        {
            _ = await RepairAsync(engine, request, world, found);
            await TargetLock.SweepAsync(engine, default);
            world = await EngineSnapshot.LoadAsync(engine, "api", Repository, default, _history);
        }

        var store = new PreviousVersionStore(engine, _history, reports);
        var supply = new ImageSupply(engine, static _ => null, reports);
        var plan = await new DeploymentPlanner(engine, store, supply, reports)
            .PlanAsync(request, world, ProVersion.Parse(version), verifiedId: null, default);
        var (result, failure) = await new DeploymentRunner(engine, _history, store, supply, reports).RunAsync(plan, default);
        return failure is null ? result : throw failure;
    }

    /// <summary>Repairs it, as <c>Repair-ProService</c> does.</summary>
    public async Task<IReadOnlyList<ProRepair>> RepairAsync(EngineConnection engine)
    {
        var request = Request(ProHistoryKind.Repair);
        var done = new List<ProRepair>();
        var world = await EngineSnapshot.LoadAsync(engine, "api", Repository, default);
        foreach (var target in world.Targets)
        {
            await new TargetRepair(engine, _history, new Collector(Reports)).ThrowIfOperationUnderWayAsync(request, target, default);
            done.Add(await RepairAsync(engine, request, world, target));
        }

        await TargetLock.SweepAsync(engine, default);
        return done;
    }

    /// <summary>One of the two versions runs, as the operator has set it up; nothing is left over, and nobody else was touched.</summary>
    public string? BrokenPromise()
    {
        var own = Engine.Containers.Where(one => _foreign.All(foreign => foreign.Id != one.Id)).ToList();
        if (own is not [var api])
        {
            return $"{own.Count} containers: {string.Join(", ", own.Select(one => $"{one.Name} {one.Status}"))}";
        }

        var body = Body();
        var problems = new[]
        {
            (api.Name == Scene.Name, $"it is called {api.Name}"),
            (api.Status == "running" || (!Scene.RunsAtFirst && Runs == Old), $"it is {api.Status}"),
            (api.Status != "running" || Engine.Serves(api), "it does not serve"),
            (Scene.NewIsWell || api.Image == Engine.Images[0], "a version runs that is not healthy"),
            (JsonNode.DeepEquals(api.RestartPolicy["Name"], body["HostConfig"]!["RestartPolicy"]!["Name"]),
                $"its restart policy is {api.RestartPolicy}"),
            (api.HostConfig["Memory"]?.GetValue<long>() == 67_108_864, "its memory has no limit"),
            (api.Config["Env"]!.AsArray().Any(one => one!.GetValue<string>() == "COLOUR=operator"), "it lost the operator's variable"),
            (api.Label("team") == "shop", "it lost the operator's label"),
            (DataOf(api) == _data, "it lost its anonymous volume"),
            (Scene.Networks.Order(StringComparer.Ordinal)
                .SequenceEqual(api.Networks.Select(one => one.Network.Name).Order(StringComparer.Ordinal)),
                $"it is on {string.Join(", ", api.Networks.Select(one => one.Network.Name))}"),
            (!Scene.HasAliases || api.Networks.TrueForAll(one => one.Aliases.Contains(Alias)), "it lost an alias"),
            (!Scene.IsPublished || api.Status != "running" || api.Ports.GetValueOrDefault("80/tcp") == Port, "its port is not bound"),
            (_foreign.TrueForAll(one => Engine.Containers.Any(there =>
                there.Id == one.Id && there.IsRunning && (there.StartedAt == one.StartedAt || Engine.Restarts > 0))),
                "another container was touched"),
            (Engine.Networks.Select(one => one.Name).SequenceEqual(_networks),
                $"networks: {string.Join(", ", Engine.Networks.Select(one => one.Name))}"),
            (!Engine.Volumes.Any(one => one.Name.StartsWith("pro-lock-", StringComparison.Ordinal)), "a lock is left"),
            (!Engine.Volumes.Any(one => one.Name.StartsWith("pro-operation-", StringComparison.Ordinal)), "an operation record is left"),
            (Engine.Volumes.Count(one => one.IsAnonymous) == 1 + _foreign.Count,
                $"{Engine.Volumes.Count(one => one.IsAnonymous)} anonymous volumes"),
        };
        return problems.Where(one => !one.Item1).Select(one => one.Item2).FirstOrDefault();
    }

    /// <summary>Whether a lock was taken from an operator that lived, and had no trouble with it.</summary>
    public string? RobbedOperator(IEnumerable<Operator> all)
    {
        string[] trouble = ["could not be removed", "could not be renewed", "was left behind"];
        var said = Reports.Select(one => one is WarningReport warning ? warning.Message : (one as VerboseReport)?.Message ?? "").ToList();
        return all.All(one => one.Lives) && !said.Exists(one => Array.Exists(trouble, word => one.Contains(word, StringComparison.Ordinal)))
            ? said.Find(one => one.Contains("was taken over", StringComparison.Ordinal)) : null;
    }

    /// <summary>Whether what a command has said of its end is so.</summary>
    public async Task<string?> FalseWordAsync(ProException? failure)
    {
        var entries = new List<ProHistoryEntry>();
        await foreach (var entry in _history.ReadAsync(new HistoryFilter(), new Collector(Reports), default))
        {
            entries.Add(entry);
        }

        var verified = entries.Find(entry => entry.IsVerified)?.Version?.ToString();
        return failure is null ? Runs == New ? null : $"it says that it succeeded, and {Runs} runs"
            : Runs == New && verified == New ? null
            : failure.Id == "RestoredPrevious" ? Runs == Old ? null : $"it says that it restored {Old}, and {Runs} runs"
            : Engine.Named(Scene.Name)?.Id == _oldId ? null : $"it says '{failure.Id}', and the old container is gone";
    }

    /// <summary>Whether the history knows what runs.</summary>
    public async Task<string?> FalseHistoryAsync()
    {
        await foreach (var entry in _history.ReadAsync(new HistoryFilter(), new Collector(Reports), default))
        {
            if (entry.IsVerified || entry.Kind == ProHistoryKind.Repair)
            {
                return entry.Version?.ToString() == Runs ? null : $"the history says {entry}, and {Runs} runs";
            }
        }

        return Runs == Old ? null : $"{Runs} runs, of which the history knows nothing";
    }

    /// <summary>What runs now, as a version.</summary>
    public string? Runs => Engine.Named(Scene.Name)?.Image.Names[0].Split(':')[^1];

    public void Dispose()
    {
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    private static Func<EngineConnection, Task> Refusable(Func<EngineConnection, Task> what) => async engine =>
    {
        try
        {
            await what(engine);
        }
        catch (ProException)
        {
            // A command may fail; what it leaves is what counts.
        }
    };

    private void Watch()
    {
        var now = World.Time.Now;
        if (_unansweredSince is { } since && now - since > LongestGap)
        {
            LongestGap = now - since;
        }

        _unansweredSince = IsAnswered ? null : _unansweredSince ?? now;
    }

    private static string? DataOf(SimulatedContainer container) =>
        container.Mounts.Where(one => one["Destination"]!.GetValue<string>() == "/data")
            .Select(one => one["Name"]!.GetValue<string>())
            .FirstOrDefault();

    private async Task<ProRepair> RepairAsync(
        EngineConnection engine, DeploymentRequest request, EngineSnapshot world, ServiceTarget target)
    {
        var reports = new Collector(Reports);
        var lockRequest = new LockRequest(target.TargetId, "repair api") { Service = "api", Repository = Repository.Name };
        await using var held = await TargetLock.AcquireAsync(engine, lockRequest, reports, default);
        var now = await EngineSnapshot.LoadAsync(engine, "api", Repository, default);
        return await new TargetRepair(engine, _history, reports).RunAsync(
            request, now, now.Targets.FirstOrDefault(one => one.TargetId == target.TargetId) ?? target, held.Info.Interrupted, default);
    }

    private DeploymentRequest Request(ProHistoryKind kind) => new()
    {
        Kind = kind,
        Service = new ServiceDefinition
        {
            Name = "api", Image = "api", Context = "", Dockerfile = "Dockerfile", Origin = ServiceOrigin.Configuration, Source = "pro.json",
        },
        Repository = Repository,
        Child = new ChildEnvironment("/", new Dictionary<string, string?>()),
        Order = kind == ProHistoryKind.Deploy ? Scene.Order : null,
    };

    private JsonObject Body() => new()
    {
        ["Image"] = $"{Repository}:{Old}",
        ["Env"] = new JsonArray("COLOUR=operator"),
        ["Labels"] = new JsonObject { ["team"] = "shop" },
        ["ExposedPorts"] = Scene.IsPublished ? new JsonObject { ["80/tcp"] = new JsonObject() } : null,
        ["HostConfig"] = new JsonObject
        {
            ["NetworkMode"] = Scene.Networks[0],
            ["RestartPolicy"] = new JsonObject { ["Name"] = "always" },
            ["Memory"] = 67_108_864,
            ["PortBindings"] = Scene.IsPublished
                ? new JsonObject { ["80/tcp"] = new JsonArray(new JsonObject { ["HostIp"] = "", ["HostPort"] = Port }) } : new JsonObject(),
        },
        ["NetworkingConfig"] = new JsonObject
        {
            ["EndpointsConfig"] = new JsonObject(Scene.Networks.Select(network => KeyValuePair.Create(
                network, (JsonNode?)(Scene.HasAliases ? new JsonObject { ["Aliases"] = new JsonArray(Alias) } : new JsonObject())))),
        },
    };

    private SimulatedImage Image(string version, bool isWell)
    {
        var config = new JsonObject
        {
            ["Env"] = new JsonArray("PATH=/bin", "COLOUR=" + version),
            ["Cmd"] = new JsonArray("serve"),
            ["Labels"] = new JsonObject(),
            ["Volumes"] = new JsonObject { ["/data"] = new JsonObject() },
        };
        if (Scene.HasHealthCheck)
        {
            config["Healthcheck"] = new JsonObject
            {
                ["Test"] = new JsonArray("CMD", "check"),
                ["Interval"] = 5_000_000_000,
                ["Retries"] = 2,
            };
        }

        return new SimulatedImage
        {
            Id = Engine.NewImageId(),
            Config = config,
            ServesAfter = isWell ? TimeSpan.FromMilliseconds(400) : null,
            EndsAfter = isWell || Scene.HasHealthCheck ? null : TimeSpan.FromMilliseconds(200),
        };
    }

    private sealed class Collector(List<Report> reports) : IProgress<Report>
    {
        public void Report(Report value) => reports.Add(value);
    }
}

/// <summary>How a service is set up, and what is done with it.</summary>
internal sealed record ShopScene(string Title)
{
    public UpdateOrder Order { get; init; } = UpdateOrder.StopFirst;

    /// <summary>The container's name.</summary>
    public string Name { get; init; } = "shop-api";

    public IReadOnlyList<string> Networks { get; init; } = ["app"];

    public bool HasPeers { get; init; }

    public bool IsPublished { get; init; }

    /// <summary>The default bridge knows no aliases.</summary>
    public bool HasAliases => !Networks.Contains("bridge");

    public bool HasHealthCheck { get; init; } = true;

    public bool NewIsWell { get; init; } = true;

    public bool RunsAtFirst { get; init; } = true;

    public override string ToString() => Title;
}
