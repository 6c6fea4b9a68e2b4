using System.Diagnostics;
using System.Text.Json.Nodes;
using Pro.DockerVersioning.Tests.Deployment.Swarm;

namespace Pro.DockerVersioning.Tests.Engine.Deploy;

/// <summary>An engine of the tests' own, that may be stopped, with docker's client for it.</summary>
public class OwnEngine : IAsyncLifetime
{
    /// <summary>The registry and path before the service's name.</summary>
    public const string Registry = SecondEngine.Registry + "/pro";

    /// <summary>A busybox with its programs, as the machine's engine has it.</summary>
    private const string Base = "pro-sample/base:1";

    private SecondEngine? _engine;

    /// <summary>The engine.</summary>
    public SecondEngine Engine
    {
        get
        {
            Assert.SkipWhen(_engine is null, SecondEngine.Missing() ?? "The second engine did not start.");
            return _engine;
        }
    }

    /// <summary>The engine's address.</summary>
    public string Host => Engine.Host;

    /// <summary>The engine's socket.</summary>
    public string Socket => new Uri(Host).LocalPath;

    public async ValueTask InitializeAsync()
    {
        if (SecondEngine.Missing() is not null)
        {
            return;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        _engine = await SecondEngine.StartAsync(limit.Token);
        Build(Base, """
            FROM scratch
            COPY busybox /bin/busybox
            RUN ["/bin/busybox", "--install", "/bin"]
            """);
        Prepare();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }

    /// <summary>Asks the engine itself, which is sooner than a process of the client; null where there is no such thing.</summary>
    public JsonNode? Ask(string path) => TestEngine.CallAt(Socket, HttpMethod.Get, path);

    /// <summary>Runs the client on the engine.</summary>
    public string Docker(params string[] arguments) => DockerClient.Run(Host, arguments);

    public Process StartDocker(params string[] arguments) => DockerClient.Start(Host, arguments);

    /// <summary>Builds an image; a busybox stands in its context.</summary>
    public void Build(string reference, string dockerfile)
    {
        var folder = Directory.CreateTempSubdirectory("pro-own-").FullName;
        try
        {
            File.Copy(StaticBusybox.Path, Path.Combine(folder, "busybox"));
            File.WriteAllText(Path.Combine(folder, "Dockerfile"), dockerfile + "\n");
            _ = Docker("build", "--quiet", "--force-rm", "--tag", reference, folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>What the tests need besides.</summary>
    protected virtual void Prepare()
    {
    }
}
