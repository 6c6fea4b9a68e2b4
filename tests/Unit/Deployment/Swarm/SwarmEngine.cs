using System.Diagnostics;
using System.Formats.Tar;
using System.Text;
using System.Text.Json.Nodes;
using Docker.DotNet.Models;
using Pro.DockerVersioning.Deployment.Strategies;
using Pro.DockerVersioning.Deployment.Swarm;
using Pro.DockerVersioning.Deployment.Swarm.Api;
using Pro.DockerVersioning.Engine;
using Pro.DockerVersioning.Reporting;
using Xunit;

namespace Pro.DockerVersioning.Tests.Deployment.Swarm;

/// <summary>The tests share one swarm of one node, and run one after another.</summary>
[CollectionDefinition(nameof(RealSwarm), DisableParallelization = true)]
public sealed class RealSwarm : ICollectionFixture<SwarmEngine>;

/// <summary>A swarm of one node on an engine of the tests' own, with images of several characters in its registry.</summary>
public sealed class SwarmEngine : IAsyncLifetime
{
    /// <summary>The images' repository.</summary>
    public const string Repository = SecondEngine.Registry + "/pro/api";

    private const string Serve = """["/bin/busybox","httpd","-f","-p","8080","-h","/bin"]""";

    private SecondEngine? _engine;
    private EngineConnection? _connection;

    public SecondEngine Engine
    {
        get
        {
            Assert.SkipWhen(_engine is null, SecondEngine.Missing() ?? "The second engine did not start.");
            return _engine;
        }
    }

    internal EngineConnection Connection
    {
        get
        {
            _ = Engine;
            return _connection!;
        }
    }

    internal SwarmApi Api => new(Connection);

    public async ValueTask InitializeAsync()
    {
        if (SecondEngine.Missing() is not null)
        {
            return;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        _engine = await SecondEngine.StartAsync(limit.Token);
        _connection = EngineConnection.Open(EngineEndpoint.Resolve(name => name == "DOCKER_HOST" ? _engine.Host : null));
        await _engine.Client.Swarm.InitSwarmAsync(
            new SwarmInitParameters { ListenAddr = "127.0.0.1:2377", AdvertiseAddr = "127.0.0.1", ForceNewCluster = false }, limit.Token);
        await PublishAsync("v1.0.0", $"CMD {Serve}", limit.Token);
        await PublishAsync("v2.0.0", $"ENV NEW=1\nCMD {Serve}", limit.Token);
        await PublishAsync("v3.0.0-dies", """CMD ["/bin/busybox","sh","-c","echo out of luck; exit 3"]""", limit.Token);
        await PublishAsync(
            "v4.0.0-sick",
            $"HEALTHCHECK --interval=1s --retries=10000 CMD [\"/bin/busybox\",\"false\"]\nCMD {Serve}",
            limit.Token);
        await PublishAsync(
            "v5.0.0-moody",
            """CMD ["/bin/busybox","sh","-c","test -e /gate/shut && exit 9; exec /bin/busybox httpd -f -p 8080 -h /bin"]""",
            limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _connection?.Dispose();
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }

    /// <summary>Builds an image and pushes it.</summary>
    public async Task PublishAsync(string tag, string instructions, CancellationToken cancellationToken)
    {
        await BuildAsync($"{Repository}:{tag}", instructions, cancellationToken);
        var errors = new List<string>();
        await Engine.Client.Images.PushImageAsync(
            Repository,
            new ImagePushParameters { Tag = tag },
            new AuthConfig(),
            new Now<JSONMessage>(message =>
            {
                if (message.Error?.Message is { } error)
                {
                    errors.Add(error);
                }
            }),
            cancellationToken);
        Assert.Empty(errors);
    }

    /// <summary>Builds an image on top of busybox. It stops at once.</summary>
    public async Task BuildAsync(string reference, string instructions, CancellationToken cancellationToken)
    {
        var version = reference[(reference.LastIndexOf(':') + 1)..];
        var dockerfile = "FROM scratch\nCOPY busybox /bin/busybox\nSTOPSIGNAL SIGKILL\n" +
            $"LABEL org.opencontainers.image.version={version}\n{instructions}\n";
        using var context = new MemoryStream();
        await using (var tar = new TarWriter(context, TarEntryFormat.Ustar, leaveOpen: true))
        {
            await tar.WriteEntryAsync(StaticBusybox.Path, "busybox", cancellationToken);
            using var text = new MemoryStream(Encoding.UTF8.GetBytes(dockerfile));
            await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, "Dockerfile") { DataStream = text }, cancellationToken);
        }

        context.Position = 0;
        var errors = new List<string>();
        await Engine.Client.Images.BuildImageFromDockerfileAsync(
            new ImageBuildParameters { Tags = [reference] },
            context,
            [],
            new Dictionary<string, string>(),
            new Now<JSONMessage>(message =>
            {
                if (message.Error?.Message is { } error)
                {
                    errors.Add(error);
                }
            }),
            cancellationToken);
        Assert.Empty(errors);
    }

    private sealed class Now<T>(Action<T> see) : IProgress<T>
    {
        public void Report(T value) => see(value);
    }
}

/// <summary>One service of one test; removed afterwards.</summary>
internal sealed class TestService : IAsyncDisposable, IProgress<Report>
{
    private readonly SwarmEngine _swarm;

    private TestService(SwarmEngine swarm, string name)
    {
        _swarm = swarm;
        Name = name;
    }

    public string Name { get; }

    public List<Report> Reports { get; } = [];

    public Action<Report>? Reported { get; set; }

