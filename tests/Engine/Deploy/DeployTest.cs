using System.Diagnostics;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Engine.Faults;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>
/// A test that changes what runs: images of a service that answers with its version, containers of the test's own names, and a look at
/// all that a swap could leave behind.
/// </summary>
public abstract class DeployTest : EngineTest
{
    private const string Well = "touch /srv/health";
    private const string DefaultNetwork = "bridge";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly HttpClient Client = new(new SocketsHttpHandler { UseProxy = false, PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = TimeSpan.FromSeconds(2),
    };

    protected DeployTest() => _ = Commit();

    /// <summary>The container that runs the service.</summary>
    private protected string ContainerName => RegistryPath + "-api";

    /// <summary>Where it answers on this machine.</summary>
    private protected int Port { get; } = FreePort();

    /// <summary>The network that it is on.</summary>
    private protected string Network { get; set; } = DefaultNetwork;

    /// <summary>Another container there, which <see cref="MakeNetwork"/> starts.</summary>
    private protected string Peer => $"pro-test-{Port}-peer";

    /// <summary>Whether its port is published; else it is asked by its own address.</summary>
    private protected bool IsPublished { get; set; } = true;

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        Clear();
        _ = TestEngine.Call(HttpMethod.Delete, $"/containers/{Peer}?force=true");
        if (Network != DefaultNetwork)
        {
            _ = TestEngine.Call(HttpMethod.Delete, "/networks/" + Network);
        }
    }

    /// <summary>Puts what is started from now on onto a network of the test's own.</summary>
    // Names that don't look like the test's leftovers.
    private protected void MakeNetwork(bool hasPeer)
    {
        Network = $"pro-test-{Port}";
        _ = TestEngine.Call(HttpMethod.Post, "/networks/create", new JsonObject { ["Name"] = Network });
        if (hasPeer)
        {
            _ = TestEngine.CreateContainer(Base, Peer, start: true);
            _ = TestEngine.Call(HttpMethod.Post, $"/networks/{Network}/connect", new JsonObject { ["Container"] = Peer });
        }
    }

    /// <summary>Takes away all containers, networks and volumes of this test.</summary>
    private protected void Clear()
    {
        foreach (var container in Containers())
        {
            _ = TestEngine.Call(HttpMethod.Delete, $"/containers/{container}?force=true&v=true");
        }

        foreach (var network in Networks())
        {
            _ = TestEngine.Call(HttpMethod.Delete, "/networks/" + network);
        }

        foreach (var volume in Volumes())
        {
            _ = TestEngine.Call(HttpMethod.Delete, "/volumes/" + volume);
        }
    }

