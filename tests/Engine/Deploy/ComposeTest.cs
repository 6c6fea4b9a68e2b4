using System.Diagnostics;
using System.Management.Automation;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>A compose project of the test's own, looked at by docker's and compose's own programs.</summary>
public abstract class ComposeTest : EngineTest
{
    /// <summary>The folder with compose's plugin, as DOCKER_CONFIG names it; null where only the old program is to be tried.</summary>
    private protected static string? PluginFolder { get; } = Environment.GetEnvironmentVariable("PRO_TEST_DOCKER_CONFIG");

    private static readonly string? OldCompose = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, "docker-compose")).FirstOrDefault(File.Exists);

    private string[] _compose = [OldCompose ?? ""];

    private static readonly System.Text.CompositeFormat ServeFormat = System.Text.CompositeFormat.Parse("""
        FROM pro-sample/base:1
        LABEL nonce={2}
        STOPSIGNAL SIGKILL
        {1}
        CMD mkdir -p /srv && printf '%s' '{0}' >/srv/version && exec httpd -f -p 8080 -h /srv
        """);

    protected ComposeTest()
    {
        Assert.SkipWhen(OldCompose is null, "No docker-compose 1.x here.");
        Project = "p" + Guid.NewGuid().ToString("N")[..10];
        Variables["COMPOSE_PROJECT_NAME"] = Project;
        Variables["API_VERSION"] = null;
        _ = Repository.Commit(("apps/api/Dockerfile", "FROM scratch\n"), (".gitignore", ".env\n"));
    }

    /// <summary>Where the service is published.</summary>
    private protected int Port { get; } = FreePort();

    /// <summary>The project's name.</summary>
    private protected string Project { get; }

    /// <summary>The file as the guide has it.</summary>
    private protected string GuideFile => $$"""
        version: "3.7"
        services:
          api:
            image: ${REGISTRY}/api:${API_VERSION:-latest}
            ports: ["127.0.0.1:{{Port}}:8080"]
            stop_grace_period: 1s

        """;

    /// <summary>The same, where several can run at once.</summary>
    private protected string WithoutPorts => string.Join(
        '\n', GuideFile.Split('\n').Where(line => !line.Contains("ports:", StringComparison.Ordinal)));

    private protected string ComposeFile => Repository.FullPath("docker-compose.yml");

    private protected string DotEnv => Repository.FullPath(".env");

    /// <summary>The engine on which the project is.</summary>
    private protected virtual string EngineSocket => TestEngine.SocketPath;

    /// <summary>The containers of the service, in order of their numbers, running or not.</summary>
    private protected IReadOnlyList<JsonNode> Containers =>
    [
        .. from listed in TestEngine.CallAt(EngineSocket, HttpMethod.Get, $"/containers/json?all=true&filters={Of(Project)}")!.AsArray()
           let container = TestEngine.CallAt(EngineSocket, HttpMethod.Get, $"/containers/{listed!["Id"]}/json")
           where container is not null
           orderby Label(container, "container-number")
           select container,
    ];

    private protected JsonNode Container => Assert.Single(Containers);

    /// <summary>The id and the start of each container: the same means that nobody touched it.</summary>
    private protected IReadOnlyList<string> Lives => [.. Containers.Select(one => $"{one["Id"]} {one["State"]!["StartedAt"]}")];

    /// <summary>The versions that the containers run.</summary>
    private protected IReadOnlyList<string> Running =>
    [
        .. Containers.Where(one => one["State"]![nameof(Running)]!.GetValue<bool>())
        .Select(one => one["Config"]!["Image"]!.ToString().Split(':')[^1]),
    ];

    private protected static string Label(JsonNode container, string name) =>
        container["Config"]!["Labels"]!["com.docker.compose." + name]?.ToString() ?? "";

    private protected static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What the service says over its published port.</summary>
    private protected async Task<string> AnswerAsync()
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };
        return await client.GetStringAsync(new Uri($"http://127.0.0.1:{Port}/version"), Cancel);
    }

    /// <summary>The same, of a service that may be about to start; the last try's error where it says nothing for long.</summary>
    private protected string Answer() => AnswerAt($"127.0.0.1:{Port}");

    /// <summary>The same, of a container at its own address.</summary>
    private protected string Answer(string address) => AnswerAt(address + ":8080");

    private static string AnswerAt(string address)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"http://{address}/version");
                using var answer = client.Send(request, Cancel);
                using var reader = new StreamReader(answer.EnsureSuccessStatusCode().Content.ReadAsStream());
                return reader.ReadToEnd();
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or UriFormatException or TaskCanceledException
                && !Cancel.IsCancellationRequested)
            {
                if (clock.Elapsed > TimeSpan.FromSeconds(15))
                {
                    return failure.Message;
                }

                Thread.Sleep(20);
            }
        }
    }

    /// <summary>A version that gets healthy.</summary>
    private protected void Well(params string[] versions)
    {
        foreach (var version in versions)
        {
            Build(version, "HEALTHCHECK --interval=5s CMD wget -q -O /dev/null http://127.0.0.1:8080/version");
        }
    }

    /// <summary>A version that never does.</summary>
    private protected void Sick(string version) => Build(version, "HEALTHCHECK --interval=1s --retries=2 CMD echo out of luck; exit 1");

    /// <summary>Builds an image of the service.</summary>
    private protected void Build(string version, string lines)
    {
        var text = string.Format(System.Globalization.CultureInfo.InvariantCulture, ServeFormat, version, lines, Project);
        _ = Command(TestSettings.DockerClient, text, "build", "--quiet", "--force-rm", "--tag", $"{Registry}/api:{version}", "-");
    }

    private protected void WriteFile(string text) => File.WriteAllText(ComposeFile, text);

    private protected string Docker(params string[] arguments) => Command(TestSettings.DockerClient, null, arguments);

    /// <summary>What an operator does by hand in the repository.</summary>
    private protected string Compose(params string[] arguments) => Command(_compose[0], null, [.. _compose[1..], .. arguments]);

    /// <summary>The program of the compose in use: docker for the plugin.</summary>
    private protected (string Name, string Path) ComposeProgram => _compose.Length > 1
        ? ("docker", _compose[0])
        : ("docker-compose", _compose[0]);

    /// <summary>As the module names the compose that it uses.</summary>
    private protected string ComposeCommand => _compose.Length > 1 ? "docker compose" : "docker-compose";

    /// <summary>As compose names a container of the service.</summary>
    private protected string ContainerName(int number) => string.Join(_compose.Length > 1 ? '-' : '_', Project, "api", number);

    /// <summary>The plugin where it is there, else docker-compose 1.x.</summary>
    private protected void UseNewest()
    {
        if (PluginFolder is not null)
        {
            UsePlugin();
        }
    }

    /// <summary>From now on the operator, and so the module, has compose as docker's plugin.</summary>
    private protected void UsePlugin()
    {
        Assert.SkipWhen(PluginFolder is null, "PRO_TEST_DOCKER_CONFIG names no folder with compose's plugin.");
        Variables["DOCKER_CONFIG"] = PluginFolder;
        _compose = [TestSettings.DockerClient, "compose"];
    }

    private protected static TimeSpan Time(PSObject result, string step) => TimeSpan.FromTicks(
        ((IEnumerable<object>)result.Properties["Steps"].Value).Select(PSObject.AsPSObject)
            .Where(one => Text(one, "Name") == step).Sum(one => ((TimeSpan)one.Properties["Duration"].Value).Ticks));

    private protected static string Steps(PSObject result) => string.Join(", ", Texts(result, "Steps"));

    /// <summary>Nothing of an operation is left: no lock, no record, no half container.</summary>
    private protected void NothingIsLeft()
    {
        Assert.Empty(LeftVolumes());
        Assert.All(Containers, one => Assert.Equal("running", one["State"]!["Status"]!.ToString()));
    }

    /// <summary>Compose still owns what runs: it lists it, and a plain up leaves it alone.</summary>
    private protected void ComposeOwnsIt(string version, params string[] options)
    {
        var before = Lives;
        Assert.All(Containers, one => Assert.Contains(one["Name"]!.ToString().TrimStart('/'), Compose("ps"), StringComparison.Ordinal));
        _ = Compose(["up", "-d", .. options]);
        Assert.Equal(before, Lives);
        Assert.All(Running, one => Assert.Equal(version, one));
        NothingIsLeft();
    }

    /// <summary>Takes away the containers of the project, and what operations on it have left.</summary>
    private protected void Clear()
    {
        foreach (var container in Containers)
        {
            _ = TestEngine.CallAt(EngineSocket, HttpMethod.Delete, $"/containers/{container["Id"]}?force=true&v=true");
        }

        foreach (var volume in LeftVolumes())
        {
            _ = TestEngine.CallAt(EngineSocket, HttpMethod.Delete, "/volumes/" + volume);
        }
    }

    protected override void Dispose(bool disposing)
    {
        try
        {
            Clear();
            foreach (var kind in (string[])["network", "volume"])
            {
                foreach (var id in Lines(Docker(kind, "ls", "--quiet", "--filter", $"label=com.docker.compose.project={Project}")))
                {
                    _ = Docker(kind, "rm", id);
                }
            }
        }
        finally
        {
            // Whatever is wrong with this test's engine, the next test must find the variables as they were.
            base.Dispose(disposing);
        }
    }

    private protected IReadOnlyList<string> LeftVolumes() =>
    [
        .. from volume in TestEngine.CallAt(EngineSocket, HttpMethod.Get, "/volumes")!["Volumes"] as JsonArray ?? []
           where volume!["Name"]!.ToString().StartsWith("pro-", StringComparison.Ordinal)
               && !volume["Name"]!.ToString().StartsWith("pro-verified-", StringComparison.Ordinal)
               && volume.ToJsonString().Contains(Project, StringComparison.Ordinal)
           select volume["Name"]!.ToString(),
    ];

    private static string Of(string project) =>
        TestEngine.Filters(("label", $"com.docker.compose.project={project}"));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private string Command(string program, string? input, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(CancellationToken.None);
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException(
            $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {error.GetAwaiter().GetResult()}");
    }
}