    public IEnumerable<string> Warnings => Reports.OfType<WarningReport>().Select(report => report.Message);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Creates a service, by v1.0.0's digest unless told otherwise, and waits until it runs.</summary>
    public static async Task<TestService> CreateAsync(
        SwarmEngine swarm,
        int replicas = 2,
        Action<JsonObject>? configure = null,
        string? image = null)
    {
        var service = new TestService(swarm, "pro-test-" + Guid.NewGuid().ToString("N")[..8]);
        image ??= await PinnedAsync(swarm, "v1.0.0");
        var spec = new JsonObject
        {
            ["Name"] = service.Name,
            ["TaskTemplate"] = new JsonObject
            {
                ["ContainerSpec"] = new JsonObject { ["Image"] = image },
                ["RestartPolicy"] = new JsonObject { ["Condition"] = "any", ["Delay"] = 100_000_000L },
            },
            ["Mode"] = new JsonObject { ["Replicated"] = new JsonObject { ["Replicas"] = replicas } },
            ["UpdateConfig"] = Config("pause"),
            ["RollbackConfig"] = Config("pause"),
        };
        configure?.Invoke(spec);
        await swarm.Connection.Http.AskAsync(HttpMethod.Post, "services/create", spec, null, Token);
        try
        {
            await service.UntilAsync(sighting =>
                sighting.HasReached(GoalOf(sighting)) && sighting.RunningFor(GoalOf(sighting)) >= (replicas > 0 ? 1 : 0));
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <param name="failureAction">What the engine does when a task fails.</param>
    /// <param name="seconds">How long one counts: a busy machine may tell of it a second late.</param>
    public static JsonObject Config(string failureAction, int seconds = 1) => new()
    {
        ["Parallelism"] = 1,
        ["FailureAction"] = failureAction,
        ["Monitor"] = seconds * 1_000_000_000L,
        ["Order"] = "stop-first",
    };

    /// <summary>A version's reference with its digest.</summary>
    public static async Task<string> PinnedAsync(SwarmEngine swarm, string tag)
    {
        var image = await swarm.Engine.Client.Images.InspectImageAsync($"{SwarmEngine.Repository}:{tag}", Token);
        var digest = image.RepoDigests!.Single(text => text.StartsWith(SwarmEngine.Repository + "@", StringComparison.Ordinal));
        return $"{SwarmEngine.Repository}:{tag}{digest[SwarmEngine.Repository.Length..]}";
    }

    public Task<StrategyResult> UpdateAsync(
        string tag, SwarmUpdateOptions options, CancellationToken? cancellationToken = null, bool provesStability = false) =>
        SwarmUpdate.RunAsync(
            _swarm.Connection,
            Name,
            tag.Contains('/', StringComparison.Ordinal) ? tag : $"{SwarmEngine.Repository}:{tag}",
            options with
            {
                PollInterval = TimeSpan.FromMilliseconds(50),

                // What these tests look at is the engine's part; the second that it counts is enough for that.
                StabilityTime = provesStability ? options.StabilityTime : TimeSpan.Zero,
            },
            this,
            cancellationToken ?? Token);

    public Task<SwarmServiceState> StateAsync() => _swarm.Api.GetServiceAsync(Name, Token);

    public async Task<SwarmSighting> LookAsync()
    {
        var state = await StateAsync();
        return new SwarmSighting(state, await _swarm.Api.ListTasksAsync(state.Id, Token));
    }

    /// <summary>The images (by tag) of the tasks that run, in order.</summary>
    public async Task<IReadOnlyList<string>> RunningAsync() => TagsOf(await LookAsync());

    public async Task<SwarmSighting> UntilAsync(Func<SwarmSighting, bool> condition)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            var sighting = await LookAsync();
            if (condition(sighting))
            {
                return sighting;
            }

            if (Stopwatch.GetElapsedTime(since) > TimeSpan.FromMinutes(1))
            {
                Assert.Fail(string.Join("\n", sighting.Tasks.Select(task => task.ToString()).Prepend(sighting.Service.ToString())));
            }

            await Task.Delay(50, Token);
        }
    }

    /// <summary>When the containers of the service started and ended, by task.</summary>
    public async Task<IReadOnlyList<(SwarmTask Task, DateTimeOffset Started, DateTimeOffset Finished)>> TimesAsync()
    {
        var times = new List<(SwarmTask, DateTimeOffset, DateTimeOffset)>();
        foreach (var task in (await LookAsync()).Tasks.Where(task => task.ContainerId is not null))
        {
            var state = (await _swarm.Engine.Client.Containers.InspectContainerAsync(task.ContainerId!, Token)).State!;
            times.Add((task, DateTimeOffset.Parse(state.StartedAt!), DateTimeOffset.Parse(state.FinishedAt!)));
        }

        return times;
    }

    public static IReadOnlyList<string> TagsOf(SwarmSighting sighting) =>
        [.. sighting.Tasks.Where(task => task.IsRunning).Select(task => TagOf(task.Image)).Order(StringComparer.Ordinal)];

    public void Report(Report value)
    {
        lock (Reports)
        {
            Reports.Add(value);
        }

        Reported?.Invoke(value);
    }

    public async ValueTask DisposeAsync() => await _swarm.Engine.Client.Swarm.RemoveServiceAsync(Name, CancellationToken.None);

    public static SwarmGoal GoalOf(SwarmSighting sighting) => new(sighting.Service.Image!, sighting.Service.ForceUpdate, null);

    private static string TagOf(string image) => SwarmTarget.NameOf(image)[(SwarmEngine.Repository.Length + 1)..];
}