    /// <summary>
    /// A version's image: it answers on 8080 with its version, under a page that only it has too, and is well as long as it has a file
    /// <c>health</c>.
    /// </summary>
    /// <param name="version">The tag.</param>
    /// <param name="health">What it does to its health: nothing leaves it sick.</param>
    /// <param name="retries">How often its check must fail.</param>
    /// <param name="labelled">Whether a label says its version too.</param>
    /// <param name="isChecked">Whether it has a HEALTHCHECK at all.</param>
    /// <param name="schema">The database's schema level that it needs.</param>
    /// <param name="check">The command of its HEALTHCHECK; null for one that asks itself.</param>
    /// <param name="interval">How often the engine runs it, in seconds; null for what suits the test's time.</param>
    private protected string Make(
        string version, string health = Well, int retries = 2, bool labelled = true, string? schema = null,
        bool isChecked = true, string? check = null, int? interval = null)
    {
        // The module runs the check itself. The engine's own checks of all that is well take a seventh of a core each, at one a second.
        var seconds = interval ?? (health == Well ? 20 : 1);
        const string Serve =
            "mkdir -p /srv; echo $VERSION > /srv/version; cp /srv/version /srv/$VERSION; echo $VERSION of $GREETING starts; "
            + "httpd -p 8080 -h /srv; trap 'exit 0' TERM; ";
        var container = TestEngine.CreateContainer(Base, $"pro-test-{Guid.NewGuid():N}", start: false);
        try
        {
            var labels = new JsonObject { ["pro-test"] = null };
            if (labelled)
            {
                labels["org.opencontainers.image.version"] = version.TrimStart('v');
            }

            if (schema is not null)
            {
                labels["pro.dockerversioning.schema"] = schema;
            }

            _ = TestEngine.Call(HttpMethod.Post, $"/commit?container={container}&repo={Registry}/api&tag={version}", new JsonObject
            {
                ["Env"] = new JsonArray("PATH=/bin:/sbin:/usr/bin:/usr/sbin", "VERSION=" + version),
                ["Cmd"] = new JsonArray("sh", "-c", $"{Serve}{health}\nwhile :; do sleep 60 & wait $!; done"),
                ["Labels"] = labels,
                ["ExposedPorts"] = new JsonObject { ["8080/tcp"] = new JsonObject() },
                ["StopSignal"] = "SIGTERM",
                ["Healthcheck"] = new JsonObject
                {
                    ["Test"] = check is not null ? new JsonArray("CMD-SHELL", check) : isChecked
                        ? new JsonArray("CMD", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/health") : new JsonArray("NONE"),
                    ["Interval"] = seconds * 1_000_000_000L,
                    ["Timeout"] = 2_000_000_000L,
                    ["Retries"] = retries,
                },
            });
        }
        finally
        {
            TestEngine.RemoveContainer(container);
        }

        return TestEngine.IdOf($"{Registry}/api:{version}")!;
    }

    /// <summary>Starts a version as its operator would, with settings of the operator's own.</summary>
    private protected void Start(string version, string? name = null, int? port = null, bool wait = true, Action<JsonObject>? change = null)
    {
        name ??= ContainerName;
        var ports = IsPublished
            ? new JsonObject
            {
                ["8080/tcp"] = new JsonArray(new JsonObject { ["HostIp"] = "127.0.0.1", ["HostPort"] = $"{port ?? Port}" }),
            }
            : [];
        var body = new JsonObject
        {
            ["Image"] = $"{Registry}/api:{version}",
            ["Env"] = new JsonArray("GREETING=hello"),
            ["Labels"] = new JsonObject { ["owner"] = "test" },
            ["HostConfig"] = new JsonObject
            {
                ["PortBindings"] = ports,
                ["NetworkMode"] = Network,
                ["RestartPolicy"] = new JsonObject { ["Name"] = "unless-stopped" },
                ["Memory"] = 64 * 1024 * 1024,
            },
        };
        change?.Invoke(body);
        _ = TestEngine.Call(HttpMethod.Post, "/containers/create?name=" + name, body);
        _ = TestEngine.Call(HttpMethod.Post, $"/containers/{name}/start");
        if (wait)
        {
            Assert.Equal(version, Answer(port));
        }
    }

    /// <summary>What the service says it is; the last try's error where it says nothing for long.</summary>
    private protected string Answer(int? port = null)
    {
        var until = DateTime.UtcNow + Patience;
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, Address(port ?? Port));
                using var answer = Client.Send(request, Cancel);
                using var reader = new StreamReader(answer.EnsureSuccessStatusCode().Content.ReadAsStream());
                return reader.ReadToEnd().Trim();
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or TaskCanceledException or UriFormatException
                && !Cancel.IsCancellationRequested)
            {
                if (DateTime.UtcNow > until)
                {
                    return failure.Message;
                }

                Thread.Sleep(20);
            }
        }
    }

    /// <summary>All that the engine knows of a container.</summary>
    private protected JsonNode Container(string? name = null) =>
        TestEngine.Call(HttpMethod.Get, $"/containers/{name ?? ContainerName}/json")
        ?? throw new InvalidOperationException(
            $"There is no container {name ?? ContainerName}; there are {string.Join(", ", Containers())}.");

    /// <summary>All that the engine knows of the service's container, but for its health, which changes by itself.</summary>
    private protected string Untouched()
    {
        var container = Container();
        _ = container["State"]!.AsObject().Remove("Health");
        return container.ToJsonString();
    }

    /// <summary>The names of all containers of this test.</summary>
    private protected IReadOnlyList<string> Containers() =>
    [
        .. from container in TestEngine.Call(HttpMethod.Get, "/containers/json?all=true")!.AsArray()
           from name in container!["Names"]?.AsArray() ?? []
           where name!.ToString().Contains(RegistryPath, StringComparison.Ordinal)
           orderby name.ToString()
           select name.ToString().TrimStart('/'),
    ];

    /// <summary>Whether a container of this test runs an image.</summary>
    private protected bool IsUp(string image) => Containers()
        .Select(name => TestEngine.Call(HttpMethod.Get, $"/containers/{name}/json"))
        .Any(one => one?["Image"]?.ToString() == image && one["State"]!["Running"]!.GetValue<bool>());

    /// <summary>Runs a command and stops it, as Ctrl+C does, once a container runs an image.</summary>
    /// <param name="script">The command.</param>
    /// <param name="image">The image.</param>
    /// <param name="atMost">The longest time for it to end.</param>
    /// <returns>What it wrote, and how long it took to end.</returns>
    private protected async Task<(ShellResult Result, TimeSpan Took)> StopOnceUpAsync(string script, string image, TimeSpan atMost)
    {
        using var stop = new CancellationTokenSource();
        var run = Task.Run(() => Shell.Run(script, stop.Token), Cancel);
        try
        {
            while (!run.IsCompleted && !IsUp(image))
            {
                await Task.Delay(20, Cancel);
            }

            Assert.False(run.IsCompleted, "It ended before it was stopped.");
        }
        finally
        {
            await stop.CancelAsync();
        }

        var clock = Stopwatch.StartNew();
        return (await run.WaitAsync(atMost, Cancel), clock.Elapsed);
    }

    /// <summary>The version that stands in Get-ProService.</summary>
    private protected string Running() => string.Join(", ", Texts(One("Get-ProService api"), "CurrentVersion"));

    /// <summary>A version runs, as its operator had set it up, and nothing else is there.</summary>
    private protected void OnlyRuns(string version)
    {
        Assert.Equal(version, Answer());
        Assert.Equal(version, Running());
        NothingLeft();
        var container = Container();
        Assert.Equal($"{Registry}/api:{version}", container["Config"]!["Image"]!.ToString());
        Assert.Equal("unless-stopped", container["HostConfig"]!["RestartPolicy"]!["Name"]!.ToString());
        Assert.Equal("test", container["Config"]!["Labels"]!["owner"]!.ToString());
        Assert.Contains("GREETING=hello", container["Config"]!["Env"]!.AsArray().Select(one => one!.ToString()));
        Assert.Equal(64 * 1024 * 1024, container["HostConfig"]!["Memory"]!.GetValue<long>());
        Assert.Equal(
            IsPublished ? $"{Port}" : null, container["HostConfig"]!["PortBindings"]?["8080/tcp"]?[0]!["HostPort"]!.ToString());
    }

    /// <summary>No container beside the service's, no network, no volume.</summary>
    private protected void NothingLeft()
    {
        Assert.Equal([ContainerName], Containers());
        Assert.Empty(Networks());
        Assert.Empty(Volumes());
    }

    /// <summary>The history of the service, newest first: kind, version, outcome.</summary>
    private protected IReadOnlyList<string> History() =>
    [
        .. Good("Get-ProHistory api")
            .Where(line => Text(line, "Target")?.Contains(RegistryPath, StringComparison.Ordinal) == true)
            .Select(line => $"{Text(line, "Kind")} {Text(line, "Version")} {Text(line, "Outcome")}"),
    ];

    /// <summary>Kills a stop-first command right before it stops the old container, which it has given its other name already.</summary>
    private protected async Task KillAtStopAsync(string script)
    {
        using var command = new WaitingCommand(Repository.Root, TestEngine.SocketPath);
        var (code, text) = await command.RunAsync(
            script,
            new FaultPlan(Fault.Kill, 1, AmongChanges: true) { SinceCommit = true },
            static call => call.EndsWith(".pro-prev", StringComparison.Ordinal),
            Cancel);
        Assert.True(code == 137, text);
    }

    /// <summary>A command that went back: the result says so, and an error too.</summary>
    private protected (PSObject Result, ErrorRecord Error) Restored(string script)
    {
        var run = Run(script);
        Assert.Null(run.Failure);
        var error = Assert.Single(run.Errors);
        Assert.True(
            error.FullyQualifiedErrorId.StartsWith("RestoredPrevious,", StringComparison.Ordinal),
            $"{error.FullyQualifiedErrorId}: {error}");
        Assert.False(string.IsNullOrWhiteSpace(error.ErrorDetails?.RecommendedAction), "No remedy.");
        var result = Assert.Single(run.Output);
        Assert.Equal("RestoredPrevious", Text(result, "Outcome"));
        return (result, error);
    }

    // Unpublished, it has no address as long as it doesn't run.
    private string Address(int port) => IsPublished
        ? $"http://127.0.0.1:{port}/version"
        : $"http://{NetworkAddress()}:8080/version";

    private JsonNode? NetworkAddress() =>
        TestEngine.Call(HttpMethod.Get, $"/containers/{ContainerName}/json")?["NetworkSettings"]!["Networks"]![Network]!["IPAddress"];

    private protected IReadOnlyList<string> Networks() => Named(TestEngine.Call(HttpMethod.Get, "/networks"));

    // What was verified stays on the engine, and is no rest of an operation.
    private protected IReadOnlyList<string> Volumes() =>
        [.. Named(TestEngine.Call(HttpMethod.Get, "/volumes")!["Volumes"])
            .Where(name => !name.StartsWith("pro-verified-", StringComparison.Ordinal))];

    // Locks' takeovers and renewals have a nonce for a name: their labels say whose they are.
    private List<string> Named(JsonNode? list) =>
    [
        .. (list as JsonArray ?? [])
            .Where(one => one!["Name"]!.ToString().Contains(RegistryPath, StringComparison.Ordinal)
                || (one["Labels"]?.ToJsonString().Contains(RegistryPath, StringComparison.Ordinal) ?? false))
            .Select(one => one!["Name"]!.ToString()),
    ];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
